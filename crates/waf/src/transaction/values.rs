//! Every distinct byte string of a transaction, kept once and known by a number.
//!
//! Most work is remembered per number: what a transformation makes of the value, which operators
//! can match it, what libinjection said. So equal values cost once, however often they occur.

use crate::transform::{Transformation, classes};
use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub(crate) struct ValueId(pub u32);

/// The empty value always has this number.
pub(crate) const EMPTY: ValueId = ValueId(0);

const NONE: u32 = u32::MAX;

#[derive(Clone, Copy, Debug)]
struct Info {
    start: u32,
    length: u32,
    /// Kinds of bytes in the value.
    kinds: u32,
    /// Row of remembered transformations.
    steps: u32,
    /// Rows of candidate operators, per side.
    candidates: [u32; 2],
    verdicts: u8,
}

#[derive(Debug, Default)]
pub(crate) struct Values {
    bytes: Vec<u8>,
    infos: Vec<Info>,
    table: HashTable<u32>,
    hasher: DefaultHashBuilder,
    steps: Vec<u32>,
    rows: [Vec<u64>; 2],
}

/// Which of libinjection's answers is meant.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Injection {
    Sqli,
    Xss,
}

impl Values {
    pub(crate) fn new() -> Self {
        let mut this = Self::default();
        this.clear(0);
        this
    }

    /// Forgets everything; memory beyond about `keep` bytes is given back.
    pub(crate) fn clear(&mut self, keep: usize) {
        self.bytes.clear();
        self.bytes.shrink_to(keep);
        self.infos.clear();
        self.infos.shrink_to(keep / 64);
        self.steps.clear();
        self.steps.shrink_to(keep / 16);
        for rows in &mut self.rows {
            rows.clear();
            rows.shrink_to(keep / 32);
        }
        self.table.clear();
        // The table is empty: nothing has to be hashed again.
        self.table.shrink_to(keep / 64, |_| 0);
        self.intern(b"");
    }

    /// What all tables take together.
    pub(crate) fn size(&self) -> usize {
        self.bytes.len()
            + self.infos.len() * size_of::<Info>()
            + self.steps.len() * 4
            + self.rows.iter().map(|rows| rows.len() * 8).sum::<usize>()
    }

    fn info(&self, id: ValueId) -> Option<&Info> {
        self.infos.get(id.0 as usize)
    }

    pub(crate) fn get(&self, id: ValueId) -> &[u8] {
        let span =
            self.info(id).map(|info| info.start as usize..(info.start + info.length) as usize);
        span.and_then(|span| self.bytes.get(span)).unwrap_or_default()
    }

    pub(crate) fn kinds(&self, id: ValueId) -> u32 {
        self.info(id).map_or(0, |info| info.kinds)
    }

    /// The number of `value`. Beyond four gigabytes the empty value is given; budgets stop long before.
    pub(crate) fn intern(&mut self, value: &[u8]) -> ValueId {
        let hash = self.hasher.hash_one(value);
        let Self { bytes, infos, table, .. } = self;
        let same = |number: &u32| {
            infos.get(*number as usize).is_some_and(|info| {
                info.length as usize == value.len()
                    && bytes.get(info.start as usize..(info.start + info.length) as usize)
                        == Some(value)
            })
        };
        if let Some(found) = table.find(hash, same) {
            return ValueId(*found);
        }
        let (Ok(start), Ok(length)) = (u32::try_from(bytes.len()), u32::try_from(value.len()))
        else {
            return EMPTY;
        };
        if start.checked_add(length).is_none() {
            return EMPTY;
        }
        bytes.extend_from_slice(value);
        let number = infos.len() as u32;
        infos.push(Info {
            start,
            length,
            kinds: classes::of(value),
            steps: NONE,
            candidates: [NONE; 2],
            verdicts: 0,
        });
        let hasher = &self.hasher;
        let (infos, bytes) = (&self.infos, &self.bytes);
        table.insert_unique(hash, number, |number| {
            let info = infos.get(*number as usize);
            let span = info.map(|info| info.start as usize..(info.start + info.length) as usize);
            hasher.hash_one(span.and_then(|span| bytes.get(span)).unwrap_or_default())
        });
        ValueId(number)
    }

    /// What `step` makes of the value, if that is remembered.
    pub(crate) fn transformed(&self, id: ValueId, step: Transformation) -> Option<ValueId> {
        let row = self.info(id)?.steps;
        let at = (row != NONE).then_some(row as usize + step as usize)?;
        self.steps.get(at).copied().filter(|number| *number != NONE).map(ValueId)
    }

    pub(crate) fn remember_step(&mut self, id: ValueId, step: Transformation, result: ValueId) {
        let Some(info) = self.infos.get_mut(id.0 as usize) else { return };
        if info.steps == NONE {
            info.steps = self.steps.len() as u32;
            self.steps.resize(self.steps.len() + Transformation::COUNT, NONE);
        }
        if let Some(slot) = self.steps.get_mut(info.steps as usize + step as usize) {
            *slot = result.0;
        }
    }

    /// The row of candidates of a value, if it was scanned.
    pub(crate) fn candidates(&self, id: ValueId, side: usize, words: usize) -> Option<&[u64]> {
        let row = self.info(id)?.candidates.get(side).copied()?;
        let start = (row != NONE).then_some(row as usize * words)?;
        self.rows.get(side)?.get(start..start + words)
    }

    /// A fresh row for a value's candidates, and the value.
    pub(crate) fn new_candidates(
        &mut self,
        id: ValueId,
        side: usize,
        words: usize,
    ) -> Option<(&[u8], u32, &mut [u64])> {
        let info = self.infos.get_mut(id.0 as usize)?;
        let rows = self.rows.get_mut(side)?;
        let start = rows.len();
        *info.candidates.get_mut(side)? = (start / words.max(1)) as u32;
        rows.resize(start + words, 0);
        let value = self.bytes.get(info.start as usize..(info.start + info.length) as usize)?;
        Some((value, info.kinds, rows.get_mut(start..)?))
    }

    pub(crate) fn verdict(&self, id: ValueId, kind: Injection) -> Option<bool> {
        let bits = self.info(id)?.verdicts >> (kind as u8 * 2);
        (bits & 1 == 1).then_some(bits & 2 == 2)
    }

    pub(crate) fn remember_verdict(&mut self, id: ValueId, kind: Injection, found: bool) {
        if let Some(info) = self.infos.get_mut(id.0 as usize) {
            info.verdicts |= (1 | u8::from(found) << 1) << (kind as u8 * 2);
        }
    }
}
