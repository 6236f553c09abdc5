//! One request on its way through the order.

use crate::{
    access::{AccessRule, Authorized},
    body::Body,
    canonical::Canonical,
    facts::{ClientIp, ConnectionFacts},
    identity::Identities,
    permits::Permits,
    ports::Ports,
    reasons,
    record::{End, Mark, Marks, OpenRecord, Outcome, Record, RequestId, RouteLabel},
    router::Captures,
    step::{Ground, StepId, Verdict},
    stop::Stop,
    version::BlueprintVersion,
};
use http::Response;
use std::{sync::Arc, time::Duration};

/// One request on its way through the order: what is known so far, and the record of it.
pub struct Exchange {
    /// The connection.
    pub facts: Arc<ConnectionFacts>,
    /// The caller's address.
    pub client: ClientIp,
    /// The request. `None` until it has been admitted.
    pub request: Option<Arc<Canonical>>,
    /// The route's index in the blueprint. `None` until one was found.
    pub route: Option<usize>,
    /// The values of the route's path parameters.
    pub captures: Captures,
    /// What authenticators proved so far.
    pub identities: Identities,
    /// What is held until the answer has ended.
    pub permits: Permits,
    /// The request's body, until a step takes it.
    pub body: Body,
    /// The answer, once there is one.
    pub answer: Option<Response<Body>>,
    /// What the world provides.
    pub ports: Arc<Ports>,
    /// The record.
    pub record: OpenRecord,
    authorized: Option<Authorized>,
}

/// Why a stage did not come to its end.
#[derive(Debug)]
pub enum Ended {
    /// A step refused.
    Refused(Box<Stop>),
    /// A step answered: a mock, a cache, or the upstream itself.
    Answered(Box<Response<Body>>),
}

impl Exchange {
    /// Opens an exchange and its record.
    pub fn open(facts: Arc<ConnectionFacts>, version: BlueprintVersion, ports: Arc<Ports>) -> Self {
        let mut id = [0; 16];
        ports.random.fill(&mut id);
        let client = ClientIp::of_peer(facts.peer);
        let record = Record {
            id: RequestId(id),
            version,
            facts: Arc::clone(&facts),
            client,
            began: ports.clock.wall(),
            began_at: ports.clock.now(),
            target: None,
            route: None,
            principal: None,
            marks: Marks::default(),
            upstream: None,
            end: End::Open,
            answer_bytes: 0,
            duration: Duration::ZERO,
        };
        Self {
            facts,
            client,
            request: None,
            route: None,
            captures: Captures::default(),
            identities: Identities::default(),
            permits: Permits::default(),
            body: Body::Empty,
            answer: None,
            record: OpenRecord::new(record, Arc::clone(&ports)),
            ports,
            authorized: None,
        }
    }

    /// Writes a step's verdict down, and ends the stage if it is not to go on.
    pub fn settle(&mut self, step: StepId, verdict: Verdict) -> Result<(), Ended> {
        let (outcome, ground, result) = match verdict {
            Verdict::Skipped => return Ok(()),
            Verdict::Passed(ground) => (Outcome::Passed, ground, Ok(())),
            Verdict::Answered(ground, response) => {
                (Outcome::Answered, ground, Err(Ended::Answered(Box::new(response))))
            }
            Verdict::Refused(stop) => {
                (Outcome::Refused, stop.ground, Err(Ended::Refused(Box::new(stop))))
            }
        };
        self.record.update(|record| record.marks.push(Mark { step, outcome, ground }));
        result
    }

    /// Takes note of the request's one reading.
    pub fn admit(&mut self, request: Canonical) {
        let target = Arc::clone(request.target());
        self.record.update(|record| record.target = Some(target));
        self.request = Some(Arc::new(request));
    }

    /// Takes note of the route.
    pub fn enter(&mut self, index: usize, label: &Arc<RouteLabel>, captures: Captures) {
        self.route = Some(index);
        self.captures = captures;
        self.record.update(|record| record.route = Some(Arc::clone(label)));
    }

    /// Asks the access rule of the route. What it leaves behind is kept until the stage's end.
    pub fn authorize(&mut self, rule: &AccessRule) -> Verdict {
        let Some(request) = self.request.as_deref() else {
            return Verdict::Refused(Stop::bare(&reasons::INTERNAL));
        };
        match rule.decide(request, &self.identities) {
            Ok(permit) => {
                let ground = permit.ground();
                self.record.update(|record| record.note_authorized(&permit));
                self.authorized = Some(permit);
                Verdict::Passed(ground)
            }
            Err(denied) => Verdict::Refused(Stop::new(denied.ground)),
        }
    }

    /// What the access rule left behind. Without it no upstream can be called: an order that forgot
    /// to ask refuses everything.
    pub fn take_authorized(&mut self) -> Option<Authorized> {
        self.authorized.take()
    }

    /// The id of the request.
    pub fn id(&self) -> Option<RequestId> {
        self.record.read().map(|record| record.id)
    }
}

impl Ground {
    /// A verdict that lets the request go on.
    pub fn pass(self) -> Verdict {
        Verdict::Passed(self)
    }
}

impl From<Stop> for Verdict {
    fn from(stop: Stop) -> Self {
        Self::Refused(stop)
    }
}
