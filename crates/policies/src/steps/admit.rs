//! From a head to the one canonical request, and to the address it came from.

use portcullis_core::{
    canonical::{Canonical, RawHead},
    exchange::Exchange,
    reasons,
    step::{Detail, Ground, Verdict},
    stop::Stop,
};

/// Takes the one reading of a head, or refuses it.
pub fn admit(x: &mut Exchange, head: RawHead<'_>) -> Verdict {
    match Canonical::admit(head) {
        Ok(request) => {
            x.admit(request);
            Ground::bare(&reasons::ADMITTED).pass()
        }
        Err(why) => Stop::new(Ground::bare(why.reason()).with(Detail::Inadmissible(why))).into(),
    }
}

/// The caller's address is the peer's: no proxy in between is trusted.
pub fn client_address(x: &mut Exchange) -> Verdict {
    let client = x.client;
    x.record.update(|record| record.client = client);
    Ground::bare(&reasons::ADDRESS_OF_PEER).with(Detail::Address(client.ip())).pass()
}
