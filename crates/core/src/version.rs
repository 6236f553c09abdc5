//! Which version of the config decided.

use std::fmt;

/// A digest of everything that a blueprint was compiled from, so that the same files have the same
/// version on every machine. It tells versions apart; it is no signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlueprintVersion(u64);

impl BlueprintVersion {
    /// The version of a set of texts, in their order (FNV-1a, 64 bits).
    pub fn of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
        const PRIME: u64 = 0x0000_0100_0000_01b3;
        let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(PRIME);
        let hash = texts.into_iter().fold(OFFSET, |hash, text| {
            let length = (text.len() as u64).to_le_bytes();
            length.into_iter().chain(text.bytes()).fold(hash, step)
        });
        Self(hash)
    }

    /// The version of the same texts where values came through references. `digest` must not let anyone
    /// who sees the version try values out: it is keyed, so this part differs from process to process.
    #[must_use]
    pub fn with_values(self, digest: u64) -> Self {
        Self(self.0.rotate_left(32) ^ digest)
    }
}

impl fmt::Display for BlueprintVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_boundary_between_files_counts() {
        assert_ne!(BlueprintVersion::of(["ab", "c"]), BlueprintVersion::of(["a", "bc"]));
        assert_eq!(BlueprintVersion::of(["ab", "c"]), BlueprintVersion::of(["ab", "c"]));
    }
}
