//! Follows `$ref`s inside one document.

use portcullis_core::{
    canonical::decode_segment,
    tree::{Kind, Node},
};
use std::{borrow::Cow, cell::RefCell, collections::HashMap};

/// The most references that are followed one behind the other.
pub(crate) const CHAIN_MAX: usize = 32;

/// Maps with more entries than this are looked up through an index.
const INDEX_ABOVE: usize = 16;

type Index<'a> = HashMap<&'a str, &'a Node>;

/// Finds what a `$ref` stands for.
pub(crate) struct References<'a> {
    root: &'a Node,
    /// Indexes of large maps, by the address of the map, made when first needed.
    indexes: RefCell<HashMap<*const Node, Index<'a>>>,
}

/// Why a reference cannot be followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broken {
    /// It leads to another file or host.
    Elsewhere,
    /// Nothing stands there, or the reference is not text.
    Nowhere,
    /// It leads back to itself, or on and on.
    Circle,
}

impl Broken {
    /// What a person should know: lower case, without a full stop.
    pub(crate) fn why(self) -> String {
        match self {
            Self::Elsewhere => "references to other files are not read yet".into(),
            Self::Nowhere => "nothing stands there".into(),
            Self::Circle => format!("it leads through more than {CHAIN_MAX} others"),
        }
    }
}

impl<'a> References<'a> {
    /// For references into `root`.
    pub(crate) fn new(root: &'a Node) -> Self {
        Self { root, indexes: RefCell::default() }
    }

    /// What `node` stands for, however many references there are on the way; the node itself if it
    /// is none.
    pub(crate) fn resolve(&self, node: &'a Node) -> Result<&'a Node, Broken> {
        let mut target = node;
        for _ in 0..=CHAIN_MAX {
            match target.get("$ref") {
                Some(reference) => target = self.target(reference)?,
                None => return Ok(target),
            }
        }
        Err(Broken::Circle)
    }

    /// The node to which the text of a `$ref` leads, which may hold another.
    pub(crate) fn target(&self, reference: &'a Node) -> Result<&'a Node, Broken> {
        let text = reference.text().ok_or(Broken::Nowhere)?;
        let fragment = text.strip_prefix('#').ok_or(Broken::Elsewhere)?;
        if fragment.is_empty() {
            return Ok(self.root);
        }
        let pointer = fragment.strip_prefix('/').ok_or(Broken::Nowhere)?;
        let mut node = self.root;
        for token in pointer.split('/') {
            node = self.child(node, &unescape(token)).ok_or(Broken::Nowhere)?;
        }
        Ok(node)
    }

    fn child(&self, node: &'a Node, key: &str) -> Option<&'a Node> {
        match &node.kind {
            Kind::List(items) => items.get(key.parse::<usize>().ok()?),
            Kind::Map(entries) if entries.len() > INDEX_ABOVE => {
                let mut indexes = self.indexes.borrow_mut();
                let index = indexes.entry(std::ptr::from_ref(node)).or_insert_with(|| {
                    entries.iter().map(|entry| (entry.key.as_str(), &entry.value)).collect()
                });
                index.get(key).copied()
            }
            _ => node.get(key),
        }
    }
}

/// A step of a JSON pointer as the key that it means (RFC 6901, in a URI fragment).
fn unescape(token: &str) -> Cow<'_, str> {
    let token = decode_segment(token);
    if token.contains('~') { token.replace("~1", "/").replace("~0", "~").into() } else { token }
}
