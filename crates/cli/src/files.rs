//! The real files and environment.

use portcullis_core::ports::files::{FILE_BYTES_MAX, Files};
use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::Path,
};

/// Files and environment of this process.
pub(crate) struct SystemFiles;

impl Files for SystemFiles {
    fn read(&self, path: &Path) -> io::Result<String> {
        // A pipe or a device would be waited for, and cannot be read again on reload.
        if !fs::metadata(path)?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
        }
        let mut text = String::new();
        let read = File::open(path)?.take(FILE_BYTES_MAX + 1).read_to_string(&mut text)?;
        if read as u64 > FILE_BYTES_MAX {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the file is too large"));
        }
        Ok(text)
    }

    #[expect(clippy::disallowed_methods, reason = "this is the port that others read")]
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }
}
