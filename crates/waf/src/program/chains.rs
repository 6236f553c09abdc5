//! Chains of transformations, each distinct one compiled once.

use crate::transform::Transformation;
use hashbrown::HashMap;

#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub(crate) struct Chain {
    pub steps: Vec<Transformation>,
    /// A value with none of these bytes passes through unchanged.
    pub trigger: u32,
}

/// Hands out numbers for chains; the empty one is 0.
#[derive(Debug)]
pub(crate) struct Chains {
    numbers: HashMap<Vec<Transformation>, u16>,
    pub chains: Vec<Chain>,
}

impl Chains {
    pub(crate) fn new() -> Self {
        let mut this = Self { numbers: HashMap::new(), chains: Vec::new() };
        this.number(Vec::new());
        this
    }

    pub(crate) fn number(&mut self, steps: Vec<Transformation>) -> u16 {
        if let Some(number) = self.numbers.get(&steps) {
            return *number;
        }
        let number = self.chains.len() as u16;
        let trigger = steps.iter().fold(0, |all, step| all | step.trigger());
        self.chains.push(Chain { steps: steps.clone(), trigger });
        self.numbers.insert(steps, number);
        number
    }
}
