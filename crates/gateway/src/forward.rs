//! The life of a request: the stages of the order, in turn.

use crate::finish::{finish, problem};
use http::Response;
use portcullis_core::{
    body::Body,
    canonical::RawHead,
    exchange::{Ended, Exchange},
    facts::ConnectionFacts,
    limits,
    ports::{Pending, Ports},
    reasons,
    stop::Stop,
};
use portcullis_policies::{
    blueprint::Blueprint,
    pipeline::{self, Step},
};
use std::{
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::Arc,
    task::Poll,
};

/// Answers a request. Sockets, time and everything else of the world come in through `ports`; the
/// record is closed when the body of the answer has ended or is dropped.
pub async fn serve(
    blueprint: Arc<Blueprint>,
    ports: Arc<Ports>,
    facts: Arc<ConnectionFacts>,
    head: RawHead<'_>,
    body: Body,
) -> Response<Body> {
    let mut x = Exchange::open(facts, blueprint.version, ports);
    x.body = body;
    let mut deadline = x.ports.clock.sleep(limits::REQUEST_TIME_MAX);
    let ended = contained(proceed(&mut x, &blueprint, head), &mut deadline).await;
    conclude(x, &blueprint, ended, deadline).await
}

/// Answers what never became a request: its head has no reading, is too large, or did not come in time.
pub async fn refuse(
    blueprint: Arc<Blueprint>,
    ports: Arc<Ports>,
    facts: Arc<ConnectionFacts>,
    stop: Stop,
) -> Response<Body> {
    let mut x = Exchange::open(facts, blueprint.version, ports);
    let deadline = x.ports.clock.sleep(limits::REQUEST_TIME_MAX);
    let refused = x.settle(Step::Admit.id(), stop.into());
    conclude(x, &blueprint, refused.map(|()| Response::default()), deadline).await
}

/// Makes the answer of what a request ended in.
async fn conclude(
    mut x: Exchange,
    blueprint: &Blueprint,
    ended: Result<Response<Body>, Ended>,
    deadline: Pending<'static, ()>,
) -> Response<Body> {
    let (answer, refusal) = match ended {
        Ok(answer) => (answer, None),
        Err(Ended::Answered(answer)) => (*answer, None),
        Err(Ended::Refused(stop)) => (problem(&stop, x.id()), Some(stop.ground)),
    };
    x.answer = Some(answer);
    finish(x, blueprint, refusal, deadline).await
}

/// Admitted, decided, attempted, answered.
async fn proceed(
    x: &mut Exchange,
    blueprint: &Blueprint,
    head: RawHead<'_>,
) -> Result<Response<Body>, Ended> {
    pipeline::admit(x, blueprint, head).await?;
    pipeline::decide_head(x, blueprint).await?;
    pipeline::decide_body(x, blueprint).await?;
    x.answer = Some(pipeline::attempted(x, blueprint).await?);
    pipeline::answer(x, blueprint).await?;
    x.answer.take().ok_or_else(|| refused(&reasons::INTERNAL))
}

/// Keeps a request's trouble its own: a panic or a passed deadline refuses this request, and no other.
async fn contained<T>(
    work: impl Future<Output = Result<T, Ended>>,
    deadline: &mut Pending<'static, ()>,
) -> Result<T, Ended> {
    let mut work = pin!(work);
    poll_fn(|context| {
        match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
            Ok(Poll::Ready(ended)) => return Poll::Ready(ended),
            Ok(Poll::Pending) => {}
            Err(_) => return Poll::Ready(Err(refused(&reasons::INTERNAL))),
        }
        let overdue = deadline.as_mut().poll(context);
        overdue.map(|()| Err(refused(&reasons::OVERDUE)))
    })
    .await
}

fn refused(reason: &'static portcullis_core::reason::Reason) -> Ended {
    Ended::Refused(Box::new(Stop::bare(reason)))
}
