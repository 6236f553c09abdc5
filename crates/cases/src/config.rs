//! The configs of a page, each compiled once.

use crate::{
    files::{CaseFiles, plain},
    parse::ConfigSource,
};
use portcullis_config::{
    load::{Completeness, Origin, load},
    render::{self, Colour},
};
use portcullis_core::{
    canonical::Host,
    diagnostic::Diagnostics,
    ports::files::Files as _,
    source::Sources,
    tree::{self, Node},
};
use portcullis_policies::blueprint::{Blueprint, Listener};
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    rc::Rc,
    sync::Arc,
};

/// What a config is called in diagnostics and records, and the file that stands in for a missing
/// block.
const NAME: &str = "gateway.yaml";
/// The host of a request if the config names none.
const LOCALHOST: &str = "localhost";

/// A config that loads.
pub(crate) struct Compiled {
    /// What it compiled to. Immutable, so cases share it.
    pub(crate) blueprint: Arc<Blueprint>,
    /// The host of requests that name none.
    pub(crate) host: String,
}

impl Compiled {
    /// The listener of this name; without one the first.
    pub(crate) fn listener(&self, name: Option<&str>) -> Option<&Listener> {
        let mut listeners = self.blueprint.listeners.iter();
        listeners.find(|listener| name.is_none_or(|name| listener.name.as_str() == name))
    }
}

/// Why there is no config.
#[derive(Debug, Clone)]
pub(crate) enum NotLoaded {
    /// What is wrong with it, as a person reads it.
    Refused(String),
    /// There is none, or nothing listens.
    Missing(String),
}

/// The configs of one page, each compiled once however many cases use it.
pub(crate) struct Configs<'p> {
    folder: &'p Path,
    known: HashMap<String, Result<Rc<Compiled>, NotLoaded>>,
}

impl<'p> Configs<'p> {
    /// For a page in `folder`.
    pub(crate) fn new(folder: &'p Path) -> Self {
        Self { folder, known: HashMap::new() }
    }

    /// The files that a case sees.
    pub(crate) fn files(&self, source: &ConfigSource<'_>) -> CaseFiles<'p> {
        let mut named = HashMap::new();
        for (name, fence) in &source.named {
            named.entry(plain(Path::new(name))).or_insert_with(|| fence.text());
        }
        CaseFiles { folder: self.folder, named }
    }

    /// Loads a config, or remembers what came of it.
    pub(crate) fn load(&mut self, source: &ConfigSource<'_>) -> Result<Rc<Compiled>, NotLoaded> {
        let block = source.block.as_ref().map(|fence| fence.text());
        let mut key = block.clone().unwrap_or_default();
        key.push(if block.is_some() { '\0' } else { '\u{1}' });
        for (name, fence) in &source.named {
            key.extend([*name, "\0", &fence.text(), "\0"]);
        }
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let loaded = compile(block, &self.files(source)).map(Rc::new);
        self.known.insert(key, loaded.clone());
        loaded
    }
}

fn compile(block: Option<String>, files: &CaseFiles<'_>) -> Result<Compiled, NotLoaded> {
    let (text, completeness) = match block {
        Some(text) => (text, Completeness::Fragment),
        None => match files.read(Path::new(NAME)) {
            Ok(text) => (text, Completeness::Whole),
            Err(error) => {
                return Err(NotLoaded::Missing(format!(
                    "there is no config: write a `yaml` block, or put a `{NAME}` beside this file ({error})"
                )));
            }
        },
    };
    let host = default_host(&text);
    // Without a folder, so that files are called as the config calls them, wherever the page lies.
    let origin = Origin::Text { name: NAME.to_owned(), text, folder: PathBuf::new() };
    match load(files, &origin, completeness) {
        Ok(loaded) => {
            let blueprint = Arc::new(loaded.blueprint);
            if blueprint.listeners.is_empty() {
                return Err(NotLoaded::Missing(String::from("the config has no listener")));
            }
            Ok(Compiled { blueprint, host })
        }
        Err(refused) => {
            let text = render::text(&refused.problems, &refused.sources, Colour::No);
            let lines: Vec<&str> = text.trim_end().lines().map(str::trim_end).collect();
            Err(NotLoaded::Refused(lines.join("\n")))
        }
    }
}

/// The first host, without wildcard, of the first API that names hosts.
fn default_host(text: &str) -> String {
    let mut sources = Sources::default();
    let file = sources.add(NAME, text);
    let tree = tree::parse(&sources, file, &mut Diagnostics::default());
    let apis = tree.as_ref().and_then(|tree| tree.get("apis")).map(Node::entries);
    let hosts = apis.unwrap_or_default().iter().find_map(|api| api.value.get("hosts"));
    let mut exact = hosts.map(Node::items).unwrap_or_default().iter().filter_map(Node::text);
    exact
        .find_map(Host::parse)
        .map_or_else(|| LOCALHOST.to_owned(), |host| host.as_str().to_owned())
}
