//! Which files are case files.

use crate::{FILE_BYTES_MAX, FILES_MAX, Problem, files, parse::is_case_file};
use std::{
    io,
    path::{Path, PathBuf},
};

/// How deep folders are looked into.
const DEPTH_MAX: usize = 32;

/// A case file and its text.
pub(crate) struct Found {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

/// Every case file among `paths`, folders in the order of their names.
pub(crate) fn case_files(paths: &[PathBuf]) -> Result<Vec<Found>, Problem> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            folder(path, DEPTH_MAX, &mut found)?;
        } else {
            found.extend(named_file(path)?);
        }
    }
    Ok(found)
}

/// A file that somebody named: it must be there, and hold a case.
fn named_file(path: &Path) -> Result<Option<Found>, Problem> {
    match page(path) {
        Ok(Some(found)) => Ok(Some(found)),
        Ok(None) => Err(Problem::NoCases(vec![path.to_owned()])),
        Err(error) => Err(Problem::Unreadable(path.to_owned(), error)),
    }
}

fn folder(path: &Path, depth_left: usize, found: &mut Vec<Found>) -> Result<(), Problem> {
    let unreadable = |error| Problem::Unreadable(path.to_owned(), error);
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(path).map_err(unreadable)? {
        entries.push(entry.map_err(unreadable)?);
    }
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        // Links to folders are not followed, so there are no circles.
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && depth_left > 0 && !is_somebody_elses(&path) {
            folder(&path, depth_left - 1, found)?;
        } else if path.extension().is_some_and(|extension| extension == "md") && path.is_file() {
            let page = page(&path).map_err(|error| Problem::Unreadable(path.clone(), error))?;
            found.extend(page);
        }
        if found.len() > FILES_MAX {
            return Err(Problem::TooManyFiles);
        }
    }
    Ok(())
}

/// Hidden folders, caches (they hold a `CACHEDIR.TAG`) and what npm has brought.
fn is_somebody_elses(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    name.starts_with('.') || name == "node_modules" || path.join("CACHEDIR.TAG").exists()
}

/// A page, if it holds a case. One that is not UTF-8 is an error only if it looks like one.
fn page(path: &Path) -> io::Result<Option<Found>> {
    let bytes = files::read(path, FILE_BYTES_MAX)?;
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if is_case_file(&String::from_utf8_lossy(error.as_bytes())) => {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "not UTF-8"));
        }
        Err(_) => return Ok(None),
    };
    Ok(is_case_file(&text).then(|| Found { path: path.to_owned(), text }))
}
