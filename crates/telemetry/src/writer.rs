//! The queue between requests and everything that is made of their records.

use crate::{log, metrics::Metrics, recent::Recent};
use portcullis_core::{
    limits::{LOG_QUEUE_BYTES_MAX, LOG_QUEUE_RECORDS_MAX},
    ports::RecordSink,
    record::Record,
};
use std::{
    io::{BufWriter, Write},
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread::JoinHandle,
};

/// How many records wait at most: as many as the limits on number and bytes both allow.
const QUEUE_MAX: usize = {
    let by_bytes = LOG_QUEUE_BYTES_MAX / size_of::<Record>();
    if by_bytes < LOG_QUEUE_RECORDS_MAX { by_bytes } else { LOG_QUEUE_RECORDS_MAX }
};

/// Where records go.
pub struct Telemetry {
    queue: SyncSender<Box<Record>>,
    metrics: Arc<Metrics>,
}

/// The thread that writes. It ends when the last [`Telemetry`] is gone and all is written.
pub struct WriterHandle(JoinHandle<()>);

impl Telemetry {
    /// Starts the thread that writes lines to `out`, counts, and keeps records for `explain`.
    pub fn start(
        out: Box<dyn Write + Send>,
        metrics: Arc<Metrics>,
        recent: Arc<Recent>,
    ) -> std::io::Result<(Self, WriterHandle)> {
        let (queue, records) = sync_channel(QUEUE_MAX);
        let counted = Arc::clone(&metrics);
        let thread = std::thread::Builder::new()
            .name(String::from("records"))
            .spawn(move || write_all(&records, out, &counted, &recent))?;
        Ok((Self { queue, metrics }, WriterHandle(thread)))
    }
}

impl WriterHandle {
    /// Waits until everything is written.
    pub fn join(self) {
        // A writer that panicked has written what it could.
        let _ = self.0.join();
    }
}

impl RecordSink for Telemetry {
    fn put(&self, record: Box<Record>) {
        match self.queue.try_send(record) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                self.metrics.records_dropped.inc();
            }
        }
    }
}

fn write_all(
    records: &Receiver<Box<Record>>,
    out: Box<dyn Write + Send>,
    metrics: &Metrics,
    recent: &Recent,
) {
    let mut out = BufWriter::new(out);
    while let Ok(first) = records.recv() {
        let mut next = Some(first);
        // What waits is written in one go, and flushed before waiting again.
        while let Some(record) = next {
            metrics.count(&record);
            if writeln!(out, "{}", log::line(&record)).is_err() {
                metrics.log_errors.inc();
            }
            recent.keep(record.into());
            next = records.try_recv().ok();
        }
        if out.flush().is_err() {
            metrics.log_errors.inc();
        }
    }
}
