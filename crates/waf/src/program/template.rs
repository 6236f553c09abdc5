//! Text with macros: `Matched %{MATCHED_VAR} in %{TX.0}`.

use super::Names;
use crate::variable::{Kind, Variable};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RuleField {
    Id,
    Msg,
    Severity,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Text(Box<[u8]>),
    /// A slot of `TX`.
    Slot(u16),
    /// The first value of a variable, or the one under a lower-case name.
    Value(Variable, Option<Box<[u8]>>),
    Rule(RuleField),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    pub pieces: Box<[Piece]>,
}

impl Template {
    pub(crate) fn parse(text: &str, names: &mut Names) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("%{") {
            let Some((name, next)) = after.split_once('}') else { break };
            if !before.is_empty() {
                pieces.push(Piece::Text(before.as_bytes().into()));
            }
            pieces.push(expansion(name.trim(), names)?);
            rest = next;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.as_bytes().into()));
        }
        Ok(Self { pieces: pieces.into() })
    }

    /// The text, when it has no macros.
    pub(crate) fn constant(&self) -> Option<&[u8]> {
        match &*self.pieces {
            [] => Some(b""),
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }
}

fn expansion(name: &str, names: &mut Names) -> Result<Piece, String> {
    let (variable, key) = match name.split_once(['.', ':']) {
        Some((variable, key)) => (variable, Some(key)),
        None => (name, None),
    };
    if variable.eq_ignore_ascii_case("RULE") {
        return match key.map(str::to_ascii_lowercase).as_deref() {
            Some("id") => Ok(Piece::Rule(RuleField::Id)),
            Some("msg") => Ok(Piece::Rule(RuleField::Msg)),
            Some("severity") => Ok(Piece::Rule(RuleField::Severity)),
            _ => Err(format!("`%{{{name}}}` names nothing that rules have")),
        };
    }
    let Some(variable) = Variable::parse(variable) else {
        return Err(format!("`%{{{name}}}` is not a variable"));
    };
    match (variable, key) {
        (Variable::Tx, Some(key)) => Ok(Piece::Slot(names.slot_of(key.as_bytes()))),
        (Variable::Tx, None) => Err("`%{TX}` needs a name: `%{TX.name}`".into()),
        (variable, Some(_)) if variable.kind() == Kind::Single => {
            Err(format!("`%{{{name}}}` selects in a variable that has one value"))
        }
        (variable, key) => Ok(Piece::Value(
            variable,
            key.map(|key| key.to_ascii_lowercase().into_bytes().into_boxed_slice()),
        )),
    }
}
