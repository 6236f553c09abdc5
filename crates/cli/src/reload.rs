//! When to load the config again: a file of it changed and lies still, or SIGHUP came.

use notify::{
    Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher,
    event::{AccessKind, AccessMode, ModifyKind},
};
use std::{
    collections::{HashSet, VecDeque},
    ffi::OsString,
    fs, mem,
    path::{Component, Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::Notify, time::timeout};

/// Editors and deployments write in several strokes: nothing may have happened for this long.
pub(crate) const SETTLE: Duration = Duration::from_millis(150);
/// How long the files may go on changing before they are read all the same.
const QUIET_TIME_MAX: Duration = Duration::from_secs(2);
/// How long somebody may hold a file open that he has written into before it is read all the same.
const WRITING_TIME_MAX: Duration = Duration::from_secs(10);
/// How many symbolic links one path may lead through; as many as Linux follows.
const LINKS_MAX: usize = 40;

/// Watches the folders of a config's files. Folders, since editors and Kubernetes replace files rather
/// than write into them.
///
/// What is not noticed: a folder that is swapped further up than the one a file or a link stands in,
/// and files on network file systems that others write. SIGHUP is for those.
pub(crate) struct Watch {
    watcher: Option<RecommendedWatcher>,
    /// The folders that the system watches for us.
    watched: HashSet<PathBuf>,
    /// Those that it refused to watch, of which somebody was told.
    refused: HashSet<PathBuf>,
    changed: Arc<Notify>,
    state: Arc<Mutex<State>>,
}

/// What the watcher's thread needs to know, and what it finds out.
#[derive(Default)]
struct State {
    places: Places,
    /// Files that were written into and not closed since.
    writing: HashSet<PathBuf>,
}

/// Where a config's files are, as far as they are there.
#[derive(Debug, Default, PartialEq, Eq)]
struct Places {
    /// The folders to watch, without links in their paths: of the files, of the links that lead to them,
    /// and the nearest one above what is missing.
    folders: HashSet<PathBuf>,
    /// Those of them in which anything that is made, removed or renamed may concern the config.
    homes: HashSet<PathBuf>,
    /// The names of the files, of links on the way to them, and of what is missing.
    names: HashSet<OsString>,
}

impl Watch {
    /// Watches nothing yet; `changed` is told of every change that may be one of the config. Without a watcher
    /// SIGHUP still works, which the error says.
    pub(crate) fn new(changed: Arc<Notify>) -> (Self, Option<String>) {
        let state = Arc::<Mutex<State>>::default();
        let (shared, told) = (Arc::clone(&state), Arc::clone(&changed));
        let tell = move |event: notify::Result<Event>| {
            if event.is_ok_and(|event| lock(&shared).concerns(&event)) {
                told.notify_one();
            }
        };
        let (watcher, message) = match notify::recommended_watcher(tell) {
            Ok(watcher) => (Some(watcher), None),
            Err(error) => {
                let message = format!("files are not watched ({error}); send SIGHUP to reload");
                (None, Some(message))
            }
        };
        let (watched, refused) = Default::default();
        (Self { watcher, watched, refused, changed, state }, message)
    }

    /// Watches the folders of these files, and no others; what cannot be watched is said once.
    ///
    /// Every folder is watched anew, since one that was removed and made again has the same name and is
    /// another. What happens in between is not told, so read the files after this, not before.
    pub(crate) fn follow(&mut self, files: &[PathBuf]) -> Vec<String> {
        let places = Places::of(files);
        let wanted = places.folders.clone();
        // Before the system is asked: the first events may come at once.
        lock(&self.state).places = places;
        let Some(watcher) = &mut self.watcher else { return Vec::new() };
        for folder in self.watched.drain() {
            // A folder that was removed is not watched any more anyway.
            let _ = watcher.unwatch(&folder);
        }
        let mut messages = Vec::new();
        let known = mem::take(&mut self.refused);
        for folder in wanted {
            match watcher.watch(&folder, RecursiveMode::NonRecursive) {
                Ok(()) => {
                    self.watched.insert(folder);
                }
                Err(error) => {
                    if !known.contains(&folder) {
                        let folder = folder.display();
                        messages.push(format!(
                            "`{folder}` is not watched ({error}); send SIGHUP to reload"
                        ));
                    }
                    self.refused.insert(folder);
                }
            }
        }
        messages
    }

    /// Whether these files stand elsewhere than those that were followed last.
    pub(crate) fn misses(&self, files: &[PathBuf]) -> bool {
        Places::of(files) != lock(&self.state).places
    }

    /// Waits until nothing has happened for [`SETTLE`] and no file is in the middle of being written,
    /// but not for ever: false if somebody still writes.
    ///
    /// A writer that pauses looks like one that is done. Linux tells when a file that was open for
    /// writing is closed, so until then a file that was written into is not taken for whole.
    pub(crate) async fn settled(&self) -> bool {
        let still = async {
            loop {
                let _ = timeout(QUIET_TIME_MAX, self.quiet()).await;
                if !self.is_being_written() {
                    return;
                }
                self.changed.notified().await;
            }
        };
        let settled = timeout(WRITING_TIME_MAX, still).await.is_ok();
        if !settled {
            // Who holds it open any longer is not waited for until he writes again.
            lock(&self.state).writing.clear();
        }
        settled
    }

    async fn quiet(&self) {
        while timeout(SETTLE, self.changed.notified()).await.is_ok() {}
    }

    /// Whether somebody has written into a file of the config and not closed it.
    pub(crate) fn is_being_written(&self) -> bool {
        !lock(&self.state).writing.is_empty()
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    /// Whether an event may be a change of the config, and what it says about writers. Something that
    /// is made, removed or renamed beside the files may be one: Kubernetes swaps a link there. What is
    /// written into another file, such as a log in the same folder, is not.
    fn concerns(&mut self, event: &Event) -> bool {
        let named = event.paths.iter().any(|path| self.places.names(path));
        match event.kind {
            EventKind::Access(AccessKind::Close(AccessMode::Write)) => {
                self.end_of_writing(event);
                named
            }
            EventKind::Access(_) => false,
            EventKind::Modify(ModifyKind::Data(_)) => {
                // Only inotify tells of the close that this waits for.
                if named && cfg!(target_os = "linux") {
                    self.writing.extend(event.paths.iter().cloned());
                }
                named
            }
            EventKind::Modify(ModifyKind::Metadata(_) | ModifyKind::Any) => named,
            EventKind::Create(_) | EventKind::Remove(_) | EventKind::Modify(_) => {
                // Under this name stands another file now, or none.
                self.end_of_writing(event);
                named || event.paths.iter().any(|path| self.places.is_home(path))
            }
            // Events were lost: anything may have happened.
            EventKind::Any | EventKind::Other => true,
        }
    }

    fn end_of_writing(&mut self, event: &Event) {
        for path in &event.paths {
            self.writing.remove(path);
        }
    }
}

impl Places {
    fn of(files: &[PathBuf]) -> Self {
        let mut places = Self::default();
        for file in files {
            places.trace(file);
        }
        places
    }

    fn names(&self, path: &Path) -> bool {
        path.file_name().is_some_and(|name| self.names.contains(name))
    }

    /// Whether it is such a folder, or stands in one.
    fn is_home(&self, path: &Path) -> bool {
        self.homes.contains(path) || path.parent().is_some_and(|folder| self.homes.contains(folder))
    }

    /// Goes the way that the system goes to a file, and takes note of every place at which that way may
    /// be changed: a link, the file itself, or the first thing that is missing.
    fn trace(&mut self, file: &Path) {
        let Ok(path) = std::path::absolute(file) else { return };
        let mut left: VecDeque<OsString> = steps(&path);
        let mut at = PathBuf::from("/");
        let mut links = 0;
        while let Some(name) = left.pop_front() {
            if name == ".." {
                at.pop();
                continue;
            }
            let here = at.join(&name);
            let target = fs::read_link(&here).ok();
            if target.is_some() || left.is_empty() || !here.exists() {
                self.folders.insert(at.clone());
                self.names.insert(name);
            }
            if left.is_empty() {
                self.homes.insert(at.clone());
            }
            let Some(target) = target else {
                if !here.exists() {
                    return;
                }
                at = here;
                continue;
            };
            links += 1;
            if links > LINKS_MAX {
                return;
            }
            if target.is_absolute() {
                at = PathBuf::from("/");
            }
            for step in steps(&target).into_iter().rev() {
                left.push_front(step);
            }
        }
    }
}

/// The names in a path, `..` among them.
fn steps(path: &Path) -> VecDeque<OsString> {
    let names = path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some(OsString::from("..")),
        Component::Prefix(_) | Component::RootDir | Component::CurDir => None,
    });
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn every_place_at_which_the_way_to_a_file_may_change_is_watched() {
        let name = format!("portcullis-places-{}", std::process::id());
        let root = std::env::temp_dir().canonicalize().unwrap().join(name);
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(root.join("config/one")).unwrap();
        fs::write(root.join("config/one/gateway.yaml"), "").unwrap();
        symlink("one", root.join("config/data")).unwrap();
        symlink("data/gateway.yaml", root.join("config/gateway.yaml")).unwrap();
        let places = Places::of(&[root.join("config/gateway.yaml")]);
        let config = root.join("config");
        assert_eq!(places.folders, [config.clone(), config.join("one")].into());
        assert_eq!(places.names, ["gateway.yaml", "data"].map(OsString::from).into());

        let missing = Places::of(&[root.join("later/deep/gateway.yaml")]);
        assert_eq!(missing.folders, [root.clone()].into());
        assert_eq!(missing.names, [OsString::from("later")].into());
        assert!(missing.homes.is_empty(), "what else happens there is of no interest");

        symlink("loop", root.join("loop")).unwrap();
        assert_eq!(Places::of(&[root.join("loop")]).folders, [root.clone()].into());
        fs::remove_dir_all(root).unwrap();
    }
}
