//! Opening the admin socket so that nobody else can.

use axum::Router;
use std::{
    fs::{self, DirBuilder, Metadata, Permissions},
    io,
    os::unix::{
        fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt},
        net::UnixStream,
    },
    path::{Path, PathBuf},
};
use tokio::net::UnixListener;

/// How many names are tried for the folder in which a socket is made.
const FRESH_NAMES_MAX: usize = 16;

/// An open admin socket. Its file goes when this is dropped.
pub struct AdminSocket {
    listener: UnixListener,
    file: SocketFile,
}

/// The file of a socket, and which file it is: another gateway may have put its own in its place.
struct SocketFile {
    path: PathBuf,
    made: (u64, u64),
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let stands = fs::symlink_metadata(&self.path);
        if stands.is_ok_and(|found| identity(&found) == self.made) {
            // If it is gone already, all is as it should be.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Device and inode.
fn identity(file: &Metadata) -> (u64, u64) {
    (file.dev(), file.ino())
}

/// A folder that only its owner can enter. It goes when this is dropped, and what is still in it.
struct FreshFolder(PathBuf);

impl FreshFolder {
    /// Makes it in `parent`, hence on the same file system as what is to be moved there.
    fn make(parent: &Path) -> io::Result<Self> {
        let mut last = io::Error::from(io::ErrorKind::AlreadyExists);
        for attempt in 0..FRESH_NAMES_MAX {
            // Short, since the whole path of a socket may have 107 bytes only.
            let path = parent.join(format!(".{:x}.{attempt:x}", std::process::id()));
            match DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => return Ok(Self(path)),
                // A crash left it, or a process of the same number in another container made it.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => last = error,
                Err(error) => return Err(error),
            }
        }
        Err(last)
    }

    fn socket(&self) -> PathBuf {
        self.0.join("s")
    }
}

impl Drop for FreshFolder {
    fn drop(&mut self) {
        // The socket has been moved out, unless something failed.
        let _ = fs::remove_file(self.socket());
        let _ = fs::remove_dir(&self.0);
    }
}

/// Opens the socket, readable and writable by its owner only.
///
/// It is made inside a folder that nobody else can enter, restricted, then moved out: at no moment can
/// anybody else connect, whatever the umask. A file left behind by a process that is gone is replaced;
/// one that somebody answers on is an error, and so is anything that is no socket.
pub fn open(path: &Path) -> io::Result<AdminSocket> {
    if let Ok(found) = fs::symlink_metadata(path) {
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
    let folder = FreshFolder::make(parent_of(path))?;
    let fresh = folder.socket();
    let listener = UnixListener::bind(&fresh)?;
    fs::set_permissions(&fresh, Permissions::from_mode(0o600))?;
    let made = identity(&fs::symlink_metadata(&fresh)?);
    fs::rename(&fresh, path)?;
    Ok(AdminSocket { listener, file: SocketFile { path: path.to_owned(), made } })
}

fn parent_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// The folder for sockets that have no place of their own: made for this user only, and refused if
/// somebody else could have made it.
pub fn private_folder(folder: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => must_be_private(folder),
        Err(error) => Err(error),
    }
}

/// Refuses a folder of sockets that is not this user's own, or that others can enter. Who looks for
/// sockets asks this first: what stands in such a folder may be anybody's.
pub fn must_be_private(folder: &Path) -> io::Result<()> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let path =
            std::env::temp_dir().join(format!("portcullis-socket-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        path
    }

    #[tokio::test]
    async fn an_open_socket_is_its_owners_and_nothing_else_stays() {
        let folder = folder("owner");
        let path = folder.join("a.sock");
        let socket = open(&path).unwrap();
        assert_eq!(fs::symlink_metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        assert_eq!(open(&path).err().unwrap().kind(), io::ErrorKind::AddrInUse);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        drop(socket);
        assert!(!path.exists());
        fs::remove_dir_all(folder).unwrap();
    }

    #[tokio::test]
    async fn an_ending_gateway_leaves_another_ones_socket() {
        let folder = folder("inode");
        let path = folder.join("a.sock");
        let first = open(&path).unwrap();
        fs::rename(&path, folder.join("aside")).unwrap();
        let second = open(&path).unwrap();
        drop(first);
        assert!(UnixStream::connect(&path).is_ok());
        drop(second);
        assert!(!path.exists());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_folder_that_others_can_enter_is_refused() {
        let folder = folder("open");
        fs::set_permissions(&folder, Permissions::from_mode(0o777)).unwrap();
        assert!(must_be_private(&folder).is_err() && private_folder(&folder).is_err());
        fs::set_permissions(&folder, Permissions::from_mode(0o700)).unwrap();
        assert!(private_folder(&folder).is_ok());
        fs::remove_dir_all(folder).unwrap();
    }
}
