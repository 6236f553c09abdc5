//! To the upstream, with the permit that access left behind.

use crate::blueprint::Blueprint;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use portcullis_core::{
    canonical::Canonical,
    exchange::Exchange,
    hygiene, limits,
    ports::upstream::{Call, Fault},
    reasons,
    record::UpstreamMark,
    step::{Detail, Ground, Verdict},
    stop::Stop,
};

/// Calls the route's upstream. Its answer, whatever it is, is passed on; no answer is a refusal.
pub async fn forward(x: &mut Exchange, blueprint: &Blueprint) -> Verdict {
    let upstream = blueprint.route(x).and_then(|route| route.upstream.clone());
    let (Some(permit), Some(request), Some(upstream)) =
        (x.take_authorized(), x.request.clone(), upstream)
    else {
        return Stop::bare(&reasons::INTERNAL).into();
    };
    let name = upstream.name.clone();
    let headers = outgoing(x, &request);
    let body = std::mem::take(&mut x.body).limited(limits::BODY_BYTES_MAX);
    let began = x.ports.clock.now();
    let answer = x.ports.upstreams.call(permit, Call { upstream, headers, body }).await;
    let duration = x.ports.clock.now().since(began);
    let status = answer.as_ref().ok().map(|answer| answer.status().as_u16());
    x.record.update(|record| record.upstream = Some(UpstreamMark { name, status, duration }));
    match answer {
        Ok(answer) => {
            let detail = Detail::Status(answer.status().as_u16());
            Verdict::Answered(Ground::bare(&reasons::FORWARDED).with(detail), answer)
        }
        Err(fault) => refuse(fault),
    }
}

fn refuse(fault: Fault) -> Verdict {
    Stop::bare(fault.reason()).into()
}

/// The fields that go out: the caller's that may pass, then what the gateway itself says of the
/// request. In this order, so that nothing of the caller's can stand in for ours.
fn outgoing(x: &Exchange, request: &Canonical) -> HeaderMap {
    const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
    const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
    const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
    const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

    let target = request.target();
    let mut headers = hygiene::end_to_end(request.headers());
    headers.remove(header::EXPECT); // It was for us: the body is read or refused here.
    let authority = target.authority.to_string();
    let said = [
        (header::HOST, authority.clone()),
        (FORWARDED_HOST, authority),
        (FORWARDED_PROTO, target.scheme.as_str().to_owned()),
        (FORWARDED_FOR, x.client.to_string()),
        (REQUEST_ID, x.id().map(|id| id.to_string()).unwrap_or_default()),
    ];
    for (name, value) in said {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
    hygiene::append_via(&mut headers);
    headers
}
