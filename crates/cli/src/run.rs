//! `portcullis run`: the gateway.

use crate::{
    check::refused_text,
    files::SystemFiles,
    list::{LINES_AT_START, has_document, has_undeclared, list},
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
use portcullis_config::load::{Completeness, Loaded, Origin, load};
use portcullis_core::{
    finding::{Finding, Severity},
    ports::Ports,
    source::Sources,
};
use portcullis_gateway::{
    connection::Shared,
    listener::Listeners,
    system::{SlowPool, SystemClock, SystemRandom},
    upstream::HttpUpstreams,
};
use portcullis_policies::blueprint::Blueprint;
use portcullis_telemetry::{Metrics, Recent, Telemetry, WriterHandle};
use std::{net::SocketAddr, path::PathBuf, process::ExitCode, sync::Arc};
use tokio::{
    runtime::{Builder, Runtime},
    signal::unix::{SignalKind, signal},
    sync::Notify,
};

/// Jobs that the pool for slow work takes at once.
const SLOW_JOBS_MAX: usize = 256;

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
        Err(refused) => return Ok(refused_text(&refused)),
    };
    // The control plane has threads of its own, so that it cannot stall traffic.
    let data = runtime("gateway", None)?;
    let control = runtime("control", Some(1))?;
    let mut gateway = Gateway::start(&data, loaded, origin)?;
    let drained = control.block_on(gateway.until_told_to_stop(&data))?;
    let Gateway { writer, .. } = gateway;
    data.shutdown_background();
    writer.finish();
    Ok(if drained { ExitCode::SUCCESS } else { ExitCode::FAILURE })
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
    files: Vec<PathBuf>,
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
        let admin = open_admin(admin_socket, &local)?;
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
        };
        gateway.count_load(true);
        Ok(gateway)
    }

    /// Serves until SIGTERM or SIGINT, reloading meanwhile; whether all requests ended in time.
    async fn until_told_to_stop(&mut self, data: &Runtime) -> Result<bool, String> {
        let listen = |kind| signal(kind).map_err(|error| format!("no signals: {error}"));
        let mut hangup = listen(SignalKind::hangup())?;
        let mut terminate = listen(SignalKind::terminate())?;
        let mut interrupt = listen(SignalKind::interrupt())?;
        let changed = Arc::new(Notify::new());
        let (mut watch, unwatched) = Watch::new(Arc::clone(&changed));
        if let Some(message) = unwatched {
            tell(&format!("warning: {message}\n"));
        }
        watch.follow(&self.files);
        let facts = Facts {
            blueprint: Arc::clone(&self.shared.blueprint),
            metrics: Arc::clone(&self.metrics),
            recent: Arc::clone(&self.recent),
        };
        let admin = self.admin.take().map(|admin| tokio::spawn(admin.serve(routes(facts))));
        loop {
            let asked = tokio::select! {
                _ = terminate.recv() => break,
                _ = interrupt.recv() => break,
                _ = hangup.recv() => true,
                () = changed.notified() => false,
            };
            tokio::time::sleep(SETTLE).await;
            self.reload(data, asked);
            watch.follow(&self.files);
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

    /// Loads the config again. A sound one that differs is adopted; a bad one is shown and refused, and
    /// the one in force goes on.
    fn reload(&mut self, data: &Runtime, asked: bool) {
        let in_force = self.shared.blueprint.load().version;
        match load(&SystemFiles, &self.origin, Completeness::Whole) {
            Ok(loaded) => {
                self.files.clone_from(&loaded.files);
                let version = loaded.blueprint.version;
                if version == in_force && !asked {
                    return;
                }
                self.adopt(data, loaded);
            }
            Err(refused) => {
                self.files.extend(refused.files.iter().cloned());
                self.files.sort();
                self.files.dedup();
                refused_text(&refused);
                tell(&format!("the change is refused; config {in_force} goes on\n"));
                self.count_load(false);
            }
        }
    }

    fn adopt(&mut self, data: &Runtime, loaded: Loaded) {
        let Some(listeners) = &mut self.listeners else { return };
        let Loaded { blueprint, findings, sources, .. } = loaded;
        let version = blueprint.version;
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
    tell(&portcullis_config::render::findings_text(&warnings, sources));
}

fn start_message(blueprint: &Blueprint, local: &[SocketAddr], admin: &std::path::Path) -> String {
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
    if has_document(blueprint) {
        text.push_str("Parameters and bodies are not checked against the document yet.\n");
    }
    text.push_str(&format!("admin socket {}\n", admin.display()));
    for (listener, address) in blueprint.listeners.iter().zip(local) {
        text.push_str(&format!("listening on http://{address} ({})\n", listener.name));
    }
    text
}
