//! What a reviewer would ask about.

use super::{AddressesConfig, policy::ANY_ADDRESS_ALLOWED};
use portcullis_core::{
    finding::{Finding, Severity},
    source::At,
};

/// An `allow` list that holds a whole address family refuses nobody of it.
pub(super) fn audit(config: At<&AddressesConfig>) -> Vec<Finding> {
    let blocks = config.value.allow.iter().flat_map(|allow| &allow.value);
    blocks
        .filter(|block| block.value.0.prefix_len() == 0)
        .map(|block| Finding {
            reason: &ANY_ADDRESS_ALLOWED,
            severity: Severity::Warning,
            message: format!(
                "`allow` holds `{}`, which is every address of its kind",
                block.value.0
            ),
            span: block.span,
        })
        .collect()
}
