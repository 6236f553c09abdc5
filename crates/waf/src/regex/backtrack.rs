//! A backtracking matcher with a step limit, for the few patterns that need one.
//!
//! Rule Set 3 has five such patterns (look-around, back-references, possessive repeats). Each is
//! guarded by a linear-time over-approximation, so that this matcher only sees likely matches.

use super::ast::{Assertion, Ast, ByteSet, Greed};

/// Expanding counted repeats past this refuses the pattern.
const PROGRAM_MAX: usize = 50_000;

#[derive(Clone, Debug)]
enum Step {
    Set(ByteSet),
    Assert(Assertion),
    BackReference {
        index: usize,
        fold_case: bool,
    },
    /// Try the first, then the second.
    Split(usize, usize),
    Jump(usize),
    Save(usize),
    /// Fails when nothing was consumed since the mark was set: ends empty loops.
    Mark(usize),
    Progress(usize),
    Look {
        ahead: bool,
        negated: bool,
        body: usize,
        next: usize,
        width: (usize, usize),
    },
    Atomic {
        body: usize,
        next: usize,
    },
    Accept,
}

#[derive(Clone, Debug)]
pub(super) struct Backtracker {
    steps: Vec<Step>,
    slots: usize,
    marks: usize,
}

/// The step limit was reached before an answer was found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OutOfSteps;

struct State {
    slots: Vec<Option<usize>>,
    marks: Vec<usize>,
}

/// What to take back, and where to go on, when a way does not lead to a match.
enum Undo {
    Resume(usize, usize),
    Slot(usize, Option<usize>),
    Mark(usize, usize),
}

impl State {
    /// Takes back what was done since the last choice; returns where that choice goes on.
    fn back_up(&mut self, stack: &mut Vec<Undo>) -> Option<(usize, usize)> {
        loop {
            match stack.pop()? {
                Undo::Resume(next, position) => return Some((next, position)),
                Undo::Slot(slot, value) => set(&mut self.slots, slot, value),
                Undo::Mark(mark, value) => set(&mut self.marks, mark, value),
            }
        }
    }
}

impl Backtracker {
    /// `None` when the pattern grows too large.
    pub(super) fn new(ast: &Ast, captures: u32) -> Option<Self> {
        let slots = (captures as usize + 1) * 2;
        let mut this = Self { steps: Vec::new(), slots, marks: 0 };
        this.steps.push(Step::Save(0));
        this.emit(ast)?;
        this.steps.push(Step::Save(1));
        this.steps.push(Step::Accept);
        Some(this)
    }

    /// The leftmost match as capture slots; `steps` is what may still be spent and is reduced.
    pub(super) fn find(
        &self,
        text: &[u8],
        steps: &mut u64,
    ) -> Result<Option<Vec<Option<usize>>>, OutOfSteps> {
        for start in 0..=text.len() {
            let mut state = State { slots: vec![None; self.slots], marks: vec![0; self.marks] };
            if self.run(0, text, start, &mut state, steps)?.is_some() {
                return Ok(Some(state.slots));
            }
        }
        Ok(None)
    }

    fn push(&mut self, step: Step) -> Option<usize> {
        self.steps.push(step);
        (self.steps.len() <= PROGRAM_MAX).then_some(self.steps.len() - 1)
    }

    fn patch(&mut self, at: usize, step: Step) {
        if let Some(slot) = self.steps.get_mut(at) {
            *slot = step;
        }
    }

    fn emit(&mut self, ast: &Ast) -> Option<()> {
        match ast {
            Ast::Empty => {}
            Ast::Set(set) => {
                self.push(Step::Set(*set))?;
            }
            Ast::Concat(nodes) => nodes.iter().try_for_each(|node| self.emit(node))?,
            Ast::Alternation(nodes) => self.emit_alternation(nodes)?,
            Ast::Capture { index, node } => {
                self.push(Step::Save(*index as usize * 2))?;
                self.emit(node)?;
                self.push(Step::Save(*index as usize * 2 + 1))?;
            }
            Ast::Atomic(node) => {
                let at = self.push(Step::Accept)?;
                self.emit(node)?;
                self.push(Step::Accept)?;
                self.patch(at, Step::Atomic { body: at + 1, next: self.steps.len() });
            }
            Ast::Look { ahead, negated, node } => {
                let (low, high) = node.width();
                let at = self.push(Step::Accept)?;
                self.emit(node)?;
                self.push(Step::Accept)?;
                let next = self.steps.len();
                let width = (low, high.unwrap_or(low));
                let look =
                    Step::Look { ahead: *ahead, negated: *negated, body: at + 1, next, width };
                self.patch(at, look);
            }
            Ast::Assert(assertion) => {
                self.push(Step::Assert(*assertion))?;
            }
            Ast::BackReference { index, fold_case } => {
                self.push(Step::BackReference { index: *index as usize, fold_case: *fold_case })?;
            }
            Ast::Repeat { node, min, max, greed } => match greed {
                Greed::Possessive => self.emit(&Ast::Atomic(Box::new(Ast::Repeat {
                    node: node.clone(),
                    min: *min,
                    max: *max,
                    greed: Greed::Greedy,
                })))?,
                _ => self.emit_repeat(node, *min, *max, *greed == Greed::Greedy)?,
            },
        }
        Some(())
    }

    fn emit_alternation(&mut self, nodes: &[Ast]) -> Option<()> {
        let mut ends = Vec::new();
        for (position, node) in nodes.iter().enumerate() {
            if position + 1 == nodes.len() {
                self.emit(node)?;
                break;
            }
            let split = self.push(Step::Accept)?;
            self.emit(node)?;
            ends.push(self.push(Step::Accept)?);
            self.patch(split, Step::Split(split + 1, self.steps.len()));
        }
        let end = self.steps.len();
        ends.into_iter().for_each(|at| self.patch(at, Step::Jump(end)));
        Some(())
    }

    fn emit_repeat(&mut self, node: &Ast, min: u32, max: Option<u32>, greedy: bool) -> Option<()> {
        for _ in 0..min {
            self.emit(node)?;
        }
        let order = |first: usize, second: usize| {
            if greedy { Step::Split(first, second) } else { Step::Split(second, first) }
        };
        match max {
            None => {
                let mark = self.marks;
                self.marks += 1;
                let split = self.push(Step::Accept)?;
                self.push(Step::Mark(mark))?;
                self.emit(node)?;
                self.push(Step::Progress(mark))?;
                self.push(Step::Jump(split))?;
                self.patch(split, order(split + 1, self.steps.len()));
            }
            Some(max) => {
                let mut splits = Vec::new();
                for _ in min..max {
                    splits.push(self.push(Step::Accept)?);
                    self.emit(node)?;
                }
                let end = self.steps.len();
                splits.into_iter().for_each(|at| self.patch(at, order(at + 1, end)));
            }
        }
        Some(())
    }

    /// Runs from `start` until an `Accept`; returns where the match ended.
    fn run(
        &self,
        start: usize,
        text: &[u8],
        from: usize,
        state: &mut State,
        budget: &mut u64,
    ) -> Result<Option<usize>, OutOfSteps> {
        let mut stack: Vec<Undo> = Vec::new();
        let (mut pc, mut at) = (start, from);
        loop {
            *budget = budget.checked_sub(1).ok_or(OutOfSteps)?;
            let go_on = match self.steps.get(pc) {
                None | Some(Step::Accept) => return Ok(Some(at)),
                Some(Step::Set(set)) => {
                    let found = text.get(at).is_some_and(|byte| set.contains(*byte));
                    at += usize::from(found);
                    found.then_some(pc + 1)
                }
                Some(Step::Assert(assertion)) => holds(*assertion, text, at).then_some(pc + 1),
                Some(Step::BackReference { index, fold_case }) => {
                    back_reference(state, *index, *fold_case, text, at).map(|end| {
                        at = end;
                        pc + 1
                    })
                }
                Some(Step::Split(first, second)) => {
                    stack.push(Undo::Resume(*second, at));
                    Some(*first)
                }
                Some(Step::Jump(target)) => Some(*target),
                Some(Step::Save(slot)) => {
                    if let Some(value) = state.slots.get_mut(*slot) {
                        stack.push(Undo::Slot(*slot, *value));
                        *value = Some(at);
                    }
                    Some(pc + 1)
                }
                Some(Step::Mark(mark)) => {
                    if let Some(value) = state.marks.get_mut(*mark) {
                        stack.push(Undo::Mark(*mark, *value));
                        *value = at;
                    }
                    Some(pc + 1)
                }
                Some(Step::Progress(mark)) => {
                    (state.marks.get(*mark) != Some(&at)).then_some(pc + 1)
                }
                Some(Step::Atomic { body, next }) => {
                    self.run(*body, text, at, state, budget)?.map(|end| {
                        at = end;
                        *next
                    })
                }
                Some(Step::Look { ahead, negated, body, next, width }) => {
                    let found = self.look(*ahead, *body, *width, text, at, state, budget)?;
                    (found != *negated).then_some(*next)
                }
            };
            match go_on {
                Some(next) => pc = next,
                None => match state.back_up(&mut stack) {
                    Some(resumed) => (pc, at) = resumed,
                    None => return Ok(None),
                },
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one look-around step")]
    fn look(
        &self,
        ahead: bool,
        body: usize,
        width: (usize, usize),
        text: &[u8],
        at: usize,
        state: &mut State,
        budget: &mut u64,
    ) -> Result<bool, OutOfSteps> {
        if ahead {
            return Ok(self.run(body, text, at, state, budget)?.is_some());
        }
        for length in width.0..=width.1.min(at) {
            // A look-behind must end where it stands, so it sees no further.
            let before = text.get(..at).unwrap_or_default();
            if self.run(body, before, at - length, state, budget)? == Some(at) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn set<T>(values: &mut [T], at: usize, value: T) {
    if let Some(slot) = values.get_mut(at) {
        *slot = value;
    }
}

fn holds(assertion: Assertion, text: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| text.get(before)).copied();
    let after = text.get(at).copied();
    let word = |byte: Option<u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_');
    match assertion {
        Assertion::LineStart => before.is_none_or(|byte| byte == b'\n'),
        Assertion::LineEnd => after.is_none_or(|byte| byte == b'\n'),
        Assertion::TextStart => before.is_none(),
        Assertion::TextEnd => after.is_none(),
        Assertion::TextEndOrNewline => {
            after.is_none() || (after == Some(b'\n') && at + 1 == text.len())
        }
        Assertion::WordBoundary => word(before) != word(after),
        Assertion::NotWordBoundary => word(before) == word(after),
    }
}

fn back_reference(
    state: &State,
    index: usize,
    fold_case: bool,
    text: &[u8],
    at: usize,
) -> Option<usize> {
    let start = (*state.slots.get(index * 2)?)?;
    let end = (*state.slots.get(index * 2 + 1)?)?;
    let wanted = text.get(start..end)?;
    let found = text.get(at..at + wanted.len())?;
    let same = if fold_case { found.eq_ignore_ascii_case(wanted) } else { found == wanted };
    same.then_some(at + wanted.len())
}
