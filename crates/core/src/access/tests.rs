//! Access rules on minted principals.

use super::*;
use crate::{
    canonical::{RawHead, Scheme},
    identity::Carrier,
    name::ConsumerName,
    source::{Place, Places},
};
use http::{HeaderMap, Method};
use proptest::prelude::*;

fn request() -> Canonical {
    let mut headers = HeaderMap::new();
    headers.insert("host", "h".parse().unwrap());
    let (method, scheme) = (Method::GET, Scheme::Http);
    Canonical::admit(RawHead { method, scheme, target: "/a", authority: None, headers }).unwrap()
}

fn name(text: &str) -> AuthenticatorName {
    AuthenticatorName::new(text).unwrap()
}

fn need(authenticator: &str, scopes: &[&str]) -> Need {
    let place = PlaceId::NOWHERE;
    Need { authenticator: name(authenticator), scopes: scopes.iter().copied().collect(), place }
}

fn entry(needs: &[(&str, &[&str])]) -> AllOf {
    let needs = needs.iter().map(|(authenticator, scopes)| need(authenticator, scopes)).collect();
    AllOf::new(needs, PlaceId::NOWHERE).unwrap()
}

fn minted(authenticator: &str, consumer: Option<&str>, scopes: &[&str]) -> Identity {
    Identity {
        authenticator: name(authenticator),
        subject: "alice".into(),
        consumer: consumer.map(|consumer| ConsumerName::new(consumer).unwrap()),
        scopes: scopes.iter().copied().collect(),
        claims: [].into(),
        carrier: Carrier::Header,
    }
}

fn who(identities: &[Identity]) -> Identities {
    let mut who = Identities::default();
    identities.iter().for_each(|identity| who.add(identity.clone()));
    who
}

fn decide(entries: &[AllOf], who: &Identities) -> Result<Vec<String>, &'static str> {
    let rule = AccessRule::any_of(entries.to_vec(), PlaceId::NOWHERE);
    match rule.decide(&request(), who) {
        Ok(permit) => Ok(permit
            .principal()
            .identities
            .iter()
            .map(|identity| identity.authenticator.to_string())
            .collect()),
        Err(denied) => Err(denied.reason.code),
    }
}

#[test]
fn az1_public_is_for_anyone_and_closed_for_nobody() {
    let everything = who(&[minted("corp", None, &["a", "b"])]);
    let public = AccessRule::public(PlaceId::NOWHERE);
    assert!(public.decide(&request(), &Identities::default()).is_ok());
    let closed = AccessRule::closed(PlaceId::NOWHERE);
    assert_eq!(closed.decide(&request(), &everything).unwrap_err().reason, &reasons::CLOSED);
    assert!(AccessRule::any_of(Vec::new(), PlaceId::NOWHERE).is_closed());
    assert!(AllOf::new(Vec::new(), PlaceId::NOWHERE).is_none());
}

#[test]
fn any_of_the_entries_all_of_the_names_with_their_scopes() {
    let entries = [entry(&[("corp", &["read"])]), entry(&[("cert", &[]), ("key", &["x"])])];
    let corp = |scopes: &[&str]| minted("corp", None, scopes);
    let cert = minted("cert", Some("acme"), &[]);
    let key = |consumer| minted("key", Some(consumer), &["x", "y"]);

    assert_eq!(decide(&entries, &who(&[])), Err("PC0411"));
    assert_eq!(decide(&entries, &who(&[corp(&[])])), Err("PC0412"));
    assert_eq!(decide(&entries, &who(&[corp(&["write"])])), Err("PC0412"));
    assert_eq!(decide(&entries, &who(&[corp(&["read"])])), Ok(vec!["corp".into()]));
    assert_eq!(decide(&entries, &who(std::slice::from_ref(&cert))), Err("PC0411"));
    let both = who(&[key("acme"), cert.clone()]);
    assert_eq!(decide(&entries, &both), Ok(vec!["cert".into(), "key".into()]));
    assert_eq!(decide(&entries, &who(&[cert.clone(), key("other")])), Err("PC0414"));
    let all = who(&[cert, key("acme"), corp(&["read"])]);
    assert_eq!(
        decide(&entries, &all),
        Ok(vec!["corp".into()]),
        "the first entry gives the principal"
    );
}

#[test]
fn a_refusal_points_at_the_need_that_was_not_met() {
    let mut places = Places::default();
    let mut at = || places.add(Place::default());
    let needs: Vec<Need> =
        [("cert", at()), ("key", at())].map(|(n, place)| Need { place, ..need(n, &[]) }).to_vec();
    let second = needs[1].place;
    let rule = AccessRule::any_of(vec![AllOf::new(needs, at()).unwrap()], at());
    let denied = rule.decide(&request(), &who(&[minted("cert", None, &[])])).unwrap_err();
    assert_eq!(denied.ground.place, second);
}

proptest! {
    /// Against a naive model: some entry, all of whose names are there with all their scopes.
    #[test]
    fn az6_a_rule_is_any_of_all_of(
        rule in prop::collection::vec(prop::collection::vec((0..3u8, 0..4u8), 1..3), 1..4),
        held in prop::collection::btree_map(0..3u8, 0..4u8, 0..4),
    ) {
        let names = ["a", "b", "c"];
        let scopes = |bits: u8| ["r", "w"].into_iter().enumerate()
            .filter(move |(at, _)| bits >> at & 1 == 1).map(|(_, scope)| scope).collect::<Vec<_>>();
        let identities: Vec<_> = held.iter()
            .map(|(n, bits)| minted(names[usize::from(*n)], None, &scopes(*bits))).collect();
        let entries: Vec<_> = rule.iter().map(|needs| {
            let needs = needs.iter().map(|(n, bits)| need(names[usize::from(*n)], &scopes(*bits)));
            AllOf::new(needs.collect(), PlaceId::NOWHERE).unwrap()
        }).collect();
        let expected = rule.iter().any(|needs| needs.iter()
            .all(|(n, bits)| held.get(n).is_some_and(|held| held & bits == *bits)));
        prop_assert_eq!(decide(&entries, &who(&identities)).is_ok(), expected);
    }
}
