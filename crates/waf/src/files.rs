//! How the engine reads rule files: through a trait, so that it does no I/O of its own.

use std::collections::BTreeMap;
use std::io;

/// Gives the bytes behind a path, as the rules spell it.
pub trait Files {
    /// Reads `path`. A relative path has already been joined to the folder of the file that names it.
    fn read(&self, path: &str) -> io::Result<Vec<u8>>;

    /// The paths that match a pattern such as `rules/*.conf`, sorted. Only asked when an `Include`
    /// has a `*` in its last segment.
    fn list(&self, pattern: &str) -> io::Result<Vec<String>>;
}

/// Files held in memory.
#[derive(Clone, Debug, Default)]
pub struct MemoryFiles(BTreeMap<String, Vec<u8>>);

impl MemoryFiles {
    /// Adds a file, or replaces it.
    pub fn insert(&mut self, path: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        self.0.insert(path.into(), bytes.into());
    }

    /// A set of one file.
    pub fn single(path: &str, text: &str) -> Self {
        let mut files = Self::default();
        files.insert(path, text);
        files
    }
}

impl Files for MemoryFiles {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        self.0.get(path).cloned().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }

    fn list(&self, pattern: &str) -> io::Result<Vec<String>> {
        let (folder, name) = split_path(pattern);
        Ok(self
            .0
            .keys()
            .filter(|path| {
                let (other, file) = split_path(path);
                other == folder && wildcard(name, file)
            })
            .cloned()
            .collect())
    }
}

/// The folder of a path, with its slash, and the last segment.
pub(crate) fn split_path(path: &str) -> (&str, &str) {
    path.split_at(path.rfind('/').map_or(0, |slash| slash + 1))
}

/// Whether `name` matches `pattern`, in which `*` stands for any text.
pub fn wildcard(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(rest) = parts.next().and_then(|first| name.strip_prefix(first)) else {
        return false;
    };
    let mut rest = rest;
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards() {
        assert!(wildcard("*.conf", "a.conf"));
        assert!(wildcard("REQUEST-9*-*.conf", "REQUEST-901-INIT.conf"));
        assert!(!wildcard("*.conf", "a.conf.example"));
        assert!(!wildcard("a", "ab"));
    }
}
