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
    queue: SyncSender<Entry>,
    metrics: Arc<Metrics>,
}

/// The thread that writes.
pub struct WriterHandle {
    queue: SyncSender<Entry>,
    thread: JoinHandle<()>,
}

enum Entry {
    Record(Box<Record>),
    End,
}

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
        let handle = WriterHandle { queue: queue.clone(), thread };
        Ok((Self { queue, metrics }, handle))
    }
}

impl WriterHandle {
    /// Waits until everything that was handed over before this call is written, and ends the thread.
    pub fn finish(self) {
        // A writer that is gone or has panicked has written what it could.
        let _ = self.queue.send(Entry::End);
        let _ = self.thread.join();
    }
}

impl RecordSink for Telemetry {
    fn put(&self, record: Box<Record>) {
        match self.queue.try_send(Entry::Record(record)) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                self.metrics.records_dropped.inc();
            }
        }
    }
}

fn write_all(
    records: &Receiver<Entry>,
    out: Box<dyn Write + Send>,
    metrics: &Metrics,
    recent: &Recent,
) {
    let mut out = BufWriter::new(out);
    let mut next = records.recv().ok();
    while let Some(Entry::Record(record)) = next {
        metrics.count(&record);
        if writeln!(out, "{}", log::line(&record)).is_err() {
            metrics.log_errors.inc();
        }
        recent.keep(record.into());
        // What waits is written in one go, and flushed before waiting again.
        next = records.try_recv().ok();
        if next.is_none() {
            flush(&mut out, metrics);
            next = records.recv().ok();
        }
    }
    flush(&mut out, metrics);
}

fn flush(out: &mut impl Write, metrics: &Metrics) {
    if out.flush().is_err() {
        metrics.log_errors.inc();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::tests::record;
    use std::sync::{Mutex, mpsc};

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// A log whose reader has stopped reading.
    struct Stuck(mpsc::Receiver<()>);

    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            let _ = self.0.recv();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn everything_handed_over_is_written() {
        let (out, metrics, recent) = (Shared::default(), Arc::default(), Arc::default());
        let (telemetry, writer) =
            Telemetry::start(Box::new(out.clone()), metrics, Arc::clone(&recent)).unwrap();
        (0..100).for_each(|_| telemetry.put(Box::new(record("/a", "x"))));
        writer.finish();
        let text = String::from_utf8(out.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 100);
        assert_eq!(recent.newest(1000).len(), 100);
    }

    #[test]
    fn ev6_a_stuck_log_drops_and_counts_and_never_blocks() {
        let metrics = Arc::new(Metrics::default());
        let (release, stuck) = mpsc::channel();
        let (telemetry, writer) =
            Telemetry::start(Box::new(Stuck(stuck)), Arc::clone(&metrics), Arc::default()).unwrap();
        (0..QUEUE_MAX + 500).for_each(|_| telemetry.put(Box::new(record("/a", "x"))));
        assert!(metrics.records_dropped.get() > 0);
        drop(release);
        writer.finish();
    }
}
