//! From host, path and method to the route that was declared for them.

use crate::blueprint::Blueprint;
use http::{HeaderValue, header};
use portcullis_core::{
    exchange::Exchange,
    reasons,
    router::Found,
    step::{Ground, Verdict},
    stop::Stop,
};

/// Finds the route, or refuses: no such path 404, no such method 405 with `Allow` (RFC 9110, 15.5.6).
pub fn route(x: &mut Exchange, blueprint: &Blueprint) -> Verdict {
    let listener = blueprint.listener_at(x.facts.address);
    let (Some(request), Some(listener)) = (x.request.clone(), listener) else {
        return Stop::bare(&reasons::NO_ROUTE).into();
    };
    match listener.router.find(request.target()) {
        Found::Route(index, captures) => {
            let Some(route) = blueprint.routes.get(index) else {
                return Stop::bare(&reasons::INTERNAL).into();
            };
            x.enter(index, &route.label, captures);
            Ground::at(&reasons::ROUTED, route.label.place).pass()
        }
        Found::WrongMethod(methods) => {
            let names: Vec<&str> = methods.iter().map(http::Method::as_str).collect();
            let stop = Stop::bare(&reasons::WRONG_METHOD);
            match HeaderValue::from_str(&names.join(", ")) {
                Ok(allow) => stop.with_header(header::ALLOW, allow).into(),
                Err(_) => stop.into(),
            }
        }
        Found::Nothing => Stop::bare(&reasons::NO_ROUTE).into(),
    }
}
