//! Reads action lists: `id:1,phase:2,t:lowercase,setvar:'tx.a=+1'`.

use super::ast::{
    Action, ActionKind, Assignment, BodyProcessor, Control, Disruption, EngineMode, RuleSelector,
    SetVar,
};
use super::source::Argument;
use super::targets;
use crate::diagnostic::Problems;
use crate::transform::Transformation;
use crate::variable::{Kind, Variable};

pub(super) fn read(argument: &Argument<'_>, problems: &mut Problems) -> Vec<Action> {
    let mut actions = Vec::new();
    for (start, end) in split(&argument.text) {
        let part = argument.slice(start, end).trimmed();
        if part.text.is_empty() {
            continue;
        }
        let position = part.position(0);
        let (name, value) = match part.text.find(':') {
            Some(colon) => {
                (part.slice(0, colon), unquoted(&part.slice(colon + 1, part.text.len())))
            }
            None => (part.clone(), part.slice(part.text.len(), part.text.len())),
        };
        match kind(name.text.trim(), &value, problems) {
            Ok(Some(kind)) => actions.push(Action { kind, position }),
            Ok(None) => {}
            Err(message) => problems.error(&position, message),
        }
    }
    actions
}

/// The parts between commas that stand outside of single quotes.
fn split(text: &str) -> Vec<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut parts = Vec::new();
    let (mut start, mut at, mut quoted) = (0, 0, false);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' if quoted => at += 1,
            b'\'' => quoted = !quoted,
            b',' if !quoted => {
                parts.push((start, at));
                start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    parts.push((start, text.len()));
    parts
}

fn unquoted<'a>(value: &Argument<'a>) -> Argument<'a> {
    let value = value.trimmed();
    let length = value.text.len();
    if length >= 2 && value.text.starts_with('\'') && value.text.ends_with('\'') {
        let mut inner = value.slice(1, length - 1);
        if inner.text.contains("\\'") {
            inner.text = inner.text.replace("\\'", "'");
        }
        return inner;
    }
    value
}

/// `Ok(None)` when the problem was already reported.
fn kind(
    name: &str,
    value: &Argument<'_>,
    problems: &mut Problems,
) -> Result<Option<ActionKind>, String> {
    let text = value.text.as_str();
    let number = || text.parse::<u64>().map_err(|_| format!("`{name}` needs a number"));
    Ok(Some(match name.to_ascii_lowercase().as_str() {
        "id" => ActionKind::Id(number()?),
        "phase" => {
            ActionKind::Phase(phase(text).ok_or("a phase is 1 to 5, request, response or logging")?)
        }
        "msg" => ActionKind::Msg(text.to_string()),
        "logdata" => ActionKind::LogData(text.to_string()),
        "severity" => ActionKind::Severity(severity(text).ok_or("unknown severity")?),
        "tag" => ActionKind::Tag(text.to_string()),
        "ver" => ActionKind::Version(text.to_string()),
        "rev" | "maturity" | "accuracy" => ActionKind::Annotation,
        "t" if text.eq_ignore_ascii_case("none") => ActionKind::TransformNone,
        "t" => ActionKind::Transform(
            Transformation::parse(text)
                .ok_or_else(|| format!("`{text}` is not a transformation"))?,
        ),
        "setvar" => ActionKind::SetVar(set_var(text)?),
        "expirevar" => ActionKind::ExpireVar,
        "initcol" => init_col(text)?,
        "ctl" => return Ok(control(value, problems)?.map(ActionKind::Control)),
        "skip" => ActionKind::Skip(u32::try_from(number()?).map_err(|_| "number too large")?),
        "skipafter" => ActionKind::SkipAfter(text.to_string()),
        "chain" => ActionKind::Chain,
        "capture" => ActionKind::Capture,
        "multimatch" => ActionKind::MultiMatch,
        "log" => ActionKind::Log(true),
        "nolog" => ActionKind::Log(false),
        "auditlog" => ActionKind::AuditLog(true),
        "noauditlog" => ActionKind::AuditLog(false),
        "pass" => ActionKind::Disrupt(Disruption::Pass),
        "deny" => ActionKind::Disrupt(Disruption::Deny),
        "drop" => ActionKind::Disrupt(Disruption::Drop),
        "block" => ActionKind::Disrupt(Disruption::Block),
        "allow" => ActionKind::Disrupt(match text.to_ascii_lowercase().as_str() {
            "" => Disruption::Allow,
            "phase" => Disruption::AllowPhase,
            "request" => Disruption::AllowRequest,
            _ => return Err("`allow` takes phase, request or nothing".into()),
        }),
        "redirect" => ActionKind::Redirect(text.to_string()),
        "status" => ActionKind::Status(status(text).ok_or("a status is 100 to 599")?),
        "exec"
        | "proxy"
        | "setenv"
        | "prepend"
        | "append"
        | "deprecatevar"
        | "setuid"
        | "setsid"
        | "setrsc"
        | "xmlns"
        | "sanitisearg"
        | "sanitisematched"
        | "sanitisematchedbytes"
        | "sanitiserequestheader"
        | "sanitiseresponseheader" => {
            return Err(format!("the action `{name}` is not supported"));
        }
        _ => return Err(format!("`{name}` is not an action")),
    }))
}

fn phase(text: &str) -> Option<u8> {
    match text.to_ascii_lowercase().as_str() {
        "request" => Some(2),
        "response" => Some(4),
        "logging" => Some(5),
        digit => digit.parse().ok().filter(|phase| (1..=5).contains(phase)),
    }
}

fn severity(text: &str) -> Option<u8> {
    const NAMES: [&str; 8] =
        ["EMERGENCY", "ALERT", "CRITICAL", "ERROR", "WARNING", "NOTICE", "INFO", "DEBUG"];
    if let Ok(number) = text.parse::<u8>() {
        return (number < 8).then_some(number);
    }
    NAMES.iter().position(|name| name.eq_ignore_ascii_case(text)).map(|index| index as u8)
}

fn status(text: &str) -> Option<u16> {
    text.parse().ok().filter(|status| (100..=599).contains(status))
}

fn stored(text: &str) -> Result<Variable, String> {
    Variable::parse(text)
        .filter(|variable| variable.kind() == Kind::Stored)
        .ok_or_else(|| format!("`{text}` is not a collection that rules can write"))
}

fn set_var(text: &str) -> Result<SetVar, String> {
    let (unset, text) = match text.strip_prefix('!') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (collection, rest) = text.split_once('.').ok_or("`setvar` needs COLLECTION.NAME")?;
    let collection = stored(collection)?;
    let (name, value) = match rest.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (rest, None),
    };
    if name.is_empty() {
        return Err("`setvar` needs a name after the dot".into());
    }
    let assignment = match value {
        _ if unset => Assignment::Unset,
        None => Assignment::Set("1".into()),
        Some(value) => match (value.strip_prefix('+'), value.strip_prefix('-')) {
            (Some(amount), _) => Assignment::Add(amount.to_string()),
            (_, Some(amount)) => Assignment::Subtract(amount.to_string()),
            _ => Assignment::Set(value.to_string()),
        },
    };
    Ok(SetVar { collection, name: name.to_string(), assignment })
}

fn init_col(text: &str) -> Result<ActionKind, String> {
    let (collection, key) = text.split_once('=').ok_or("`initcol` needs COLLECTION=KEY")?;
    Ok(ActionKind::InitCol(stored(collection)?, key.to_string()))
}

fn control(value: &Argument<'_>, problems: &mut Problems) -> Result<Option<Control>, String> {
    let text = value.text.as_str();
    let (option, setting) = text.split_once('=').ok_or("`ctl` needs OPTION=VALUE")?;
    let on = |text: &str| on_off(text).ok_or_else(|| format!("`ctl:{option}` is On or Off"));
    Ok(Some(match option.to_ascii_lowercase().as_str() {
        "ruleengine" => Control::RuleEngine(engine_mode(setting).ok_or("unknown engine mode")?),
        "ruleremovebyid" => Control::RemoveRules(RuleSelector::Ids(id_ranges(setting)?)),
        "ruleremovebytag" => Control::RemoveRules(RuleSelector::Tag(setting.to_string())),
        "ruleremovebymsg" => Control::RemoveRules(RuleSelector::Msg(setting.to_string())),
        "ruleremovetargetbyid" | "ruleremovetargetbytag" | "ruleremovetargetbymsg" => {
            let start = setting.find(';').ok_or("removing targets needs RULES;TARGET")?;
            let (rules, _) = setting.split_at(start);
            let offset = option.len() + 1 + start + 1;
            let list = targets::read(&value.slice(offset, text.len()), problems);
            if list.is_empty() {
                return Ok(None);
            }
            let selector = match option.to_ascii_lowercase().as_str() {
                "ruleremovetargetbyid" => RuleSelector::Ids(id_ranges(rules)?),
                "ruleremovetargetbytag" => RuleSelector::Tag(rules.to_string()),
                _ => RuleSelector::Msg(rules.to_string()),
            };
            Control::RemoveTargets(selector, list)
        }
        "requestbodyprocessor" => Control::RequestBodyProcessor(
            body_processor(setting)
                .ok_or_else(|| format!("`{setting}` is not a body processor"))?,
        ),
        "forcerequestbodyvariable" => Control::ForceRequestBodyVariable(on(setting)?),
        "requestbodyaccess" => Control::RequestBodyAccess(on(setting)?),
        "responsebodyaccess" => Control::ResponseBodyAccess(on(setting)?),
        "auditengine" | "auditlogparts" | "debugloglevel" => Control::Audit,
        _ => return Err(format!("`{option}` cannot be set with `ctl`")),
    }))
}

pub(super) fn on_off(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    }
}

pub(super) fn engine_mode(text: &str) -> Option<EngineMode> {
    match text.to_ascii_lowercase().as_str() {
        "on" => Some(EngineMode::On),
        "off" => Some(EngineMode::Off),
        "detectiononly" => Some(EngineMode::DetectionOnly),
        _ => None,
    }
}

fn body_processor(text: &str) -> Option<BodyProcessor> {
    match text.to_ascii_uppercase().as_str() {
        "URLENCODED" => Some(BodyProcessor::UrlEncoded),
        "MULTIPART" => Some(BodyProcessor::Multipart),
        "JSON" => Some(BodyProcessor::Json),
        "XML" => Some(BodyProcessor::Xml),
        _ => None,
    }
}

/// `942100`, `942100-942200`, several of them after commas or spaces.
pub(super) fn id_ranges(text: &str) -> Result<Vec<(u64, u64)>, String> {
    let mut ranges = Vec::new();
    for part in text.split([',', ' ']).map(str::trim).filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        match (first.parse(), last.parse()) {
            (Ok(first), Ok(last)) if first <= last => ranges.push((first, last)),
            _ => return Err(format!("`{part}` is not a rule id or a range of them")),
        }
    }
    if ranges.is_empty() { Err("no rule ids".into()) } else { Ok(ranges) }
}
