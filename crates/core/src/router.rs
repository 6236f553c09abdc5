//! From host, path and method to what was declared for them.
//!
//! The most specific wins: an exact host before a wildcard before any host, a literal segment before
//! one that is partly a parameter (the one with more text first) before `{name}` before `{rest*}`. Host
//! and path are chosen first, then the method. The order in which routes are added changes nothing.
//!
//! A route does not take a path that differs from a more specific route only in its trailing slash: many
//! servers treat the two alike, so `/admin/` must not go around what stands at `/admin`. Two partly
//! literal segments of which neither is the more specific are refused like equal routes.

use crate::{
    canonical::{Host, Target},
    template::{Mixed, PathTemplate, Segment},
};
use http::Method;
use std::collections::HashMap;

/// Which hosts a route answers to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HostPattern {
    /// This host only.
    Exact(Host),
    /// `*.example.com`: every host one or more labels below.
    Below(Host),
    /// Every host.
    Any,
}

impl HostPattern {
    /// Reads `api.example.com` or `*.example.com`. A port is not part of a host pattern.
    pub fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix("*.") {
            Some(parent) => Host::parse(parent).map(Self::Below),
            None => Host::parse(text).map(Self::Exact),
        }
    }
}

/// The values of a template's holes, by name, decoded.
pub type Captures = Vec<(Box<str>, Box<str>)>;

/// What the router says of a request.
#[derive(Debug, PartialEq, Eq)]
pub enum Found<T> {
    /// This was declared for it.
    Route(T, Captures),
    /// The path is declared, the method is not; these are.
    WrongMethod(Vec<Method>),
    /// Nothing is declared.
    Nothing,
}

/// Two routes that no request could tell apart; holds what was added first.
#[derive(Debug, PartialEq, Eq)]
pub struct Conflict<T>(pub T);

/// A table of routes.
#[derive(Debug)]
pub struct Router<T> {
    exact: HashMap<Host, Node<T>>,
    below: HashMap<Host, Node<T>>,
    any: Option<Node<T>>,
}

#[derive(Debug)]
struct Node<T> {
    literals: HashMap<Box<str>, Node<T>>,
    /// In the order in which they are tried.
    mixed: Vec<(Mixed, Node<T>)>,
    param: Option<Box<Node<T>>>,
    rest: Vec<Endpoint<T>>,
    here: Vec<Endpoint<T>>,
}

#[derive(Debug)]
struct Endpoint<T> {
    method: Method,
    names: Vec<Box<str>>,
    target: T,
}

impl<T> Default for Router<T> {
    fn default() -> Self {
        Self { exact: HashMap::new(), below: HashMap::new(), any: None }
    }
}

impl<T> Default for Node<T> {
    fn default() -> Self {
        Self {
            literals: HashMap::new(),
            mixed: Vec::new(),
            param: None,
            rest: Vec::new(),
            here: Vec::new(),
        }
    }
}

impl<T: Copy> Router<T> {
    /// Adds a route, unless an equal one is there.
    pub fn add(
        &mut self,
        host: HostPattern,
        template: &PathTemplate,
        method: Method,
        target: T,
    ) -> Result<(), Conflict<T>> {
        let mut node = match host {
            HostPattern::Exact(host) => self.exact.entry(host).or_default(),
            HostPattern::Below(host) => self.below.entry(host).or_default(),
            HostPattern::Any => self.any.get_or_insert_default(),
        };
        let mut names = Vec::new();
        let mut endpoints = None;
        for segment in template.segments() {
            match segment {
                Segment::Literal(text) => {
                    node = node.literals.entry(text.as_str().into()).or_default();
                }
                Segment::Mixed(mixed) => {
                    let rival = node.mixed.iter().find(|(known, _)| known.rivals(mixed));
                    if let Some(other) = rival.and_then(|(_, rival)| rival.any()) {
                        return Err(Conflict(other));
                    }
                    names.extend(mixed.name().map(Into::into));
                    node = node.mixed_child(mixed);
                }
                Segment::Param(name) => {
                    names.push(name.as_str().into());
                    node = node.param.get_or_insert_default();
                }
                Segment::Rest(name) => {
                    names.push(name.as_str().into());
                    endpoints = Some(&mut node.rest);
                    break;
                }
            }
        }
        let endpoints = match endpoints {
            Some(rest) => rest,
            None => &mut node.here,
        };
        if let Some(equal) = endpoints.iter().find(|endpoint| endpoint.method == method) {
            return Err(Conflict(equal.target));
        }
        endpoints.push(Endpoint { method, names, target });
        Ok(())
    }

    /// What was declared for a request.
    pub fn find(&self, target: &Target) -> Found<T> {
        let segments: Vec<_> = target.path.segments().collect();
        let segments: Vec<&str> = segments.iter().map(AsRef::as_ref).collect();
        let other = other_slash(&segments);
        let (mut values, mut rank) = (Vec::new(), Rank::new());
        let mut sibling = Rank::new();
        for node in self.nodes(&target.authority.host) {
            let mut found = Rank::new();
            if node.find(&other, &mut Vec::new(), &mut found).is_some()
                && is_above(&found, &sibling)
            {
                sibling = found;
            }
            values.clear();
            rank.clear();
            if let Some(endpoints) = node.find(&segments, &mut values, &mut rank) {
                if is_above(&sibling, &rank) {
                    return Found::Nothing;
                }
                return choose(endpoints, &target.method, &values);
            }
        }
        Found::Nothing
    }

    /// The tables that answer to a host, the most specific first.
    fn nodes<'a>(&'a self, host: &'a Host) -> impl Iterator<Item = &'a Node<T>> {
        let parents = host.as_str().match_indices('.').map(|(at, _)| at + 1);
        let parents = parents.filter_map(|at| host.as_str().get(at..).and_then(Host::parse));
        let below = parents.filter_map(|parent| self.below.get(&parent));
        let below = (!self.below.is_empty()).then_some(below).into_iter().flatten();
        self.exact.get(host).into_iter().chain(below).chain(&self.any)
    }
}

/// How specific a match is, segment by segment.
type Rank = Vec<u8>;

const LITERAL: u8 = 3;
const MIXED: u8 = 2;
const PARAM: u8 = 1;
const REST: u8 = 0;

/// Whether a match is more specific than another, as far as both go.
fn is_above(rank: &Rank, other: &Rank) -> bool {
    let shared = rank.len().min(other.len());
    match rank.iter().zip(other).find(|(ours, theirs)| ours != theirs) {
        Some((ours, theirs)) => ours > theirs,
        None => shared == 0 && !rank.is_empty(),
    }
}

/// The same path with the slash at its end taken away, or added.
fn other_slash<'s>(segments: &[&'s str]) -> Vec<&'s str> {
    match segments.split_last() {
        Some((&"", before)) => before.to_vec(),
        _ => [segments, &[""]].concat(),
    }
}

impl<T> Node<T> {
    /// The child behind a partly literal segment, kept in the order in which they are tried.
    fn mixed_child(&mut self, mixed: &Mixed) -> &mut Self {
        // What only keeps something closed comes first: it must not be gone around.
        let rank = |mixed: &Mixed| {
            (mixed.name().is_some(), usize::MAX - mixed.text_length(), mixed.pieces().to_vec())
        };
        let at = self.mixed.partition_point(|(known, _)| rank(known) < rank(mixed));
        if self.mixed.get(at).is_none_or(|(known, _)| rank(known) != rank(mixed)) {
            self.mixed.insert(at, (mixed.clone(), Self::default()));
        }
        #[expect(clippy::indexing_slicing, reason = "it has just been found or put there")]
        &mut self.mixed[at].1
    }
}

impl<T: Copy> Node<T> {
    /// The first route below, to show beside one that conflicts with it.
    fn any(&self) -> Option<T> {
        let below = self.literals.values().chain(self.mixed.iter().map(|(_, node)| node));
        let mut below = below.chain(self.param.as_deref());
        let here = self.here.iter().chain(&self.rest).map(|endpoint| endpoint.target).next();
        here.or_else(|| below.find_map(Self::any))
    }

    /// The most specific endpoints that a path reaches, the values of its holes, and how specific it is.
    fn find(
        &self,
        segments: &[&str],
        values: &mut Vec<Box<str>>,
        rank: &mut Rank,
    ) -> Option<&[Endpoint<T>]> {
        let Some((first, later)) = segments.split_first() else {
            return (!self.here.is_empty()).then_some(&self.here);
        };
        let depth = (values.len(), rank.len());
        let mixed = self.mixed.iter().filter_map(|(mixed, node)| {
            mixed.matched(first).map(|value| (node, MIXED, mixed.name().map(|_| value)))
        });
        let literal = self.literals.get(*first).map(|node| (node, LITERAL, None));
        let param = self.param.as_deref().filter(|_| !first.is_empty());
        let param = param.map(|node| (node, PARAM, Some(*first)));
        for (node, kind, value) in literal.into_iter().chain(mixed).chain(param) {
            values.extend(value.map(Into::into));
            rank.push(kind);
            if let Some(found) = node.find(later, values, rank) {
                return Some(found);
            }
            values.truncate(depth.0);
            rank.truncate(depth.1);
        }
        if self.rest.is_empty() || segments == [""] {
            return None;
        }
        values.push(segments.join("/").into());
        rank.push(REST);
        Some(&self.rest)
    }
}

/// HEAD is allowed where GET is (RFC 9110, 9.3.2).
fn choose<T: Copy>(endpoints: &[Endpoint<T>], method: &Method, values: &[Box<str>]) -> Found<T> {
    let by = |method: &Method| endpoints.iter().find(|endpoint| endpoint.method == *method);
    let get_for_head = || if *method == Method::HEAD { by(&Method::GET) } else { None };
    match by(method).or_else(get_for_head) {
        Some(endpoint) => {
            let captures = endpoint.names.iter().cloned().zip(values.iter().cloned()).collect();
            Found::Route(endpoint.target, captures)
        }
        None => {
            let mut allow: Vec<Method> = endpoints.iter().map(|e| e.method.clone()).collect();
            if allow.contains(&Method::GET) && !allow.contains(&Method::HEAD) {
                allow.push(Method::HEAD);
            }
            allow.sort_by(|a, b| a.as_str().cmp(b.as_str()));
            Found::WrongMethod(allow)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::{Canonical, RawHead, Scheme};
    use http::HeaderMap;
    use proptest::prelude::*;

    fn router(routes: &[(&str, &str, &str)]) -> Router<usize> {
        let mut router = Router::default();
        for (index, (host, path, method)) in routes.iter().enumerate() {
            let host =
                if host.is_empty() { HostPattern::Any } else { HostPattern::parse(host).unwrap() };
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            router.add(host, &PathTemplate::parse(path).unwrap(), method, index).unwrap();
        }
        router
    }

    fn find(router: &Router<usize>, method: &str, host: &str, target: &str) -> Found<usize> {
        let mut headers = HeaderMap::new();
        headers.insert("host", host.parse().unwrap());
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let scheme = Scheme::Http;
        let head = RawHead { method, scheme, target, authority: None, headers };
        router.find(Canonical::admit(head).unwrap().target())
    }

    fn route(router: &Router<usize>, host: &str, target: &str) -> Option<usize> {
        match find(router, "GET", host, target) {
            Found::Route(index, _) => Some(index),
            _ => None,
        }
    }

    #[test]
    fn the_most_specific_wins() {
        let router = router(&[
            ("", "/{rest*}", "GET"),
            ("", "/pets/{id}", "GET"),
            ("", "/pets/mine", "GET"),
            ("*.example.com", "/pets/{id}", "GET"),
            ("api.example.com", "/pets/{id}", "GET"),
            ("*.v2.example.com", "/pets/{id}", "GET"),
        ]);
        assert_eq!(route(&router, "localhost", "/pets/1"), Some(1));
        assert_eq!(route(&router, "localhost", "/pets/mine"), Some(2));
        assert_eq!(route(&router, "localhost", "/pets"), Some(0));
        assert_eq!(route(&router, "localhost", "/pets/1/toys"), Some(0));
        assert_eq!(route(&router, "www.example.com", "/pets/1"), Some(3));
        assert_eq!(route(&router, "API.example.com.", "/pets/1"), Some(4));
        assert_eq!(route(&router, "a.v2.example.com", "/pets/1"), Some(5));
        assert_eq!(
            route(&router, "example.com", "/pets/1"),
            Some(1),
            "a wildcard is not its parent"
        );
        assert_eq!(route(&router, "api.example.com", "/other"), Some(0), "any host answers to any");
    }

    #[test]
    fn an_encoded_literal_is_that_literal() {
        let router = router(&[("", "/a!b", "GET"), ("", "/{x}", "GET")]);
        assert_eq!(route(&router, "h", "/a%21b"), Some(0));
        assert_eq!(route(&router, "h", "/a!b"), Some(0));
        assert_eq!(route(&router, "h", "/%61!b"), Some(0));
    }

    #[test]
    fn a_segment_may_be_partly_a_parameter() {
        let router = router(&[
            ("", "/pets/{id}", "GET"),
            ("", "/pets/{id}:archive", "GET"),
            ("", "/pets/{id}.json", "GET"),
            ("", "/pets/my{id}.json", "GET"),
            ("", "/pets/all.json", "GET"),
        ]);
        assert_eq!(route(&router, "h", "/pets/1"), Some(0));
        assert_eq!(route(&router, "h", "/pets/1:archive"), Some(1));
        assert_eq!(route(&router, "h", "/pets/1%3Aarchive"), Some(1));
        assert_eq!(route(&router, "h", "/pets/1.json"), Some(2));
        assert_eq!(route(&router, "h", "/pets/my1.json"), Some(3));
        assert_eq!(route(&router, "h", "/pets/all.json"), Some(4));
        assert_eq!(route(&router, "h", "/pets/.json"), Some(0));
        let Found::Route(2, captures) = find(&router, "GET", "h", "/pets/a%20b.json") else {
            panic!()
        };
        assert_eq!(captures, [("id".into(), "a b".into())]);
    }

    #[test]
    fn what_keeps_closed_is_not_gone_around() {
        let mut router = router(&[("", "/p/{id}.json", "GET"), ("", "/p/{id}", "GET")]);
        let pieces = vec![String::new(), String::from("-"), String::new()];
        let segments =
            vec![Segment::Literal("p".into()), Segment::Mixed(Mixed::uncaptured(pieces))];
        let shadow = PathTemplate::shadow("/p/{a}-{b}", segments);
        router.add(HostPattern::Any, &shadow, Method::GET, 9).unwrap();
        for closed in ["/p/a-b", "/p/a-b.json", "/p/a-", "/p/-"] {
            assert_eq!(route(&router, "h", closed), Some(9), "{closed}");
        }
        assert_eq!(route(&router, "h", "/p/a.json"), Some(0));
    }

    #[test]
    fn segments_of_which_neither_is_more_specific_conflict() {
        let mut router = router(&[("", "/g/sec-{n}", "GET")]);
        let mut add = |path| {
            let template = PathTemplate::parse(path).unwrap();
            router.add(HostPattern::Any, &template, Method::GET, 1)
        };
        assert_eq!(add("/g/{n}-pub"), Err(Conflict(0)));
        assert_eq!(add("/g/sec-{n}-pub"), Ok(()));
        assert_eq!(add("/g/pub-{n}"), Ok(()));
    }

    #[test]
    fn a_trailing_slash_does_not_go_around_a_route() {
        let router = router(&[
            ("", "/{rest*}", "GET"),
            ("", "/admin", "GET"),
            ("", "/users/", "GET"),
            ("", "/pets/{id}", "GET"),
            ("api.example.com", "/orders", "GET"),
            ("", "/things/me", "GET"),
            ("", "/things/{id}/", "GET"),
        ]);
        assert_eq!(route(&router, "h", "/admin"), Some(1));
        assert_eq!(route(&router, "h", "/admin/"), None);
        assert_eq!(route(&router, "h", "/users"), None);
        assert_eq!(route(&router, "h", "/pets/1/"), None);
        assert_eq!(route(&router, "h", "/other/"), Some(0));
        assert_eq!(route(&router, "h", "/things/me/"), None);
        assert_eq!(route(&router, "h", "/things/you/"), Some(6));
        assert_eq!(route(&router, "h", "/things/me"), Some(5));
        assert_eq!(route(&router, "api.example.com", "/orders/"), None);
        assert_eq!(route(&router, "h", "/orders/"), Some(0));
    }

    #[test]
    fn a_hole_holds_something() {
        let router = router(&[("", "/pets/{id}", "GET"), ("", "/files/{rest*}", "GET")]);
        assert_eq!(route(&router, "h", "/pets/"), None);
        assert_eq!(route(&router, "h", "/files/"), None);
        assert_eq!(route(&router, "h", "/files"), None);
        let Found::Route(1, captures) = find(&router, "GET", "h", "/files/a/b%20c") else {
            panic!()
        };
        assert_eq!(captures, [("rest".into(), "a/b c".into())]);
    }

    #[test]
    fn the_method_is_chosen_last() {
        let router = router(&[("", "/pets", "GET"), ("", "/pets", "POST"), ("", "/{x}", "DELETE")]);
        assert!(matches!(find(&router, "HEAD", "h", "/pets"), Found::Route(0, _)));
        let allow = [Method::GET, Method::HEAD, Method::POST].to_vec();
        assert_eq!(find(&router, "DELETE", "h", "/pets"), Found::WrongMethod(allow));
        assert_eq!(find(&router, "DELETE", "h", "/a/b"), Found::Nothing);
        assert!(matches!(find(&router, "get", "h", "/pets"), Found::WrongMethod(_)));
    }

    #[test]
    fn equal_routes_conflict_whatever_their_parameters_are_called() {
        let mut router = router(&[("", "/pets/{id}", "GET")]);
        let same = PathTemplate::parse("/pets/{name}").unwrap();
        assert_eq!(router.add(HostPattern::Any, &same, Method::GET, 7), Err(Conflict(0)));
        assert_eq!(router.add(HostPattern::Any, &same, Method::PUT, 7), Ok(()));
    }

    proptest! {
        /// The order in which routes are added changes nothing (AZ6).
        #[test]
        fn az6_order_changes_nothing(seed in 0usize..720, path in "/(a|b|c)(/(a|b|bc)){0,2}") {
            let all = ["/a", "/{x}", "/a/{y}", "/{x}/b", "/a/b{z}", "/{rest*}"];
            let mut left: Vec<&str> = all.to_vec();
            let mut seed = seed;
            let mut shuffled = Vec::new();
            while !left.is_empty() {
                shuffled.push(left.remove(seed % left.len()));
                seed /= left.len().max(1);
            }
            let answer = |order: &[&str]| {
                let routes: Vec<_> = order.iter().map(|path| ("", *path, "GET")).collect();
                route(&router(&routes), "h", &path).map(|index| order[index].to_owned())
            };
            prop_assert_eq!(answer(&shuffled), answer(&all));
        }
    }
}
