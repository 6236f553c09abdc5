//! The compiled form of a set of rules: flat tables that many transactions share.

mod actions;
mod assign;
pub(crate) mod chains;
pub(crate) mod compile;
mod fold;
mod gather;
mod known;
pub(crate) mod prefilter;
pub(crate) mod rule;
pub(crate) mod settings;
pub(crate) mod template;

use crate::diagnostic::Diagnostic;
use crate::operator::Operator;
use crate::transaction::values::{ValueId, Values};
use crate::transform::UnicodeMap;
use crate::variable::Variable;
use chains::Chain;
use hashbrown::HashMap;
use prefilter::Prefilter;
use rule::Rule;
use settings::Settings;
use std::sync::atomic::{AtomicU64, Ordering};

/// Which of the two prefilters a phase uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Request,
    Response,
}

impl Side {
    pub(crate) fn of_phase(phase: u8) -> Self {
        if phase == 3 || phase == 4 { Self::Response } else { Self::Request }
    }

    pub(crate) fn index(self) -> usize {
        self as usize
    }
}

/// All values of one variable seen through one chain of transformations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct View {
    pub variable: Variable,
    pub chain: u16,
    pub side_index: u8,
}

#[derive(Debug)]
pub(crate) struct Program {
    /// Different for every compiled program of the process, and never 0.
    pub number: u64,
    pub rules: Vec<Rule>,
    /// Chain starters of each phase, in order; index 0 is not used.
    pub phases: [Vec<u32>; 6],
    pub operators: Vec<Operator>,
    pub chains: Vec<Chain>,
    pub views: Vec<View>,
    /// For each view, the one of the same values without transformations.
    pub base_views: Vec<Option<u16>>,
    pub prefilters: [Prefilter; 2],
    /// Interned constants; every transaction starts from a copy.
    pub constants: Values,
    pub tx_names: Names,
    /// What `TX` holds before the first rule runs.
    pub tx_initial: Vec<Option<ValueId>>,
    pub settings: Settings,
    pub map: UnicodeMap,
    pub remarks: Vec<Diagnostic>,
}

impl Program {
    /// A number that no other program has.
    pub(crate) fn next_number() -> u64 {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        NEXT.fetch_add(1, Ordering::Relaxed)
    }

    /// Words in a row of candidates.
    pub(crate) fn words(&self) -> usize {
        self.prefilters.iter().map(|filter| filter.words).max().unwrap_or(1)
    }
}

/// Names of `TX` variables that rules spell out, each with a slot of its own.
#[derive(Debug, Default)]
pub(crate) struct Names {
    slots: HashMap<Box<[u8]>, u16>,
    names: Vec<Box<[u8]>>,
}

impl Names {
    pub(crate) fn slot_of(&mut self, name: &[u8]) -> u16 {
        let name = name.to_ascii_lowercase();
        if let Some(slot) = self.slots.get(name.as_slice()) {
            return *slot;
        }
        let slot = self.names.len() as u16;
        self.names.push(name.clone().into_boxed_slice());
        self.slots.insert(name.into_boxed_slice(), slot);
        slot
    }

    /// The slot of a lower-case name.
    pub(crate) fn find(&self, name: &[u8]) -> Option<u16> {
        self.slots.get(name).copied()
    }

    pub(crate) fn name(&self, slot: u16) -> &[u8] {
        self.names.get(usize::from(slot)).map_or(&[], |name| name)
    }

    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }
}
