//! The one way from files to a blueprint.

use crate::{
    compile,
    references::{Resolver, conceal, keyed},
    schema::{formats, schema_for},
};
use portcullis_core::{
    diagnostic::{Diagnostic, Diagnostics},
    finding::Finding,
    ports::files::Files,
    reasons,
    source::{FileId, Sources, Span},
    tree::{self, Node, check::Checker},
};
use portcullis_policies::blueprint::Blueprint;
use std::{
    collections::HashSet,
    hash::Hasher as _,
    path::{Path, PathBuf},
};

/// What is to be loaded.
#[derive(Debug, Clone)]
pub enum Origin {
    /// A config file.
    File(PathBuf),
    /// A config that is no file: what a command line says, or a block of a case.
    Text {
        /// What to call it.
        name: String,
        /// The config.
        text: String,
        /// The folder that relative paths start from.
        folder: PathBuf,
    },
}

/// How to read it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Completeness {
    /// As it stands.
    #[default]
    Whole,
    /// A fragment of a case file: a listener and an upstream are supplied where it names none.
    Fragment,
}

/// A sound config.
pub struct Loaded {
    /// What it compiled to.
    pub blueprint: Blueprint,
    /// What a reviewer would ask about.
    pub findings: Vec<Finding>,
    /// Everything that was read.
    pub sources: Sources,
    /// Every file that it depends on, to be watched.
    pub files: Vec<PathBuf>,
}

/// A config that does not load.
#[derive(Debug)]
pub struct Refused {
    /// Everything that is wrong, by file and place.
    pub problems: Vec<Diagnostic>,
    /// Everything that was read.
    pub sources: Sources,
    /// Every file that it depends on, as far as is known: a change to one may make it sound.
    pub files: Vec<PathBuf>,
}

/// Loads a config: either everything in it is sound, or everything that is wrong is listed.
pub fn load(
    files: &dyn Files,
    origin: &Origin,
    completeness: Completeness,
) -> Result<Loaded, Box<Refused>> {
    let mut loading = Loading {
        files,
        sources: Sources::default(),
        problems: Diagnostics::default(),
        read: Vec::new(),
        references: HashSet::new(),
        values: None,
    };
    let folder = folder_of(origin);
    let compiled = loading.root(origin).and_then(|file| {
        let root = loading.tree(file, &folder, completeness)?;
        compile::compile(&root, &folder, completeness, &mut loading)
    });
    conceal(&mut loading.problems, &loading.references);
    let Loading { sources, problems, read, .. } = loading;
    match compiled {
        Some((blueprint, findings)) if problems.is_empty() => {
            Ok(Loaded { blueprint, findings, sources, files: read })
        }
        _ => Err(Box::new(Refused { problems: problems.sorted(), sources, files: read })),
    }
}

/// A load under way.
pub(crate) struct Loading<'a> {
    pub(crate) files: &'a dyn Files,
    pub(crate) sources: Sources,
    pub(crate) problems: Diagnostics,
    pub(crate) read: Vec<PathBuf>,
    /// Where references stand: what is there is never shown.
    pub(crate) references: HashSet<Span>,
    /// A keyed digest of what they lead to, if there are any.
    pub(crate) values: Option<u64>,
}

impl Loading<'_> {
    fn root(&mut self, origin: &Origin) -> Option<FileId> {
        match origin {
            Origin::Text { name, text, .. } => Some(self.sources.add(name, text)),
            Origin::File(path) => match self.read(path) {
                Ok(file) => Some(file),
                Err(error) => {
                    let message = format!("`{}` cannot be read: {error}", path.display());
                    self.problems
                        .push(Diagnostic::without_place(&reasons::FILE_UNREADABLE, message));
                    None
                }
            },
        }
    }

    /// Reads a file and takes note of it. What it is called is what a person would type.
    pub(crate) fn read(&mut self, path: &Path) -> std::io::Result<FileId> {
        self.read.push(path.to_owned());
        let text = self.files.read(path)?;
        Ok(self.sources.add(&path.display().to_string(), &text))
    }

    /// The config as a tree: references resolved, problems of shape listed.
    fn tree(&mut self, file: FileId, folder: &Path, completeness: Completeness) -> Option<Node> {
        let mut root = tree::parse(&self.sources, file, &mut self.problems)?;
        let mut resolver = Resolver {
            files: self.files,
            folder,
            problems: &mut self.problems,
            read: std::mem::take(&mut self.read),
            spans: HashSet::new(),
            digest: keyed(),
        };
        resolver.resolve(&mut root);
        (self.read, self.references) = (resolver.read, resolver.spans);
        self.values = (!self.references.is_empty()).then(|| resolver.digest.finish());
        let schema = schema_for(completeness);
        Checker::new(&schema, &formats()).check(&root, &mut self.problems);
        Some(root)
    }
}

fn folder_of(origin: &Origin) -> PathBuf {
    match origin {
        Origin::File(path) => path.parent().map_or_else(PathBuf::new, Path::to_owned),
        Origin::Text { folder, .. } => folder.clone(),
    }
}
