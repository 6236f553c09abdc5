//! From what a person wrote to lists that decide.

use super::{AddressBlock, AddressLists, AddressesConfig, policy::AddressList};
use crate::policy::Site;
use portcullis_core::{
    diagnostic::Diagnostic,
    reasons,
    source::{At, PlaceId},
};

/// Compiles every level. A level that says nothing, and an `allow` list that nobody is on, are
/// problems: neither can be what was meant.
pub(super) fn build(levels: &[At<&AddressesConfig>], site: &mut Site<'_>) -> AddressLists {
    let mut lists = AddressLists::default();
    for level in levels {
        if level.allow.is_none() && level.deny.is_none() {
            site.problem(
                Diagnostic::new(&reasons::MISSING_FIELD, level.span, "`addresses` says nothing")
                    .label("neither `allow` nor `deny`")
                    .hint("list networks under `allow`, under `deny`, or remove `addresses`"),
            );
        }
        let deny = level.deny.as_ref().map(|deny| {
            if deny.is_empty() {
                site.problem(
                    Diagnostic::new(&reasons::BAD_VALUE, deny.span, "`deny` is empty")
                        .label("this refuses nobody")
                        .hint("list networks, or remove `deny`"),
                );
            }
            compile(deny, site)
        });
        let allow = level.allow.as_ref().map(|allow| {
            if allow.is_empty() {
                site.problem(
                    Diagnostic::new(&reasons::BAD_VALUE, allow.span, "`allow` is empty")
                        .label("this would refuse everyone")
                        .hint(
                            "list networks, or remove `allow` to let all pass that are not denied",
                        ),
                );
            }
            (compile(allow, site), site.place(allow.span))
        });
        lists.add(allow, deny);
    }
    lists
}

fn compile(blocks: &At<Vec<At<AddressBlock>>>, site: &mut Site<'_>) -> AddressList {
    let mut list = AddressList::default();
    for block in &blocks.value {
        let place: PlaceId = site.place(block.span);
        list.add(block.value.0, place);
    }
    list
}
