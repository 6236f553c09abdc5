//! What a request holds until the body of its answer has ended.

/// Things that must be given back: a slot of a concurrency limit, a connection's turn. Dropping gives
/// back, whatever the way out was.
#[derive(Default)]
pub struct Permits(Vec<Box<dyn Send + Sync>>);

impl Permits {
    /// Holds `permit` until the end of the answer.
    pub fn hold(&mut self, permit: impl Send + Sync + 'static) {
        self.0.push(Box::new(permit));
    }
}

impl std::fmt::Debug for Permits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Permits({})", self.0.len())
    }
}
