//! When to load the config again: a file of it changed, or SIGHUP came.

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    sync::Arc,
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
}

impl Watch {
    /// Watches nothing yet; `changed` is told of every change in a watched folder. Without a watcher
    /// SIGHUP still works, which the error says.
    pub(crate) fn new(changed: Arc<Notify>) -> (Self, Option<String>) {
        let tell = move |event: notify::Result<notify::Event>| {
            if event.is_ok_and(|event| !event.kind.is_access()) {
                changed.notify_one();
            }
        };
        match notify::recommended_watcher(tell) {
            Ok(watcher) => (Self { watcher: Some(watcher), folders: HashSet::new() }, None),
            Err(error) => {
                let message = format!("files are not watched ({error}); send SIGHUP to reload");
                (Self { watcher: None, folders: HashSet::new() }, Some(message))
            }
        }
    }

    /// Watches the folders of these files, and no others.
    pub(crate) fn follow(&mut self, files: &[PathBuf]) {
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

fn folder_of(file: &Path) -> PathBuf {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}
