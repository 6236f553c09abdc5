//! Files as a case sees them: the named blocks of its page, then the folder it stands in.

use portcullis_core::ports::files::Files;
use std::{
    collections::HashMap,
    fs::File,
    io::{self, Read as _},
    path::{Component, Path, PathBuf},
};

/// The named blocks, then the folder.
pub(crate) struct CaseFiles<'a> {
    /// The folder of the case file.
    pub(crate) folder: &'a Path,
    /// The named blocks.
    pub(crate) named: HashMap<PathBuf, String>,
}

impl CaseFiles<'_> {
    /// Reads a named block, or a file of at most `bytes_max`. Paths start from the folder of the page.
    pub(crate) fn bytes(&self, path: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
        match self.named.get(&plain(path)) {
            Some(text) => Ok(text.clone().into_bytes()),
            None => read(&self.folder.join(path), bytes_max),
        }
    }
}

impl Files for CaseFiles<'_> {
    fn read(&self, path: &Path) -> io::Result<String> {
        let bytes = self.bytes(path, portcullis_core::ports::files::FILE_BYTES_MAX)?;
        String::from_utf8(bytes).map_err(|_| invalid("not UTF-8"))
    }

    /// Case files see the environment that `portcullis check` sees.
    #[expect(clippy::disallowed_methods, reason = "this is the port that others read")]
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }
}

/// Reads a file of at most `bytes_max`.
pub(crate) fn read(path: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(bytes_max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bytes_max {
        return Err(invalid(&format!("larger than {bytes_max} bytes")));
    }
    Ok(bytes)
}

/// A path as a block is named: without `./`.
pub(crate) fn plain(path: &Path) -> PathBuf {
    path.components().filter(|part| *part != Component::CurDir).collect()
}

fn invalid(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}
