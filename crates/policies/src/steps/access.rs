//! Whether an operation is open at all, and whether this caller may use it.

use crate::blueprint::Blueprint;
use portcullis_core::{
    exchange::Exchange,
    reasons,
    step::{Detail, Ground, Verdict},
    stop::Stop,
};

/// Refuses an operation that nobody may call.
pub fn closed(x: &Exchange, blueprint: &Blueprint) -> Verdict {
    match blueprint.route(x) {
        Some(route) if route.access.is_closed() => {
            let case = route.closed.as_ref().map_or(Detail::None, |why| Detail::Case(why.case()));
            Stop::new(Ground::at(&reasons::CLOSED, route.access.place()).with(case)).into()
        }
        Some(route) => Ground::at(&reasons::OPEN, route.access.place()).pass(),
        None => Stop::bare(&reasons::INTERNAL).into(),
    }
}

/// Asks the route's access rule. What it leaves behind is what an upstream call takes.
pub fn access(x: &mut Exchange, blueprint: &Blueprint) -> Verdict {
    match blueprint.route(x) {
        Some(route) => x.authorize(&route.access),
        None => Stop::bare(&reasons::INTERNAL).into(),
    }
}
