//! Where admin sockets are.

use crate::files::SystemFiles;
use portcullis_core::ports::files::Files as _;
use std::{fs, io, os::unix::fs::MetadataExt as _, path::PathBuf};

/// The folder of sockets that the config gives no place: `$XDG_RUNTIME_DIR/portcullis`, or
/// `/tmp/portcullis-UID`.
pub(crate) fn default_folder() -> PathBuf {
    match SystemFiles.variable("XDG_RUNTIME_DIR").filter(|folder| folder.starts_with('/')) {
        Some(folder) => PathBuf::from(folder).join("portcullis"),
        None => {
            let user = fs::metadata("/proc/self").map_or(0, |process| process.uid());
            PathBuf::from(format!("/tmp/portcullis-{user}"))
        }
    }
}

/// The socket of a gateway whose first listener has this port. Makes its folder.
pub(crate) fn default_socket(port: u16) -> io::Result<PathBuf> {
    let folder = default_folder();
    portcullis_admin::socket::private_folder(&folder)?;
    Ok(folder.join(format!("{port}.sock")))
}

/// Every socket in the default folder; none if somebody else could have put it there, since who answers
/// on it is believed.
pub(crate) fn found() -> Vec<PathBuf> {
    let folder = default_folder();
    if portcullis_admin::socket::must_be_private(&folder).is_err() {
        return Vec::new();
    }
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "sock")).collect()
}
