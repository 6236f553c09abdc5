//! When to load the config again: a file of it changed, or SIGHUP came.

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher, event::ModifyKind};
use std::{
    collections::HashSet,
    ffi::OsString,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::Notify;

/// Editors and deployments write in several strokes; the last one counts.
pub(crate) const SETTLE: Duration = Duration::from_millis(150);

/// Watches the folders of a config's files. Folders, since editors and Kubernetes replace files rather
/// than write into them.
pub(crate) struct Watch {
    watcher: Option<RecommendedWatcher>,
    folders: HashSet<PathBuf>,
    names: Names,
}

/// The names of the files themselves.
type Names = Arc<Mutex<HashSet<OsString>>>;

impl Watch {
    /// Watches nothing yet; `changed` is told of every change that may be one of the config. Without a watcher
    /// SIGHUP still works, which the error says.
    pub(crate) fn new(changed: Arc<Notify>) -> (Self, Option<String>) {
        let names = Names::default();
        let watched = Arc::clone(&names);
        let tell = move |event: notify::Result<Event>| {
            if event.is_ok_and(|event| concerns(&event, &watched)) {
                changed.notify_one();
            }
        };
        let (watcher, message) = match notify::recommended_watcher(tell) {
            Ok(watcher) => (Some(watcher), None),
            Err(error) => {
                let message = format!("files are not watched ({error}); send SIGHUP to reload");
                (None, Some(message))
            }
        };
        (Self { watcher, folders: HashSet::new(), names }, message)
    }

    /// Watches the folders of these files, and no others.
    pub(crate) fn follow(&mut self, files: &[PathBuf]) {
        let names = files.iter().filter_map(|file| file.file_name().map(ToOwned::to_owned));
        *self.names.lock().unwrap_or_else(PoisonError::into_inner) = names.collect();
        let Some(watcher) = &mut self.watcher else { return };
        let wanted: HashSet<PathBuf> = files.iter().map(|file| folder_of(file)).collect();
        for gone in self.folders.difference(&wanted) {
            // A folder that was removed is not watched any more anyway.
            let _ = watcher.unwatch(gone);
        }
        for fresh in wanted.difference(&self.folders) {
            // A folder that is not there cannot be watched; its file is reported as missing.
            let _ = watcher.watch(fresh, RecursiveMode::NonRecursive);
        }
        self.folders = wanted;
    }
}

/// Whether an event may be a change of the config. Something that is made, removed or renamed may be:
/// Kubernetes swaps a link beside the files. What is written into another file, such as a log in the
/// same folder, is not.
fn concerns(event: &Event, names: &Names) -> bool {
    match event.kind {
        EventKind::Access(_) => false,
        EventKind::Modify(ModifyKind::Data(_) | ModifyKind::Metadata(_) | ModifyKind::Any) => {
            let names = names.lock().unwrap_or_else(PoisonError::into_inner);
            let mut changed = event.paths.iter().filter_map(|path| path.file_name());
            changed.any(|name| names.contains(name))
        }
        _ => true,
    }
}

fn folder_of(file: &Path) -> PathBuf {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}
