//! Reads the operator argument: `!@rx ^a`, `@detectSQLi`, or a bare pattern.

use super::ast::Operator;
use super::source::Argument;

pub(super) fn read(argument: &Argument<'_>) -> Operator {
    let text = argument.text.as_str();
    let lead = text.len() - text.trim_start().len();
    let body = text.get(lead..).unwrap_or_default();
    let negated = body.starts_with('!');
    let name_start = lead + usize::from(negated);
    let Some(named) = text.get(name_start..).and_then(|rest| rest.strip_prefix('@')) else {
        // Without a name it is a pattern, and a leading `!` negates it.
        return Operator {
            name: "rx".into(),
            negated,
            parameter: text.get(name_start..).unwrap_or_default().to_string(),
            position: argument.position(lead),
            parameter_position: argument.position(name_start),
        };
    };
    let name_length = named.find(|c: char| c.is_ascii_whitespace()).unwrap_or(named.len());
    let (name, rest) = named.split_at(name_length);
    let parameter = rest.trim_start();
    let parameter_start = text.len() - parameter.len();
    Operator {
        name: name.to_string(),
        negated,
        parameter: parameter.to_string(),
        position: argument.position(name_start),
        parameter_position: argument.position(parameter_start),
    }
}
