//! What folding knows about `TX` at a place in the rules.

use super::template::{Piece, Template};
use crate::operator::number;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Known {
    Unset,
    Text(Vec<u8>),
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    Always,
    /// Only after one of these removals has taken away a skip.
    Removed(u64),
}

#[derive(Clone, Debug)]
pub(super) struct State {
    pub tx: Vec<Known>,
    pub reach: Reach,
    /// Removals that may have been ordered so far.
    pub removals: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Yes,
    No,
    Maybe,
}

pub(super) fn slots_of(template: &Template) -> impl Iterator<Item = u16> + '_ {
    template.pieces.iter().filter_map(|piece| match piece {
        Piece::Slot(slot) => Some(*slot),
        _ => None,
    })
}

pub(super) fn expand(template: &Template, tx: &[Known]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    for piece in &template.pieces {
        match piece {
            Piece::Text(text) => out.extend_from_slice(text),
            Piece::Slot(slot) => match tx.get(usize::from(*slot))? {
                Known::Unset => {}
                Known::Text(text) => out.extend_from_slice(text),
                Known::Unknown => return None,
            },
            _ => return None,
        }
    }
    Some(out)
}

pub(super) fn add(before: Known, amount: Option<Vec<u8>>, sign: i64) -> Known {
    let before = match before {
        Known::Unset => 0,
        Known::Text(text) => number(&text),
        Known::Unknown => return Known::Unknown,
    };
    amount.map_or(Known::Unknown, |amount| {
        let sum = before.saturating_add(number(&amount).saturating_mul(sign));
        Known::Text(sum.to_string().into_bytes())
    })
}

pub(super) fn merge(a: Option<State>, b: Option<State>) -> Option<State> {
    let (a, b) = match (a, b) {
        (Some(a), Some(b)) => (a, b),
        (a, b) => return a.or(b),
    };
    let reach = match (a.reach, b.reach) {
        (Reach::Removed(a), Reach::Removed(b)) => Reach::Removed(a | b),
        _ => Reach::Always,
    };
    Some(State { tx: merge_tx(&a.tx, &b.tx), reach, removals: a.removals | b.removals })
}

pub(super) fn merge_tx(a: &[Known], b: &[Known]) -> Vec<Known> {
    let same = |(a, b): (&Known, &Known)| if a == b { a.clone() } else { Known::Unknown };
    a.iter().zip(b).map(same).collect()
}
