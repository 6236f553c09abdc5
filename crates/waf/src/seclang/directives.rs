//! Reads directives and follows includes.

use super::actions::{self, engine_mode, id_ranges, on_off};
use super::ast::{ActionKind, Directive, LimitAction, Placed, RuleSelector, Setting};
use super::source::{self, Argument};
use super::{operators, targets};
use crate::diagnostic::{Position, Problems};
use crate::files::{Files, split_path};
use std::sync::Arc;

const FILES_MAX: usize = 1_000;

/// Reads `paths` in order, and what they include.
pub(crate) fn read(files: &dyn Files, paths: &[&str], problems: &mut Problems) -> Vec<Placed> {
    let mut reader = Reader { files, problems, directives: Vec::new(), open: Vec::new(), count: 0 };
    for path in paths {
        let start = Position { file: (*path).into(), line: 1, column: 1 };
        reader.file(path, &start);
    }
    reader.directives
}

struct Reader<'a> {
    files: &'a dyn Files,
    problems: &'a mut Problems,
    directives: Vec<Placed>,
    /// The files being read, each included by the one before.
    open: Vec<String>,
    count: usize,
}

impl Reader<'_> {
    fn file(&mut self, path: &str, from: &Position) {
        self.count += 1;
        if self.open.iter().any(|open| open == path) {
            self.problems.error(from, format!("`{path}` includes itself"));
            return;
        }
        if self.count > FILES_MAX {
            self.problems.error(from, format!("more than {FILES_MAX} files"));
            return;
        }
        let bytes = match self.files.read(path) {
            Ok(bytes) => bytes,
            Err(error) => {
                self.problems.error(from, format!("cannot read `{path}`: {error}"));
                return;
            }
        };
        let file: Arc<str> = path.into();
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let valid = error.utf8_error().valid_up_to();
                let before = error.as_bytes().get(..valid).unwrap_or_default();
                let line = before.iter().filter(|byte| **byte == b'\n').count() as u32 + 1;
                let position = Position { file, line, column: 1 };
                self.problems.error_with_hint(
                    &position,
                    "rule files are UTF-8",
                    "write other bytes in patterns as \\xhh",
                );
                return;
            }
        };
        self.open.push(path.to_string());
        for line in source::logical_lines(&file, &text) {
            match source::arguments(&line) {
                Err(position) => self.problems.error(&position, "`\"` without its closing one"),
                Ok(arguments) => self.directive(&arguments),
            }
        }
        self.open.pop();
    }

    fn directive(&mut self, arguments: &[Argument<'_>]) {
        let Some((name, rest)) = arguments.split_first() else { return };
        let position = name.position(0);
        if name.text.eq_ignore_ascii_case("Include") {
            return self.include(rest, &position);
        }
        match directive(&name.text, rest, self.problems) {
            Ok(Some(directive)) => self.directives.push(Placed { directive, position }),
            Ok(None) => {}
            Err(message) => self.problems.error(&position, message),
        }
    }

    fn include(&mut self, arguments: &[Argument<'_>], position: &Position) {
        let [path] = arguments else {
            return self.problems.error(position, "`Include` takes one path");
        };
        let path = match path.text.starts_with('/') {
            true => path.text.clone(),
            false => format!("{}{}", split_path(&position.file).0, path.text),
        };
        if !path.contains('*') {
            return self.file(&path, position);
        }
        match self.files.list(&path) {
            Ok(found) => found.iter().for_each(|path| self.file(path, position)),
            Err(error) => self.problems.error(position, format!("cannot list `{path}`: {error}")),
        }
    }
}

/// `Ok(None)` when the problem was already reported.
fn directive(
    name: &str,
    arguments: &[Argument<'_>],
    problems: &mut Problems,
) -> Result<Option<Directive>, String> {
    let before = problems.errors.len();
    let directive = match (name.to_ascii_lowercase().as_str(), arguments) {
        ("secrule", [list, operator]) => Directive::Rule {
            targets: targets::read(list, problems),
            operator: operators::read(operator),
            actions: Vec::new(),
        },
        ("secrule", [list, operator, actions]) => Directive::Rule {
            targets: targets::read(list, problems),
            operator: operators::read(operator),
            actions: actions::read(actions, problems),
        },
        ("secrule", _) => return Err("`SecRule` takes targets, an operator and actions".into()),
        ("secaction", [list]) => Directive::Action(actions::read(list, problems)),
        ("secdefaultaction", [list]) => Directive::DefaultAction(actions::read(list, problems)),
        ("secmarker", [name]) => Directive::Marker(name.text.trim_matches('\'').to_string()),
        ("secruleremovebyid", [_, ..]) => {
            let ids: Vec<&str> = arguments.iter().map(|argument| argument.text.as_str()).collect();
            Directive::Remove(RuleSelector::Ids(id_ranges(&ids.join(" "))?))
        }
        ("secruleremovebytag", [tag]) => Directive::Remove(RuleSelector::Tag(tag.text.clone())),
        ("secruleremovebymsg", [msg]) => Directive::Remove(RuleSelector::Msg(msg.text.clone())),
        ("secruleupdatetargetbyid", [ids, list]) => Directive::UpdateTargets(
            RuleSelector::Ids(id_ranges(&ids.text)?),
            targets::read(list, problems),
        ),
        ("secruleupdatetargetbytag", [tag, list]) => Directive::UpdateTargets(
            RuleSelector::Tag(tag.text.clone()),
            targets::read(list, problems),
        ),
        ("secruleupdatetargetbymsg", [msg, list]) => Directive::UpdateTargets(
            RuleSelector::Msg(msg.text.clone()),
            targets::read(list, problems),
        ),
        ("secruleupdateactionbyid", [id, list]) => {
            let id = id.text.parse().map_err(|_| format!("`{}` is not a rule id", id.text))?;
            Directive::UpdateActions(id, updatable(actions::read(list, problems), problems))
        }
        (name, arguments) => return setting(name, arguments).map(|s| Some(Directive::Setting(s))),
    };
    Ok((problems.errors.len() == before).then_some(directive))
}

fn updatable(actions: Vec<super::ast::Action>, problems: &mut Problems) -> Vec<super::ast::Action> {
    for action in &actions {
        if matches!(action.kind, ActionKind::Id(_) | ActionKind::Phase(_) | ActionKind::Chain) {
            problems.error(&action.position, "an update cannot change id, phase or chain");
        }
    }
    actions
}

fn setting(name: &str, arguments: &[Argument<'_>]) -> Result<Setting, String> {
    let text = |index: usize| arguments.get(index).map_or("", |argument| argument.text.as_str());
    let number = || text(0).parse::<u64>().map_err(|_| format!("`{name}` needs a number"));
    let on = || on_off(text(0)).ok_or_else(|| format!("`{name}` is On or Off"));
    let limit_action = || match text(0).to_ascii_lowercase().as_str() {
        "reject" => Ok(LimitAction::Reject),
        "processpartial" => Ok(LimitAction::ProcessPartial),
        _ => Err(format!("`{name}` is Reject or ProcessPartial")),
    };
    Ok(match name {
        "secruleengine" => Setting::RuleEngine(
            engine_mode(text(0)).ok_or("`SecRuleEngine` is On, Off or DetectionOnly")?,
        ),
        "secrequestbodyaccess" => Setting::RequestBodyAccess(on()?),
        "secresponsebodyaccess" => Setting::ResponseBodyAccess(on()?),
        "secrequestbodylimit" => Setting::RequestBodyLimit(number()?),
        "secrequestbodynofileslimit" => Setting::RequestBodyNoFilesLimit(number()?),
        "secrequestbodylimitaction" => Setting::RequestBodyLimitAction(limit_action()?),
        "secresponsebodylimit" => Setting::ResponseBodyLimit(number()?),
        "secresponsebodylimitaction" => Setting::ResponseBodyLimitAction(limit_action()?),
        "secresponsebodymimetype" => Setting::ResponseBodyMimeTypes(
            arguments.iter().map(|argument| argument.text.to_ascii_lowercase()).collect(),
        ),
        "secresponsebodymimetypesclear" => Setting::ResponseBodyMimeTypes(Vec::new()),
        "secrequestbodyjsondepthlimit" => Setting::JsonDepthLimit(number()?),
        "secargumentslimit" => Setting::ArgumentsLimit(number()?),
        "secargumentseparator" => match text(0).as_bytes() {
            [separator] => Setting::ArgumentSeparator(*separator),
            _ => return Err("`SecArgumentSeparator` is one character".into()),
        },
        "seccookieformat" if text(0) != "0" => {
            return Err("only cookies of format 0 are supported".into());
        }
        "secunicodemapfile" => Setting::UnicodeMap {
            path: text(0).to_string(),
            code_point: text(1)
                .parse()
                .map_err(|_| "`SecUnicodeMapFile` takes a path and a code page")?,
        },
        "seccookieformat"
        | "seccomponentsignature"
        | "secpcrematchlimit"
        | "secpcrematchlimitrecursion"
        | "sectmpdir"
        | "secdatadir"
        | "secauditengine"
        | "secauditlogrelevantstatus"
        | "secauditlogparts"
        | "secauditlogtype"
        | "secauditlog"
        | "secauditlog2"
        | "secauditlogformat"
        | "secauditlogstoragedir"
        | "secauditlogdirmode"
        | "secauditlogfilemode"
        | "secdebuglog"
        | "secdebugloglevel"
        | "secstatusengine"
        | "seccollectiontimeout"
        | "secuploaddir"
        | "secuploadkeepfiles"
        | "secuploadfilelimit"
        | "secuploadfilemode"
        | "secserversignature"
        | "secwebappid"
        | "secsensorid"
        | "secrequestbodyinmemorylimit"
        | "secinterceptonerror"
        | "sechttpblkey" => Setting::Elsewhere,
        _ => return Err(format!("`{name}` is not a directive")),
    })
}
