//! `portcullis run`: the gateway.

use crate::{
    check::{findings_lines, refused_text},
    files::SystemFiles,
    list::{LINES_AT_START, has_document, has_secured, has_undeclared, list},
    origin::OriginArgs,
    out::tell,
    reload::{SETTLE, Watch},
    sockets,
};
use arc_swap::ArcSwap;
use portcullis_admin::{
    api::{Facts, routes},
    socket::{self, AdminSocket},
};
use portcullis_config::{
    load::{Completeness, Loaded, Origin, Refused, load},
    render,
};
use portcullis_core::{
    finding::{Finding, Severity},
    limits::DRAIN_TIME_MAX,
    ports::Ports,
    source::Sources,
};
use portcullis_gateway::{
    connection::Shared,
    explain::printable,
    listener::Listeners,
    system::{SlowPool, SystemClock, SystemRandom},
    upstream::HttpUpstreams,
};
use portcullis_policies::blueprint::Blueprint;
use portcullis_telemetry::{Metrics, Recent, Telemetry, WriterHandle};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};
use tokio::{
    runtime::{Builder, Runtime},
    signal::unix::{Signal, SignalKind, signal},
    sync::Notify,
};

/// How long connections that are still open after the drain may take to be cut.
const CUT_TIME_MAX: Duration = Duration::from_secs(2);
/// Jobs that the pool for slow work takes at once.
const SLOW_JOBS_MAX: usize = 256;
/// How often a config is read again that goes on changing while it is read.
const READS_MAX: usize = 4;
/// How long the end may take beyond the time for draining, whatever is stuck.
const END_TIME_MAX: Duration = Duration::from_secs(10);

/// What `run` takes.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    origin: OriginArgs,
}

/// Runs until SIGTERM or SIGINT, then drains.
pub(crate) fn run(args: &Args) -> Result<ExitCode, String> {
    let origin = args.origin.origin()?;
    let loaded = match load(&SystemFiles, &origin, Completeness::Whole) {
        Ok(loaded) => loaded,
        Err(refused) => return Ok(refused_text(&refused, &origin)),
    };
    // The control plane has threads of its own, so that it cannot stall traffic.
    let data = runtime("gateway", None)?;
    let control = runtime("control", Some(1))?;
    let mut gateway = Gateway::start(&data, loaded, origin)?;
    let drained = control.block_on(gateway.until_told_to_stop(&data))?;
    let Gateway { writer, .. } = gateway;
    // What is still open is cut here, and says so in its record, before the log ends.
    data.shutdown_timeout(CUT_TIME_MAX);
    let written = writer.finish();
    if let Err(unwritten) = written {
        tell(&format!("error: {unwritten}\n"));
    }
    Ok(if drained && written.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn runtime(name: &str, threads: Option<usize>) -> Result<Runtime, String> {
    let mut builder = Builder::new_multi_thread();
    builder.enable_all().thread_name(name);
    if let Some(threads) = threads {
        builder.worker_threads(threads);
    }
    builder.build().map_err(|error| format!("no threads: {error}"))
}

/// A running gateway.
struct Gateway {
    origin: Origin,
    listeners: Option<Listeners>,
    shared: Shared,
    metrics: Arc<Metrics>,
    recent: Arc<Recent>,
    writer: WriterHandle,
    admin: Option<AdminSocket>,
    /// Where the admin socket is, and where the config wanted it at the start.
    admin_place: (PathBuf, Option<PathBuf>),
    files: Vec<PathBuf>,
    /// What was said of the config that was refused last, unless one was adopted since.
    refused: Option<String>,
}

impl Gateway {
    fn start(data: &Runtime, loaded: Loaded, origin: Origin) -> Result<Self, String> {
        let (metrics, recent) = (Arc::new(Metrics::default()), Arc::new(Recent::default()));
        let out = Box::new(std::io::stdout());
        let (telemetry, writer) = Telemetry::start(out, Arc::clone(&metrics), Arc::clone(&recent))
            .map_err(|error| format!("no thread for the log: {error}"))?;
        let ports = Arc::new(ports(telemetry));
        let Loaded { blueprint, findings, sources, files } = loaded;
        tell_warnings(&findings, &sources);
        recent.keep_places(blueprint.version, Arc::clone(&blueprint.places));
        let addresses: Vec<SocketAddr> = blueprint.listeners.iter().map(|l| l.address).collect();
        let admin_socket = blueprint.admin_socket.clone();
        let shared =
            Shared { blueprint: Arc::new(ArcSwap::from_pointee(Blueprint::empty())), ports };
        let mut listeners = Listeners::new(shared.clone());
        let control_of_sockets = data.enter();
        listeners.adopt(blueprint).map_err(|error| error.to_string())?;
        let local: Vec<SocketAddr> =
            addresses.iter().filter_map(|address| listeners.local(*address)).collect();
        let admin = open_admin(admin_socket.clone(), &local)?;
        drop(control_of_sockets);
        let (path, admin) = admin;
        tell(&start_message(&shared.blueprint.load(), &local, &path));
        let gateway = Self {
            origin,
            shared,
            metrics,
            recent,
            writer,
            files,
            listeners: Some(listeners),
            admin: Some(admin),
            admin_place: (path, admin_socket),
            refused: None,
        };
        gateway.count_load(true);
        Ok(gateway)
    }

    /// Serves until SIGTERM or SIGINT, reloading meanwhile; whether all requests ended in time.
    async fn until_told_to_stop(&mut self, data: &Runtime) -> Result<bool, String> {
        tokio::spawn(end_in_any_case(Stop::new()?));
        let mut stop = Stop::new()?;
        let mut hangup = listen(SignalKind::hangup())?;
        let changed = Arc::new(Notify::new());
        let (mut watch, unwatched) = Watch::new(Arc::clone(&changed));
        warn(unwatched);
        warn(watch.follow(&self.files));
        // The config may have changed since it was read, when nobody watched it yet.
        changed.notify_one();
        let facts = Facts {
            blueprint: Arc::clone(&self.shared.blueprint),
            metrics: Arc::clone(&self.metrics),
            recent: Arc::clone(&self.recent),
        };
        let admin = self.admin.take().map(|admin| tokio::spawn(admin.serve(routes(facts))));
        loop {
            let asked = tokio::select! {
                () = stop.told() => break,
                _ = hangup.recv() => true,
                () = changed.notified() => false,
            };
            // Waiting for a writer must not hold up the end.
            let read = tokio::select! {
                () = stop.told() => break,
                read = self.read(&mut watch, asked) => read,
            };
            self.take(data, read, asked);
        }
        tell("draining\n");
        let drained = match self.listeners.take() {
            Some(listeners) => data.spawn(listeners.drain()).await.unwrap_or(false),
            None => true,
        };
        if let Some(admin) = admin {
            admin.abort();
            // Aborted as asked: its end removes the socket's file.
            let _ = admin.await;
        }
        Ok(drained)
    }

    /// Reads the config once its files lie still. What differs from the config in force counts only if
    /// it reads the same a while later: half a file may be sound, and open what the other half closes.
    async fn read(&mut self, watch: &mut Watch, asked: bool) -> Result<Loaded, Box<Refused>> {
        for _ in 0..READS_MAX {
            if !watch.settled().await {
                break;
            }
            // Watched first, then read: whatever changes after this is told.
            warn(watch.follow(&self.files));
            let first = self.load();
            if watch.misses(&self.files) {
                continue;
            }
            let in_force = self.shared.blueprint.load().version;
            if !asked && first.as_ref().is_ok_and(|loaded| loaded.blueprint.version == in_force) {
                return first;
            }
            tokio::time::sleep(SETTLE).await;
            let second = self.load();
            if is_same(&first, &second) && !watch.is_being_written() && !watch.misses(&self.files) {
                return second;
            }
        }
        // Changing all the time, or held open: what stands there now is as good as anything, and the
        // next change is told.
        warn(watch.follow(&self.files));
        self.load()
    }

    fn load(&mut self) -> Result<Loaded, Box<Refused>> {
        let loaded = load(&SystemFiles, &self.origin, Completeness::Whole);
        match &loaded {
            Ok(loaded) => self.files.clone_from(&loaded.files),
            Err(refused) => {
                self.files.extend(refused.files.iter().cloned());
                self.files.sort();
                self.files.dedup();
            }
        }
        loaded
    }

    /// Takes what was read. A sound config that differs is adopted; a bad one is shown and refused, and
    /// the one in force goes on.
    fn take(&mut self, data: &Runtime, read: Result<Loaded, Box<Refused>>, asked: bool) {
        let in_force = self.shared.blueprint.load().version;
        match read {
            Ok(loaded) => {
                self.refused = None;
                if loaded.blueprint.version != in_force || asked {
                    self.adopt(data, loaded);
                }
            }
            Err(refused) => {
                // Whatever happens beside the files has it read again; the same is not said twice.
                let text = refusal_text(&refused);
                if !asked && self.refused.as_ref() == Some(&text) {
                    return;
                }
                self.refused = Some(text);
                refused_text(&refused, &self.origin);
                tell(&format!("the change is refused; config {in_force} goes on\n"));
                self.count_load(false);
            }
        }
    }

    fn adopt(&mut self, data: &Runtime, loaded: Loaded) {
        let Some(listeners) = &mut self.listeners else { return };
        let Loaded { blueprint, findings, sources, .. } = loaded;
        let version = blueprint.version;
        let (admin, wanted) = &self.admin_place;
        if blueprint.admin_socket != *wanted {
            let admin = admin.display().to_string();
            let admin = printable(&admin);
            tell(&format!("warning: the admin socket stays at {admin}; restart to move it\n"));
        }
        self.recent.keep_places(version, Arc::clone(&blueprint.places));
        tell_warnings(&findings, &sources);
        let context = data.enter();
        let adopted = listeners.adopt(blueprint);
        drop(context);
        match &adopted {
            Ok(()) => tell(&format!("config {version} adopted\n")),
            Err(error) => tell(&format!(
                "error: {error}\nthe change is refused; the config in force goes on\n"
            )),
        }
        self.count_load(adopted.is_ok());
    }

    fn count_load(&self, sound: bool) {
        self.metrics.config_loaded(sound, self.shared.ports.clock.wall().0 / 1_000_000);
    }
}

/// SIGTERM and SIGINT.
struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    fn new() -> Result<Self, String> {
        let terminate = listen(SignalKind::terminate())?;
        Ok(Self { terminate, interrupt: listen(SignalKind::interrupt())? })
    }

    async fn told(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

fn listen(kind: SignalKind) -> Result<Signal, String> {
    signal(kind).map_err(|error| format!("no signals: {error}"))
}

/// The last resort: ends the process when draining should long be over. Standard error may be a pipe
/// that nobody reads, and then whoever tells something stands still.
async fn end_in_any_case(mut stop: Stop) {
    stop.told().await;
    tokio::time::sleep(DRAIN_TIME_MAX + END_TIME_MAX).await;
    std::process::exit(1);
}

/// Whether two readings came to the same.
fn is_same(first: &Result<Loaded, Box<Refused>>, second: &Result<Loaded, Box<Refused>>) -> bool {
    match (first, second) {
        (Ok(first), Ok(second)) => first.blueprint.version == second.blueprint.version,
        (Err(first), Err(second)) => refusal_text(first) == refusal_text(second),
        _ => false,
    }
}

fn refusal_text(refused: &Refused) -> String {
    render::text(&refused.problems, &refused.sources, render::Colour::No)
}

fn warn(messages: impl IntoIterator<Item = String>) {
    messages.into_iter().for_each(|message| tell(&format!("warning: {message}\n")));
}

/// The world as it is.
fn ports(telemetry: Telemetry) -> Ports {
    let (clock, random) = (SystemClock::default(), SystemRandom::default());
    let pool = SlowPool::new(SLOW_JOBS_MAX);
    Ports::new(clock, random, HttpUpstreams::default(), telemetry, pool)
}

fn open_admin(
    configured: Option<PathBuf>,
    local: &[SocketAddr],
) -> Result<(PathBuf, AdminSocket), String> {
    let path = match configured {
        Some(path) => path,
        None => sockets::default_socket(local.first().map_or(0, SocketAddr::port))
            .map_err(|error| format!("no folder for the admin socket: {error}"))?,
    };
    match socket::open(&path) {
        Ok(socket) => Ok((path, socket)),
        Err(error) => {
            Err(format!("the admin socket `{}` cannot be opened: {error}", path.display()))
        }
    }
}

/// What somebody should decide about. Notes are for `check`.
fn tell_warnings(findings: &[Finding], sources: &Sources) {
    let warnings = findings.iter().filter(|finding| finding.severity >= Severity::Warning);
    let warnings: Vec<Finding> = warnings.cloned().collect();
    tell(&findings_lines(&warnings, sources));
}

fn start_message(blueprint: &Blueprint, local: &[SocketAddr], admin: &Path) -> String {
    let mut text =
        format!("portcullis {}, config {}\n\n", env!("CARGO_PKG_VERSION"), blueprint.version);
    text.push_str(&list(blueprint, LINES_AT_START));
    text.push('\n');
    if has_undeclared(blueprint) {
        text.push_str(
            "To open operations whose document does not say who may call them: `--undeclared public` on\n\
             the command line (loopback only), `undeclared: { public: […] }` in a config, or `security: []`\n\
             in the document.\n",
        );
    }
    if has_secured(blueprint) {
        text.push_str(
            "This version has no authenticators: operations whose document asks for a credential stay\n\
             closed, whatever is sent.\n",
        );
    }
    if has_document(blueprint) {
        text.push_str("Parameters and bodies are not checked against the document yet.\n");
    }
    text.push_str(&printable(&format!("admin socket {}", admin.display())));
    text.push('\n');
    for (listener, address) in blueprint.listeners.iter().zip(local) {
        text.push_str(&format!("listening on http://{address} ({})\n", listener.name));
    }
    text
}
