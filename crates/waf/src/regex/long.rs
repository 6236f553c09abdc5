//! Searches long texts with automata that say when they give up.
//!
//! On a text made to defeat it, a lazily built automaton keeps rebuilding itself, and the library
//! falls back to a simulation that is a hundred times slower. On short texts that is bounded by their
//! length; on long ones we want to be asked first, and charge for it.

use regex_automata::hybrid::dfa::DFA;
use regex_automata::hybrid::regex::{Builder, Cache, Regex};
use regex_automata::nfa::thompson::{Compiler, Config};
use regex_automata::util::pool::Pool;
use regex_automata::{Input, MatchKind};
use regex_syntax::hir::Hir;
use std::fmt;
use std::sync::Arc;

const CACHE_BYTES: usize = 1 << 20;

type Caches = Pool<Cache, Box<dyn Fn() -> Cache + Send + Sync>>;

pub(super) struct LongSearch {
    automata: Arc<Regex>,
    caches: Caches,
}

/// Neither found nor proven absent: the automaton outgrew its bound.
#[derive(Debug)]
pub(super) struct GaveUp;

impl LongSearch {
    /// `None` when the automata cannot be built; the search then always gives up.
    pub(super) fn new(hir: &Hir) -> Option<Self> {
        let automaton = |reverse: bool| -> Option<DFA> {
            let program = Compiler::new()
                .configure(Config::new().utf8(false).reverse(reverse))
                .build_from_hir(hir)
                .ok()?;
            let kind = if reverse { MatchKind::All } else { MatchKind::LeftmostFirst };
            DFA::builder()
                .configure(
                    DFA::config()
                        .match_kind(kind)
                        .cache_capacity(CACHE_BYTES)
                        .skip_cache_capacity_check(true)
                        .minimum_cache_clear_count(Some(3))
                        .minimum_bytes_per_state(Some(10)),
                )
                .build_from_nfa(program)
                .ok()
        };
        let automata = Builder::new().build_from_dfas(automaton(false)?, automaton(true)?);
        let automata = Arc::new(automata);
        let maker = automata.clone();
        Some(Self { automata, caches: Pool::new(Box::new(move || maker.create_cache())) })
    }

    /// Where the leftmost match lies.
    pub(super) fn find(&self, text: &[u8]) -> Result<Option<(usize, usize)>, GaveUp> {
        let mut cache = self.caches.get();
        match self.automata.try_search(&mut cache, &Input::new(text)) {
            Ok(found) => Ok(found.map(|found| (found.start(), found.end()))),
            Err(_) => Err(GaveUp),
        }
    }
}

impl fmt::Debug for LongSearch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LongSearch")
    }
}
