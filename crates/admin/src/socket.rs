//! Opening the admin socket so that nobody else can.

use axum::Router;
use std::{
    fs::{self, Permissions},
    io,
    os::unix::{
        fs::{DirBuilderExt, MetadataExt, PermissionsExt},
        net::UnixStream,
    },
    path::{Path, PathBuf},
};
use tokio::net::UnixListener;

/// An open admin socket. Its file goes when this is dropped.
pub struct AdminSocket {
    listener: UnixListener,
    file: SocketFile,
}

struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        // If it is gone already, all is as it should be.
        let _ = fs::remove_file(&self.0);
    }
}

/// Opens the socket, readable and writable by its owner only.
///
/// It is made under another name, restricted, then renamed: at no moment can anybody else open it. A
/// file left behind by a process that is gone is replaced; one that somebody answers on is an error,
/// and so is anything that is no socket.
pub fn open(path: &Path) -> io::Result<AdminSocket> {
    if let Ok(found) = fs::symlink_metadata(path) {
        use std::os::unix::fs::FileTypeExt as _;
        if !found.file_type().is_socket() {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                "something else stands there",
            ));
        }
        if UnixStream::connect(path).is_ok() {
            return Err(io::Error::new(io::ErrorKind::AddrInUse, "another gateway answers there"));
        }
    }
    let fresh = path.with_extension(format!("{}.new", std::process::id()));
    let _ = fs::remove_file(&fresh);
    let listener = UnixListener::bind(&fresh)?;
    let made = SocketFile(fresh.clone());
    fs::set_permissions(&fresh, Permissions::from_mode(0o600))?;
    fs::rename(&fresh, path)?;
    std::mem::forget(made);
    Ok(AdminSocket { listener, file: SocketFile(path.to_owned()) })
}

/// The folder for sockets that have no place of their own: made for this user only, and refused if
/// somebody else could have made it.
pub fn private_folder(folder: &Path) -> io::Result<()> {
    match fs::DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    let found = fs::symlink_metadata(folder)?;
    let ours = fs::metadata("/proc/self").map(|process| process.uid());
    let private =
        found.is_dir() && found.mode() & 0o077 == 0 && ours.is_ok_and(|uid| uid == found.uid());
    if private {
        Ok(())
    } else {
        let message = "the folder belongs to somebody else or is open to others";
        Err(io::Error::new(io::ErrorKind::PermissionDenied, message))
    }
}

impl AdminSocket {
    /// Answers until the task is dropped.
    pub async fn serve(self, routes: Router) -> io::Result<()> {
        let Self { listener, file } = self;
        let result = axum::serve(listener, routes).await;
        drop(file);
        result
    }
}
