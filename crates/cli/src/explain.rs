//! `portcullis explain`: a reason code, a request that was served, or one written by hand.

use crate::{
    check::{json_lines, refused_text},
    files::SystemFiles,
    origin::DocumentArgs,
    out::{say, tell},
    sockets,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response};
use portcullis_admin::client;
use portcullis_config::load::{Completeness, Origin, load};
use portcullis_core::{
    access::Authorized,
    body::Body,
    canonical::{RawHead, Scheme},
    facts::{ConnectionFacts, PeerAddr, Protocol},
    ports::{
        Pending, Ports, RecordSink,
        pool::InPlace,
        upstream::{Call, Fault, Upstreams},
    },
    record::{End, Record, RequestId},
};
use portcullis_gateway::{
    explain::{Explanation, reason_page},
    forward::serve,
    system::{SystemClock, SystemRandom},
};
use portcullis_policies::blueprint::Blueprint;
use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
};

/// What `explain` takes.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// A reason code (PC0404), the id of a request that a running gateway served, or a request written
    /// by hand ("GET /pets"), which needs --config or --openapi
    #[arg(value_name = "WHAT")]
    what: String,
    /// The config that a request written by hand is asked of
    #[arg(long, value_name = "CONFIG", conflicts_with = "openapi")]
    config: Option<PathBuf>,
    #[command(flatten)]
    document: DocumentArgs,
    /// A header field of the request
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    headers: Vec<String>,
    /// The address that the request comes from
    #[arg(long, value_name = "ADDRESS", default_value = "192.0.2.1")]
    from: IpAddr,
    /// The listener that it comes in at, if the config has several
    #[arg(long, value_name = "NAME")]
    listener: Option<String>,
    /// The admin socket of the gateway that served the request
    #[arg(long, value_name = "SOCKET")]
    admin: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Explains: 0 if it could, 1 if what it explains is a refusal, 2 if there is nothing to explain.
pub(crate) fn explain(args: &Args) -> Result<ExitCode, String> {
    if let Some(reason) = portcullis_config::reasons::all()
        .into_iter()
        .find(|r| r.code.eq_ignore_ascii_case(&args.what))
    {
        say(&reason_page(reason));
        return Ok(ExitCode::SUCCESS);
    }
    if let Ok(id) = args.what.parse::<RequestId>() {
        return block_on(served(args, id))?;
    }
    match args.what.split_once(' ') {
        Some((method, target)) => by_hand(args, method, target.trim()),
        None => Err(format!(
            "`{}` is neither a reason code, nor the id of a request, nor a request such as \"GET /pets\"",
            args.what
        )),
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> Result<T, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    Ok(runtime.map_err(|error| error.to_string())?.block_on(future))
}

/// Asks running gateways for the record of a request.
async fn served(args: &Args, id: RequestId) -> Result<ExitCode, String> {
    let sockets = match &args.admin {
        Some(socket) => vec![socket.clone()],
        None => sockets::found(),
    };
    let mut last = String::from("no gateway is running here; name its socket with --admin");
    for socket in sockets {
        match client::get(&socket, &format!("/records/{id}")).await {
            Ok((status, body)) if status.is_success() => {
                let explanation: Explanation = serde_json::from_slice(&body)
                    .map_err(|error| format!("{}: {error}", socket.display()))?;
                return Ok(show(args, &explanation));
            }
            Ok(_) => last = format!("no gateway that runs here still has a record of {id}"),
            Err(error) if args.admin.is_some() => last = format!("{}: {error}", socket.display()),
            Err(_) => {}
        }
    }
    Err(last)
}

fn show(args: &Args, explanation: &Explanation) -> ExitCode {
    match serde_json::to_value(explanation) {
        Ok(json) if args.json => say(&json_lines(&json)),
        _ => say(&format!("{explanation}\n")),
    }
    if explanation.refusal.is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Runs a request through the order without a socket. Nothing is called, charged or spent.
fn by_hand(args: &Args, method: &str, target: &str) -> Result<ExitCode, String> {
    let origin = match &args.config {
        Some(path) => Origin::File(path.clone()),
        None if args.document.openapi.is_some() => args.document.origin()?,
        None => {
            return Err(String::from("which config? add --config gateway.yaml, or --openapi FILE"));
        }
    };
    let loaded = match load(&SystemFiles, &origin, Completeness::Whole) {
        Ok(loaded) => loaded,
        Err(refused) => {
            refused_text(&refused, &origin);
            tell("the request was not tried\n");
            return Ok(ExitCode::from(2));
        }
    };
    let blueprint = Arc::new(loaded.blueprint);
    let method =
        Method::from_bytes(method.as_bytes()).map_err(|_| format!("`{method}` is no method"))?;
    let headers = headers(args, target)?;
    let facts = facts(args, &blueprint)?;
    let kept = Kept::default();
    let scheme = Scheme::Http;
    let head = RawHead { method, scheme, target, authority: None, headers };
    let ports = Arc::new(explaining(kept.clone()));
    let answer = serve(Arc::clone(&blueprint), ports, Arc::new(facts), head, Body::Empty);
    drop(block_on(answer)?);
    let record = kept.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    let record = record.ok_or("the request left no record")?;
    let mut explanation = Explanation::of(&record, Some(&blueprint.places));
    if let Some(upstream) = &record.upstream {
        explanation.end = format!("allowed: would be forwarded to the upstream {}", upstream.name);
        explanation.upstream = None;
        explanation.steps.retain(|step| step.step != "forward");
    } else if let End::Answered(status) | End::Cut(status) = record.end {
        explanation.end = format!("allowed: answered {status}");
    }
    Ok(show(args, &explanation))
}

fn headers(args: &Args, target: &str) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for line in &args.headers {
        let (name, value) =
            line.split_once(':').ok_or_else(|| format!("`{line}` is no header field"))?;
        let name = HeaderName::from_bytes(name.trim().as_bytes());
        let value = HeaderValue::from_str(value.trim());
        let (Ok(name), Ok(value)) = (name, value) else {
            return Err(format!("`{line}` is no header field"));
        };
        headers.append(name, value);
    }
    if !headers.contains_key("host") && target.starts_with('/') {
        headers.insert("host", HeaderValue::from_static("localhost"));
    }
    Ok(headers)
}

fn facts(args: &Args, blueprint: &Blueprint) -> Result<ConnectionFacts, String> {
    let mut listeners = blueprint.listeners.iter();
    let listener = match &args.listener {
        Some(name) => listeners.find(|listener| listener.name.as_str() == name),
        None => listeners.next(),
    };
    let listener = listener.ok_or_else(|| {
        let names: Vec<&str> = blueprint.listeners.iter().map(|l| l.name.as_str()).collect();
        format!("the config has no such listener; there is {}", names.join(", "))
    })?;
    Ok(ConnectionFacts {
        listener: listener.name.clone(),
        address: listener.address,
        peer: PeerAddr::new(SocketAddr::new(args.from, 0)),
        protocol: Protocol::Http1,
        tls: None,
    })
}

/// Ports that only look: the upstream is not called, the record is kept.
fn explaining(kept: Kept) -> Ports {
    Ports::new(SystemClock::default(), SystemRandom::default(), Uncalled, kept, InPlace)
}

/// An upstream that is not called.
struct Uncalled;

impl Upstreams for Uncalled {
    fn call(&self, _: Authorized, _: Call) -> Pending<'_, Result<Response<Body>, Fault>> {
        Box::pin(std::future::ready(Ok(Response::default())))
    }
}

/// Keeps the record.
#[derive(Default, Clone)]
struct Kept(Arc<Mutex<Option<Box<Record>>>>);

impl RecordSink for Kept {
    fn put(&self, record: Box<Record>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(record);
    }
}
