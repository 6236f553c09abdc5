//! What is a step but no policy: it has no settings, and no route is without it.

mod access;
mod admit;
mod body;
mod forward;
mod route;

pub use access::{access, closed};
pub use admit::{admit, client_address};
pub use body::declared_size;
pub use forward::forward;
pub use route::route;
