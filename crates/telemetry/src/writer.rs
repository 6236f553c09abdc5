//! The queue between requests and everything that is made of their records.

use crate::{
    log,
    metrics::Metrics,
    recent::{Recent, bytes},
};
use portcullis_core::{
    limits::{LOG_QUEUE_BYTES_MAX, LOG_QUEUE_RECORDS_MAX},
    ports::RecordSink,
    record::Record,
};
use std::{
    fmt,
    io::{BufWriter, Write},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel},
    },
    time::Duration,
};

/// How many records wait at most: as many as the limits on number and bytes both allow, if none had a
/// target. The targets are counted when the records come.
const QUEUE_MAX: usize = {
    let by_bytes = LOG_QUEUE_BYTES_MAX / size_of::<Record>();
    if by_bytes < LOG_QUEUE_RECORDS_MAX { by_bytes } else { LOG_QUEUE_RECORDS_MAX }
};

/// How long the end waits for the log: this many times [`FINISH_STEP`].
const FINISH_STEPS: usize = 50;
/// How often it looks whether the queue has room for the word that ends it.
const FINISH_STEP: Duration = Duration::from_millis(100);

/// Where records go.
pub struct Telemetry {
    queue: SyncSender<Entry>,
    waiting: Arc<Waiting>,
    metrics: Arc<Metrics>,
}

/// The thread that writes.
pub struct WriterHandle {
    queue: SyncSender<Entry>,
    waiting: Arc<Waiting>,
    /// Nothing is sent here: its other end is dropped when the thread ends, however that comes about.
    ended: Receiver<()>,
}

/// The log could not be written in time, since nobody reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unwritten {
    /// How many records still waited. A few more may be lost on the way out.
    pub records: usize,
}

enum Entry {
    Record(Box<Record>),
    End,
}

/// What was handed over and is not written.
#[derive(Default)]
struct Waiting {
    records: AtomicUsize,
    bytes: AtomicUsize,
}

impl Waiting {
    /// Makes room for a record of this size; false if there is none.
    fn admit(&self, size: usize) -> bool {
        let before = self.bytes.fetch_add(size, Ordering::Relaxed);
        self.records.fetch_add(1, Ordering::Relaxed);
        let admitted = before.saturating_add(size) <= LOG_QUEUE_BYTES_MAX;
        if !admitted {
            self.release(size);
        }
        admitted
    }

    fn release(&self, size: usize) {
        self.bytes.fetch_sub(size, Ordering::Relaxed);
        self.records.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Telemetry {
    /// Starts the thread that writes lines to `out`, counts, and keeps records for `explain`.
    pub fn start(
        out: Box<dyn Write + Send>,
        metrics: Arc<Metrics>,
        recent: Arc<Recent>,
    ) -> std::io::Result<(Self, WriterHandle)> {
        let (queue, records) = sync_channel(QUEUE_MAX);
        let (alive, ended) = sync_channel::<()>(0);
        let waiting = Arc::new(Waiting::default());
        let (counted, written) = (Arc::clone(&metrics), Arc::clone(&waiting));
        // Not joined: a thread that is stuck in a write would take its joiner with it.
        std::thread::Builder::new().name(String::from("records")).spawn(move || {
            write_all(&records, out, &written, &counted, &recent);
            drop(alive);
        })?;
        let handle = WriterHandle { queue: queue.clone(), waiting: Arc::clone(&waiting), ended };
        Ok((Self { queue, waiting, metrics }, handle))
    }
}

impl WriterHandle {
    /// Waits until everything that was handed over before this call is written, and ends the thread. A
    /// log whose reader is stuck is given up after a few seconds: it must not keep the process alive.
    pub fn finish(self) -> Result<(), Unwritten> {
        let mut end = Some(Entry::End);
        for _ in 0..FINISH_STEPS {
            if let Some(entry) = end.take()
                && let Err(TrySendError::Full(entry)) = self.queue.try_send(entry)
            {
                end = Some(entry);
            }
            // A writer that is gone or has panicked has written what it could.
            if self.ended.recv_timeout(FINISH_STEP) != Err(RecvTimeoutError::Timeout) {
                return Ok(());
            }
        }
        Err(Unwritten { records: self.waiting.records.load(Ordering::Relaxed) })
    }
}

impl fmt::Display for Unwritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "nobody reads the log: {} records were not written", self.records)
    }
}

impl std::error::Error for Unwritten {}

impl RecordSink for Telemetry {
    fn put(&self, record: Box<Record>) {
        let size = bytes(&record);
        if !self.waiting.admit(size) {
            self.metrics.records_dropped.inc();
            return;
        }
        match self.queue.try_send(Entry::Record(record)) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                self.waiting.release(size);
                self.metrics.records_dropped.inc();
            }
        }
    }
}

fn write_all(
    records: &Receiver<Entry>,
    out: Box<dyn Write + Send>,
    waiting: &Waiting,
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
        // Released once it is written: a record in the hands of a stuck writer takes memory, too.
        waiting.release(bytes(&record));
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
        assert_eq!(writer.finish(), Ok(()));
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
        assert_eq!(writer.finish(), Ok(()));
    }

    #[test]
    fn a_long_target_counts_against_the_queue() {
        let metrics = Arc::new(Metrics::default());
        let (_release, stuck) = mpsc::channel();
        let (telemetry, _writer) =
            Telemetry::start(Box::new(Stuck(stuck)), Arc::clone(&metrics), Arc::default()).unwrap();
        let long = Box::new(record(&format!("/{}", "a".repeat(7_000)), "x"));
        let fit = LOG_QUEUE_BYTES_MAX / bytes(&long);
        assert!(fit < QUEUE_MAX, "{fit}");
        (0..fit + 100).for_each(|_| telemetry.put(long.clone()));
        // The writer has taken a few before it got stuck.
        assert!((90..=100).contains(&metrics.records_dropped.get()));
        assert!(telemetry.waiting.bytes.load(Ordering::Relaxed) <= LOG_QUEUE_BYTES_MAX);
    }

    #[test]
    fn a_stuck_log_does_not_hold_up_the_end() {
        let (_release, stuck) = mpsc::channel();
        let (telemetry, writer) =
            Telemetry::start(Box::new(Stuck(stuck)), Arc::default(), Arc::default()).unwrap();
        (0..QUEUE_MAX + 500).for_each(|_| telemetry.put(Box::new(record("/a", "x"))));
        let unwritten = writer.finish().unwrap_err();
        assert!(unwritten.records > QUEUE_MAX / 2, "{unwritten}");
    }
}
