//! The records that `explain` can still ask for.

use portcullis_core::{
    limits::{RECORDS_KEPT_BYTES_MAX, RECORDS_KEPT_MAX},
    record::{Record, RequestId},
    source::Places,
    version::BlueprintVersion,
};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

/// The most configs whose places are kept for records that point at them.
const VERSIONS_KEPT_MAX: usize = 8;

/// The newest records, in a bounded ring, and the places of the configs that decided them.
#[derive(Default)]
pub struct Recent {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    records: VecDeque<Arc<Record>>,
    bytes: usize,
    versions: VecDeque<(BlueprintVersion, Arc<Places>)>,
}

impl Recent {
    /// Keeps a record, and forgets the oldest beyond the limits.
    pub fn keep(&self, record: Arc<Record>) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.bytes += bytes(&record);
        inner.records.push_back(record);
        while inner.records.len() > RECORDS_KEPT_MAX || inner.bytes > RECORDS_KEPT_BYTES_MAX {
            let Some(oldest) = inner.records.pop_front() else { break };
            inner.bytes -= bytes(&oldest);
        }
    }

    /// Keeps the places of a config that is about to decide.
    pub fn keep_places(&self, version: BlueprintVersion, places: Arc<Places>) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.versions.retain(|(known, _)| *known != version);
        inner.versions.push_back((version, places));
        if inner.versions.len() > VERSIONS_KEPT_MAX {
            inner.versions.pop_front();
        }
    }

    /// A record by its id, with the places of its config if they are still kept.
    pub fn find(&self, id: RequestId) -> Option<(Arc<Record>, Option<Arc<Places>>)> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let record = inner.records.iter().rev().find(|record| record.id == id)?;
        Some((Arc::clone(record), inner.places(record.version)))
    }

    /// The newest records, the newest first, with the places of their configs.
    pub fn newest(&self, count: usize) -> Vec<(Arc<Record>, Option<Arc<Places>>)> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let newest = inner.records.iter().rev().take(count);
        newest.map(|record| (Arc::clone(record), inner.places(record.version))).collect()
    }
}

impl Inner {
    fn places(&self, version: BlueprintVersion) -> Option<Arc<Places>> {
        let mut versions = self.versions.iter();
        versions.find(|(known, _)| *known == version).map(|(_, places)| Arc::clone(places))
    }
}

/// What a record takes, its target included, roughly. The queue of the log counts with it too.
pub(crate) fn bytes(record: &Record) -> usize {
    let target = record.target.as_deref().map_or(0, |target| {
        let query = target.query.as_ref().map_or(0, |query| query.as_str().len());
        size_of_val(target) + target.path.as_str().len() + query
    });
    size_of::<Record>() + target
}
