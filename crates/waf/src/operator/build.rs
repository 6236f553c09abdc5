//! Turns an operator as written into one that can run.

use super::{Comparison, Networks, Operator, Phrases, TextTest, validate};
use crate::diagnostic::{Position, Problems};
use crate::files::{Files, split_path};
use crate::program::Names;
use crate::program::template::Template;
use crate::regex::Pattern;
use crate::seclang::ast;
use crate::transform::classes;

/// What building needs beside the operator itself.
pub(crate) struct Context<'a> {
    pub files: &'a dyn Files,
    pub names: &'a mut Names,
    /// Whether operators that need the network may be loaded, never to match.
    pub allow_offline_only: bool,
}

/// Which part of an operator a problem is about.
enum Place {
    Name,
    /// An offset in the parameter.
    Parameter(usize),
}

type Fault = (Place, String);

/// `None` after the problem was reported.
pub(crate) fn build(
    operator: &ast::Operator,
    context: &mut Context<'_>,
    problems: &mut Problems,
) -> Option<Operator> {
    match parse(operator, context, problems) {
        Ok(built) => Some(built),
        Err((Place::Name, message)) => {
            problems.error(&operator.position, message);
            None
        }
        Err((Place::Parameter(offset), message)) => {
            let mut position = operator.parameter_position.clone();
            position.column += offset as u32;
            problems.error(&position, message);
            None
        }
    }
}

fn parse(
    operator: &ast::Operator,
    context: &mut Context<'_>,
    problems: &mut Problems,
) -> Result<Operator, Fault> {
    let parameter = operator.parameter.as_str();
    let whole = |message: String| (Place::Parameter(0), message);
    let mut template = || Template::parse(parameter, context.names).map_err(whole);
    Ok(match operator.name.to_ascii_lowercase().as_str() {
        "rx" if has_macro(parameter) => Operator::Assembled(template()?),
        "rx" => Operator::Pattern(Box::new(pattern(parameter)?)),
        "pm" => {
            let phrases = Phrases::split(parameter).map_err(whole)?;
            Operator::Phrases(Box::new(Phrases::new(phrases).map_err(whole)?))
        }
        "pmf" | "pmfromfile" => {
            let mut phrases = Vec::new();
            for name in parameter.split_whitespace() {
                phrases.extend(Phrases::lines(&data(name, &operator.position, context)?));
            }
            if phrases.is_empty() {
                return Err(whole("no phrases".into()));
            }
            Operator::Phrases(Box::new(Phrases::new(phrases).map_err(whole)?))
        }
        "eq" => Operator::Compare(Comparison::Equal, template()?),
        "ge" => Operator::Compare(Comparison::GreaterOrEqual, template()?),
        "gt" => Operator::Compare(Comparison::Greater, template()?),
        "le" => Operator::Compare(Comparison::LessOrEqual, template()?),
        "lt" => Operator::Compare(Comparison::Less, template()?),
        "streq" => Operator::Text(TextTest::Equals, template()?),
        "contains" | "strmatch" => Operator::Text(TextTest::Contains, template()?),
        "containsword" => Operator::Text(TextTest::ContainsWord, template()?),
        "beginswith" => Operator::Text(TextTest::BeginsWith, template()?),
        "endswith" => Operator::Text(TextTest::EndsWith, template()?),
        "within" => Operator::Text(TextTest::Within, template()?),
        "ipmatch" => Operator::Networks(Networks::parse(parameter).map_err(whole)?),
        "ipmatchf" | "ipmatchfromfile" => {
            let bytes = data(parameter, &operator.position, context)?;
            let lines: Vec<String> = Phrases::lines(&bytes)
                .into_iter()
                .map(|line| String::from_utf8_lossy(&line).into_owned())
                .collect();
            Operator::Networks(Networks::parse(&lines.join(",")).map_err(whole)?)
        }
        "validatebyterange" => {
            let set = validate::bytes_in(parameter).map_err(whole)?;
            Operator::ByteRange(set, classes::not_within(&set))
        }
        "validateurlencoding" => Operator::UrlEncoding,
        "validateutf8encoding" => Operator::Utf8,
        "detectsqli" => Operator::Sqli,
        "detectxss" => Operator::Xss,
        "unconditionalmatch" => Operator::Always,
        "nomatch" => Operator::Never,
        name @ ("rbl" | "geolookup") => return offline(name, operator, context, problems),
        name => return Err((Place::Name, format!("`@{name}` is not an operator"))),
    })
}

/// Operators that would ask the network or a database.
fn offline(
    name: &str,
    operator: &ast::Operator,
    context: &Context<'_>,
    problems: &mut Problems,
) -> Result<Operator, Fault> {
    if !context.allow_offline_only {
        return Err((
            Place::Name,
            format!("`@{name}` needs a lookup outside of the engine, which it never makes"),
        ));
    }
    problems.remark(&operator.position, format!("`@{name}` never matches: no lookups are made"));
    Ok(Operator::Never)
}

fn pattern(parameter: &str) -> Result<Pattern, Fault> {
    Pattern::new(parameter.as_bytes(), false).map_err(|error| {
        (Place::Parameter(error.offset), format!("in the pattern: {}", error.message))
    })
}

/// Whether a pattern spells `%{name}` with the name of a variable.
fn has_macro(pattern: &str) -> bool {
    pattern.match_indices("%{").any(|(at, _)| {
        let name = pattern.get(at + 2..).and_then(|rest| rest.split(['}', '.', ':']).next());
        name.and_then(crate::variable::Variable::parse).is_some()
    })
}

/// Reads a data file, named relative to the rule file.
fn data(name: &str, position: &Position, context: &Context<'_>) -> Result<Vec<u8>, Fault> {
    let path = match name.starts_with('/') {
        true => name.to_string(),
        false => format!("{}{name}", split_path(&position.file).0),
    };
    context
        .files
        .read(&path)
        .map_err(|error| (Place::Parameter(0), format!("cannot read `{path}`: {error}")))
}
