//! What one transaction may cost, in units of work and in bytes.

/// Bounds of one transaction. When one is reached the rest of the rules does not run, and the
/// outcome says so: the caller decides whether that refuses the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Roughly bytes looked at, weighted by how costly the look is. A gigahertz core does some hundred
    /// million a second.
    pub work: u64,
    /// Memory for values, tables and remembered results.
    pub bytes: usize,
    /// Names and values of arguments, headers, cookies, parts.
    pub fields: u32,
    /// Nested elements in XML; JSON has its own limit in the rules.
    pub xml_depth: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { work: 100_000_000, bytes: 64 << 20, fields: 20_000, xml_depth: 128 }
    }
}

/// Which bound was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exceeded {
    /// Units of work.
    Work,
    /// Bytes kept.
    Bytes,
    /// Fields of the message.
    Fields,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    pub limits: Limits,
    pub left: u64,
    pub fields: u32,
    pub exceeded: Option<Exceeded>,
}

impl Budget {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, left: limits.work, fields: 0, exceeded: None }
    }

    pub(crate) fn charge(&mut self, work: u64) {
        match self.left.checked_sub(work) {
            Some(left) => self.left = left,
            None => self.exceed(Exceeded::Work),
        }
    }

    pub(crate) fn exceed(&mut self, what: Exceeded) {
        self.left = 0;
        self.exceeded.get_or_insert(what);
    }

    pub(crate) fn field(&mut self) -> bool {
        self.fields += 1;
        if self.fields > self.limits.fields {
            self.exceed(Exceeded::Fields);
        }
        self.exceeded.is_none()
    }

    pub(crate) fn spent(&self) -> u64 {
        self.limits.work - self.left
    }
}
