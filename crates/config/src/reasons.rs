//! What can be wrong with the meaning of a config, and the list of all reasons.

use portcullis_core::reason::Reason;

portcullis_core::reasons! {
    /// A name that the config uses, but nowhere defines.
    problem UNKNOWN_NAME "PC0201" "a name that nothing defines"
        => "define it, or correct the name";
    /// A host pattern is not `api.example.com` or `*.example.com`.
    problem BAD_HOST_PATTERN "PC0202" "not a host pattern"
        => "write a host name, or `*.` and a host name; ports and paths do not belong here";
    /// A path template cannot be read, or no request could match it.
    problem BAD_PATH "PC0203" "not a path template"
        => "write a path such as `/pets/{id}` or `/files/{rest*}`";
    /// Two routes that no request could tell apart. Portcullis never lets the order in a file decide.
    problem EQUAL_ROUTES "PC0204" "two routes that no request could tell apart"
        => "remove one of them, or give their APIs different hosts or listeners";
    /// An upstream's target is not an address that can be called.
    problem BAD_TARGET "PC0205" "not an address of an upstream"
        => "write `http://host:port`; paths do not belong here";
    /// Fields of an API contradict each other, or one is missing that another needs.
    problem API_CONTRADICTS "PC0206" "fields of an API contradict each other"
        => "an API has either `openapi` or `routes`, and somewhere to send its requests";
    /// A route does not say who may call it. Access is never implied and never inherited.
    problem NO_ACCESS "PC0207" "a route does not say who may call it"
        => "write `access: public` to say that this is meant, or name authenticators and their scopes";
    /// `access` names nobody, or has an entry that names nobody. An empty rule would allow anyone.
    problem EMPTY_ACCESS "PC0208" "an access rule that names nobody"
        => "name an authenticator, or write `access: public`";
    /// `access` names an authenticator that the config does not define.
    problem NO_AUTHENTICATOR "PC0209" "an authenticator that is not there"
        => "define the authenticator, or write `access: public` if anyone may call";
    /// `undeclared` opens only operations whose document says nothing about who may call them.
    problem NOT_UNDECLARED "PC0210" "`undeclared` names an operation that it cannot open"
        => "remove it from `undeclared`; what the document says about an operation is kept";
    /// With more than one listener an API names those that serve it.
    problem NO_LISTENER "PC0211" "an API does not say which listeners serve it"
        => "add `listeners: [NAME]` to the API";
    /// An address to listen on is not `address:port`.
    problem BAD_LISTEN_ADDRESS "PC0212" "not an address to listen on"
        => "write `127.0.0.1:8080` or `[::1]:8080`";
    /// Everything undeclared was opened on the command line while the listener can be reached from
    /// other machines.
    problem PUBLIC_BEYOND_LOOPBACK "PC0213" "`--undeclared public` is for loopback addresses only"
        => "listen on 127.0.0.1 or [::1], or write a config that says what is public";
    /// A request goes nowhere: the API has no upstream and nothing that answers in its place.
    problem NO_UPSTREAM "PC0214" "an API does not say where its requests go"
        => "add `upstream: NAME`, or `mock: true` to an API with a document";
    /// A method is not one that a route can have.
    problem BAD_METHOD "PC0215" "not a method of a route"
        => "write a method in capitals, such as GET; CONNECT and TRACE are never routed";
    /// Two keys of the config or the document name the same operation, so that one of them would be lost or
    /// would reach further than it says.
    problem AMBIGUOUS_OPERATION "PC0216" "two names for one operation, or one for two"
        => "keep one name for each operation";
    /// Two listeners have the same address. A connection could not be told to belong to one of them.
    problem EQUAL_LISTENERS "PC0217" "two listeners at one address"
        => "give each listener an address of its own";
}

/// Every reason there is, by code.
pub fn all() -> Vec<&'static Reason> {
    let core = portcullis_core::reasons::REASONS.iter().copied();
    let contract = portcullis_contract::reasons::REASONS.iter().copied();
    let policies = portcullis_policies::table::policy_reasons();
    let mut all: Vec<_> =
        core.chain(contract).chain(policies).chain(REASONS.iter().copied()).collect();
    all.sort_by_key(|reason| reason.code);
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use portcullis_core::reason::Kind;

    #[test]
    fn every_code_stands_for_one_reason_and_has_a_page() {
        let all = all();
        for (reason, next) in all.iter().zip(all.iter().skip(1)) {
            assert_ne!(reason.code, next.code);
        }
        for reason in all {
            let digits = reason.code.strip_prefix("PC").unwrap();
            assert!(digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit()));
            assert!(!reason.title.ends_with('.') && !reason.explanation.trim().is_empty());
            assert_eq!(reason.remedy.is_empty(), reason.kind == Kind::Pass, "{reason:?}");
        }
    }
}
