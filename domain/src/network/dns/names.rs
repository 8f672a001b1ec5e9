//! What can be told of a host name by its looks.

use super::{labels, private_name};

/// Why a text is no host name that can be looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, thiserror::Error)]
pub enum NameFault {
    /// It begins with something like `https://`.
    #[error("it begins with a scheme")]
    Scheme,
    /// There is a slash in it.
    #[error("there is a path in it")]
    Path,
    /// It ends in a port.
    #[error("there is a port in it")]
    Port,
    /// There is a space in it.
    #[error("there is a space in it")]
    Space,
    /// There is a character in it that no host name has.
    #[error("there is a character in it that no host name has")]
    Character,
    /// Two dots follow each other, or it begins with one.
    #[error("a part of it between two dots is empty")]
    EmptyLabel,
    /// A part of it is longer than 63 characters, or all of it longer than 253.
    #[error("it is too long")]
    TooLong,
}

/// Why a text cannot be looked up; none when it can. What some resolvers take and others do not, such as an
/// underscore or a letter beyond ASCII, is no fault here.
///
/// Source: RFC 1035, section 2.3.1 and 2.3.4, and RFC 1123, section 2.1.
#[must_use]
pub fn fault_of(host: &str) -> Option<NameFault> {
    let odd = |c: char| !(c.is_alphanumeric() || matches!(c, '.' | '-' | '_'));
    let own = host.strip_suffix('.').unwrap_or(host);
    if host.contains("://") {
        Some(NameFault::Scheme)
    } else if host.contains('/') {
        Some(NameFault::Path)
    } else if host.contains(char::is_whitespace) {
        Some(NameFault::Space)
    } else if host.contains(':') {
        Some(NameFault::Port)
    } else if host.contains(odd) {
        Some(NameFault::Character)
    } else if own.split('.').any(str::is_empty) {
        Some(NameFault::EmptyLabel)
    } else {
        (own.len() > 253 || own.split('.').any(|label| label.len() > 63)).then_some(NameFault::TooLong)
    }
}

/// The domains whose private zone could hold a host: every parent with a dot of its own name and of its name
/// in the zone of private endpoints, and the host itself, as a zone may be made for one host.
#[must_use]
pub fn candidates(host: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for name in std::iter::once(host.to_owned()).chain(private_name(host)) {
        let own: Vec<&str> = labels(&name).collect();
        // A zone of one label only is not supported.
        for start in 0..own.len().saturating_sub(1) {
            let domain = own.get(start..).unwrap_or_default().join(".").to_ascii_lowercase();
            if !found.contains(&domain) {
                found.push(domain);
            }
        }
    }
    found
}

/// The wildcard records that could answer for a host's name in a zone, the closest first: `*.b` and `*` for
/// `a.b`. Source: RFC 4592; Microsoft, "Overview of DNS zones and records", wildcard records.
#[must_use]
pub fn wildcards(relative: &str) -> Vec<String> {
    if relative == "@" {
        return Vec::new();
    }
    let own: Vec<&str> = labels(relative).skip(1).collect();
    (0..=own.len())
        .map(|start| {
            std::iter::once("*").chain(own.iter().skip(start).copied()).collect::<Vec<_>>().join(".")
        })
        .collect()
}

/// Whether nobody on the internet can know a host, because its top-level domain is kept from there.
///
/// Source: RFC 6762, appendix G, RFC 6761, RFC 8375, and ICANN's resolution of 2024-07-29, which reserves
/// `internal`.
#[must_use]
pub fn has_no_public_meaning(host: &str) -> bool {
    const KEPT: [&str; 10] =
        ["internal", "intranet", "private", "corp", "home", "lan", "local", "localdomain", "test", "invalid"];
    let last = labels(host).last().unwrap_or_default();
    KEPT.iter().any(|kept| last.eq_ignore_ascii_case(kept))
}

/// Whether a private zone is one of those that stand for services with private endpoints.
#[must_use]
pub fn is_endpoint_zone(domain: &str) -> bool {
    labels(domain).next().is_some_and(|first| first.eq_ignore_ascii_case("privatelink"))
}
