//! Picks the few operators that can match a value, with two scans over it.
//!
//! Every pattern and phrase list has a bit. One automaton looks for the literals of which a match
//! must contain one; patterns without such literals run together as one set. Both may name too
//! many operators, never too few.

use crate::operator::Operator;
use crate::regex::{literals, needs};
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind as LiteralMatchKind};
use hashbrown::HashMap;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson::{Compiler, Config as ProgramConfig, NFA, WhichCaptures};
use regex_automata::{Input, MatchKind, PatternSet};
use regex_syntax::hir::Hir;

/// The lazily built automaton of the set may take this much memory in each scratch.
const SET_CACHE_BYTES: usize = 8 << 20;
const SET_PROGRAM_BYTES: usize = 32 << 20;

#[derive(Debug, Default)]
pub(crate) struct Prefilter {
    /// Words in a row of bits.
    pub words: usize,
    /// Operators that every value has to be shown.
    always: Vec<u64>,
    literals: Option<AhoCorasick>,
    /// The operators each literal stands for.
    literal_bits: Vec<Vec<u16>>,
    set: Option<Box<DFA>>,
    set_bits: Vec<u16>,
    /// For each pattern of the set, which kinds of bytes a match needs.
    set_needs: Vec<Vec<u32>>,
}

/// The part of a prefilter that a scan changes.
#[derive(Debug, Default)]
pub(crate) struct PrefilterCache {
    set: Option<Box<(Cache, PatternSet)>>,
}

/// Collects operators for one side.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    bits: HashMap<u32, u16>,
    /// Whether an operator is shown whole collections, so that a scan spares it many values.
    many: Vec<bool>,
}

impl Builder {
    /// The bit of an operator, if its kind can be prefiltered. `many` says that it is shown whole collections.
    pub(crate) fn bit(&mut self, number: u32, operator: &Operator, many: bool) -> Option<u16> {
        if !matches!(operator, Operator::Pattern(_) | Operator::Phrases(_)) {
            return None;
        }
        let next = self.bits.len() as u16;
        let bit = *self.bits.entry(number).or_insert(next);
        if self.many.len() <= usize::from(bit) {
            self.many.push(false);
        }
        self.many.get_mut(usize::from(bit)).into_iter().for_each(|flag| *flag |= many);
        Some(bit)
    }

    pub(crate) fn build(self, operators: &[Operator]) -> Result<Prefilter, String> {
        let words = self.bits.len().div_ceil(64).max(1);
        let mut filter = Prefilter { words, always: vec![0; words], ..Prefilter::default() };
        let mut texts: HashMap<Vec<u8>, Vec<u16>> = HashMap::new();
        let mut set: Vec<Hir> = Vec::new();
        let mut numbered: Vec<(u32, u16)> = self.bits.into_iter().collect();
        numbered.sort_by_key(|(_, bit)| *bit);
        for (number, bit) in numbered {
            let required = match operators.get(number as usize) {
                Some(Operator::Pattern(pattern)) => match literals::required(pattern.hir()) {
                    Some(required) => required,
                    // For single values the pattern itself is cheaper than a place in the set.
                    None if self.many.get(usize::from(bit)) == Some(&false) => {
                        set_bit(&mut filter.always, bit);
                        continue;
                    }
                    None => {
                        filter.set_needs.push(needs::kinds(pattern.hir()));
                        set.push(pattern.hir().clone());
                        filter.set_bits.push(bit);
                        continue;
                    }
                },
                Some(Operator::Phrases(phrases)) if phrases.shortest() >= literals::LITERAL_MIN => {
                    phrases.phrases().map(<[u8]>::to_ascii_lowercase).collect()
                }
                _ => {
                    set_bit(&mut filter.always, bit);
                    continue;
                }
            };
            for text in required {
                texts.entry(text).or_default().push(bit);
            }
        }
        filter.add_literals(texts)?;
        filter.add_set(&set);
        Ok(filter)
    }
}

impl Prefilter {
    fn add_literals(&mut self, texts: HashMap<Vec<u8>, Vec<u16>>) -> Result<(), String> {
        if texts.is_empty() {
            return Ok(());
        }
        let mut texts: Vec<(Vec<u8>, Vec<u16>)> = texts.into_iter().collect();
        texts.sort();
        // A full table would be ten times as large and, missing the caches, no faster.
        let kind = AhoCorasickKind::ContiguousNFA;
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(LiteralMatchKind::Standard)
            .kind(Some(kind))
            .build(texts.iter().map(|(text, _)| text))
            .map_err(|error| format!("the literals of all patterns cannot be compiled: {error}"))?;
        self.literals = Some(automaton);
        self.literal_bits = texts.into_iter().map(|(_, bits)| bits).collect();
        Ok(())
    }

    /// Without an automaton for the set its patterns become candidates for every value.
    fn add_set(&mut self, patterns: &[Hir]) {
        self.set = set_automaton(patterns).map(Box::new);
        if self.set.is_none() {
            for bit in std::mem::take(&mut self.set_bits) {
                set_bit(&mut self.always, bit);
            }
        }
    }

    /// Sets the bits of all operators that may match `value`; returns how much work that was.
    pub(crate) fn scan(
        &self,
        value: &[u8],
        kinds: u32,
        row: &mut [u64],
        cache: &mut PrefilterCache,
    ) -> u64 {
        row.copy_from_slice(&self.always);
        let mut work = value.len() as u64;
        if let Some(literals) = &self.literals {
            for found in literals.find_overlapping_iter(value) {
                work += 1;
                for bit in self.literal_bits.get(found.pattern().as_usize()).into_iter().flatten() {
                    set_bit(row, *bit);
                }
            }
        }
        let eligible = |needs: &Vec<u32>| needs.iter().all(|needed| kinds & needed != 0);
        if let Some(set) = &self.set
            && self.set_needs.iter().any(eligible)
        {
            work += value.len() as u64;
            let (cache, found) = &mut **cache.set.get_or_insert_with(|| {
                Box::new((set.create_cache(), PatternSet::new(set.pattern_len())))
            });
            found.clear();
            match set.try_which_overlapping_matches(cache, &Input::new(value), found) {
                Ok(()) => {
                    for pattern in found.iter() {
                        if let Some(bit) = self.set_bits.get(pattern.as_usize()) {
                            set_bit(row, *bit);
                        }
                    }
                }
                // The automaton grew past its bound: look at all of them.
                Err(_) => self.set_bits.iter().for_each(|bit| set_bit(row, *bit)),
            }
        }
        work
    }
}

fn set_automaton(patterns: &[Hir]) -> Option<DFA> {
    if patterns.is_empty() {
        return None;
    }
    let program_config = ProgramConfig::new()
        .utf8(false)
        .nfa_size_limit(Some(SET_PROGRAM_BYTES))
        .which_captures(WhichCaptures::None);
    let program: NFA =
        Compiler::new().configure(program_config).build_many_from_hir(patterns).ok()?;
    DFA::builder()
        .configure(
            DFA::config()
                .match_kind(MatchKind::All)
                .cache_capacity(SET_CACHE_BYTES)
                .skip_cache_capacity_check(true)
                .minimum_cache_clear_count(Some(2))
                .minimum_bytes_per_state(Some(16)),
        )
        .build_from_nfa(program)
        .ok()
}

fn set_bit(row: &mut [u64], bit: u16) {
    if let Some(word) = row.get_mut(usize::from(bit) / 64) {
        *word |= 1 << (bit % 64);
    }
}
