//! Runs the cases of a page.

use crate::{
    BODY_BYTES_MAX,
    config::{Compiled, Configs, NotLoaded},
    files::CaseFiles,
    markdown::Fence,
    parse::{self, Case, Work},
    report::{CaseReport, Failure, FileReport, Outcome},
    request::{BodySource, Fault, Request, Step},
    seen::Seen,
    update::Edit,
    world::World,
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use portcullis_core::{
    body::Body,
    canonical::{Authority, RawHead, Scheme},
    facts::{ConnectionFacts, PeerAddr, Protocol, TlsFacts},
    ports::Clock as _,
};
use portcullis_gateway::{explain::Explanation, forward::serve, system::SystemClock};
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::Path,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

/// Where requests come from unless a case says otherwise (RFC 5737).
const CALLER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
/// How often a request that is not done is looked at again before it is said to hang.
const POLLS_MAX: usize = 10_000;

/// What came of a page.
pub(crate) struct Ran {
    /// For people.
    pub(crate) report: FileReport,
    /// What would make it hold.
    pub(crate) edits: Vec<Edit>,
}

/// Runs every case of a page.
pub(crate) fn file(path: &Path, text: &str) -> Ran {
    let page = parse::read(text);
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut runner = Runner { path, configs: Configs::new(folder), edits: Vec::new() };
    let stopwatch = SystemClock::default();
    let mut cases = Vec::new();
    for case in &page.cases {
        let began = stopwatch.now();
        let outcome = match runner.case(case) {
            Ok(failures) if failures.is_empty() => Outcome::Passed,
            Ok(failures) => Outcome::Failed(failures),
            Err(faults) => Outcome::Broken(runner.told(&faults)),
        };
        let duration = stopwatch.now().since(began);
        cases.push(CaseReport { name: case.name.to_owned(), line: case.line, duration, outcome });
    }
    let name = || path.file_stem().map(|name| name.to_string_lossy().into_owned());
    let title = page.title.map(str::to_owned).or_else(name).unwrap_or_default();
    Ran { report: FileReport { path: path.to_owned(), title, cases }, edits: runner.edits }
}

struct Runner<'p> {
    path: &'p Path,
    configs: Configs<'p>,
    edits: Vec<Edit>,
}

impl Runner<'_> {
    /// Faults as `file:line:column: message`.
    fn told(&self, faults: &[Fault]) -> String {
        let tell = |fault: &Fault| {
            format!("{}:{}:{}: {}", self.path.display(), fault.line, fault.column, fault.message)
        };
        faults.iter().map(tell).collect::<Vec<_>>().join("\n")
    }

    /// Runs a case: what did not hold, or why it cannot be run.
    fn case(&mut self, case: &Case<'_>) -> Result<Vec<Failure>, Vec<Fault>> {
        if let Work::Unreadable(faults) = &case.work {
            return Err(faults.clone());
        }
        let loaded = self.configs.load(&case.config);
        if let Work::Errors(expected) = &case.work {
            return Ok(self.errors(expected, loaded.err()));
        }
        let line = case.config.block.as_ref().map_or(case.line, |fence| fence.line);
        let config = loaded.map_err(|why| match why {
            NotLoaded::Missing(message) => vec![Fault::on(line, message)],
            NotLoaded::Refused(text) => {
                vec![Fault::on(line, format!("the config does not load\n\n{text}"))]
            }
        })?;
        match &case.work {
            Work::Requests(steps) => {
                let files = self.configs.files(&case.config);
                self.steps(steps, &config, &files).map_err(|fault| vec![fault])
            }
            Work::Errors(_) | Work::Loads | Work::Unreadable(_) => Ok(Vec::new()),
        }
    }

    /// Compares diagnostics with an `errors` block, line by line.
    fn errors(&mut self, expected: &Fence<'_>, came: Option<NotLoaded>) -> Vec<Failure> {
        let Some(NotLoaded::Refused(came)) = came else {
            return vec![failure(expected.line, "these errors", "a config that loads")];
        };
        let wanted: Vec<&str> = expected.lines.iter().map(|line| line.text.trim_end()).collect();
        let count = wanted.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
        let wanted = wanted.get(..count).unwrap_or_default();
        let came: Vec<&str> = came.lines().collect();
        if wanted == came {
            return Vec::new();
        }
        let same = wanted.iter().zip(&came).take_while(|(wanted, came)| wanted == came).count();
        let line = |lines: &[&str]| lines.get(same).copied().unwrap_or("(the end)").to_owned();
        let mut failure = failure(expected.line + 1 + same, &line(wanted), &line(&came));
        failure.explanation = came.join("\n");
        self.edits.push(Edit {
            first: expected.line + 1,
            count: expected.lines.len(),
            indent: expected.indent.to_owned(),
            lines: came.into_iter().map(str::to_owned).collect(),
        });
        vec![failure]
    }

    /// Takes the steps of a case in a world of its own.
    fn steps(
        &mut self,
        steps: &[Step<'_>],
        config: &Compiled,
        files: &CaseFiles<'_>,
    ) -> Result<Vec<Failure>, Fault> {
        let world = World::new();
        let mut failures = Vec::new();
        for step in steps {
            match step {
                Step::After(time) => world.pass(*time),
                Step::Upstream(behaviour) => world.upstream_behaves(*behaviour),
                Step::Send(request) => {
                    let sending = Sending::new(request, config, files)?;
                    let mut held = true;
                    for call in 1..=request.times {
                        let seen = sending.send(config, &world)?;
                        // Of many calls the first that does not hold is told; the others go on, since
                        // what follows counts on them.
                        if held {
                            held = self.compare(request, call, &seen, config, &mut failures);
                        }
                    }
                }
            }
        }
        Ok(failures)
    }

    /// Whether every expectation of a request holds.
    fn compare(
        &mut self,
        request: &Request<'_>,
        call: usize,
        seen: &Seen,
        config: &Compiled,
        failures: &mut Vec<Failure>,
    ) -> bool {
        let mut explanation = None;
        for expectation in &request.expectations {
            let Err(mismatch) = expectation.check(seen) else { continue };
            let explanation = explanation.get_or_insert_with(|| {
                let places = Some(&*config.blueprint.places);
                let record = seen.record.as_deref();
                record
                    .map_or_else(String::new, |record| Explanation::of(record, places).to_string())
            });
            let line = expectation.line;
            failures.push(Failure {
                line: line.number,
                expected: expectation.text().to_owned(),
                got: mismatch.got,
                call: (request.times > 1).then(|| format!("call {call} of {}", request.times)),
                explanation: explanation.clone(),
            });
            if let Some(correct) = mismatch.correct {
                let indent = expectation.indent();
                self.edits.push(Edit {
                    first: line.number,
                    count: 1,
                    indent,
                    lines: vec![correct],
                });
            }
        }
        explanation.is_none()
    }
}

fn failure(line: usize, expected: &str, got: &str) -> Failure {
    let (expected, got) = (expected.to_owned(), got.to_owned());
    Failure { line, expected, got, call: None, explanation: String::new() }
}

/// A request, ready to be sent any number of times.
struct Sending<'r, 't> {
    request: &'r Request<'t>,
    facts: Arc<ConnectionFacts>,
    scheme: Scheme,
    headers: HeaderMap,
    body: Bytes,
}

impl<'r, 't> Sending<'r, 't> {
    fn new(
        request: &'r Request<'t>,
        config: &Compiled,
        files: &CaseFiles<'_>,
    ) -> Result<Self, Fault> {
        let body = body(&request.body, files)?;
        let (scheme, authority) = named_by_url(request.target);
        let mut headers = request.headers.clone();
        let host = authority.unwrap_or(&config.host);
        if !headers.contains_key(header::HOST)
            && let Ok(host) = HeaderValue::try_from(host)
        {
            headers.insert(header::HOST, host);
        }
        let says_size = [header::CONTENT_LENGTH, header::TRANSFER_ENCODING];
        if !body.is_empty() && !says_size.iter().any(|name| headers.contains_key(name)) {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
        }
        let tls = (scheme == Scheme::Https).then(|| {
            let authority = Authority::admit(host, scheme).ok();
            let server_name = authority.map(|authority| authority.host.as_str().into());
            TlsFacts { server_name, client_chain: Vec::new() }
        });
        let named = request.listener.map(|(name, _)| name);
        let listener = config.listener(named).ok_or_else(|| match request.listener {
            Some((name, place)) => {
                Fault::at(place, 0, format!("the config has no listener `{name}`"))
            }
            None => Fault::on(request.line, "the config has no listener"),
        })?;
        let peer = SocketAddr::new(request.address.unwrap_or(CALLER), 40_000);
        let facts = ConnectionFacts {
            listener: listener.name.clone(),
            address: listener.address,
            peer: PeerAddr::new(peer),
            protocol: Protocol::Http1,
            tls,
        };
        Ok(Self { request, facts: Arc::new(facts), scheme, headers, body })
    }

    /// Sends it once, and gathers what came of it.
    fn send(&self, config: &Compiled, world: &World) -> Result<Seen, Fault> {
        let head = RawHead {
            method: self.request.method.clone(),
            scheme: self.scheme,
            target: self.request.target,
            authority: None,
            headers: self.headers.clone(),
        };
        let (blueprint, ports) = (Arc::clone(&config.blueprint), Arc::clone(&world.ports));
        let facts = Arc::clone(&self.facts);
        let answered = in_place(async {
            let body = Body::from(self.body.clone());
            let (parts, body) = serve(blueprint, ports, facts, head, body).await.into_parts();
            // A body that was cut shows in the record.
            (parts, body.read_to_limit(BODY_BYTES_MAX).await.unwrap_or_default())
        });
        let Some((parts, body)) = answered else {
            let message = "the request waits for something that no directive brings about";
            return Err(Fault::on(self.request.line, message));
        };
        let (calls, record) = (world.take_calls(), world.take_record());
        Ok(Seen { status: parts.status, headers: parts.headers, body, calls, record })
    }
}

fn body(source: &BodySource<'_>, files: &CaseFiles<'_>) -> Result<Bytes, Fault> {
    match source {
        BodySource::None => Ok(Bytes::new()),
        BodySource::Written(text) => Ok(Bytes::from(text.clone())),
        BodySource::File { name, place } => {
            let bytes = files.bytes(Path::new(name), BODY_BYTES_MAX as u64);
            bytes
                .map(Bytes::from)
                .map_err(|error| Fault::at(*place, 0, format!("`{name}` cannot be read: {error}")))
        }
    }
}

/// What a full URL says of the connection; a path comes in the clear.
fn named_by_url(target: &str) -> (Scheme, Option<&str>) {
    let Some((scheme, rest)) = target.split_once("://").filter(|_| !target.starts_with('/')) else {
        return (Scheme::Http, None);
    };
    let scheme = if scheme.eq_ignore_ascii_case("https") { Scheme::Https } else { Scheme::Http };
    (scheme, rest.split(['/', '?', '#']).next())
}

/// Runs a future to its end where it stands. Every port answers at once, so one that is still not done
/// waits for time to pass, and nobody moves the clock while a request is under way.
fn in_place<T>(work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..POLLS_MAX {
        if let Poll::Ready(done) = work.as_mut().poll(&mut context) {
            return Some(done);
        }
    }
    None
}
