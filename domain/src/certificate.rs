//! Certificates of servers: what one says, and what is wrong with the chain that a server sends.
//!
//! Certificates are read and never verified: no signature is checked here. Whether a chain leads to a well-known
//! root is found out by whoever fetches it. Form: RFC 5280 (certificates), RFC 6125 (names).

mod chain;
mod read;
#[cfg(test)]
pub(crate) mod tests;

use std::fmt;
use std::net::IpAddr;

use jiff::Timestamp;

pub use chain::{Chain, Disorder};

/// What a certificate says about itself and its issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Whose it is.
    pub subject: DistinguishedName,
    /// Who issued it.
    pub issuer: DistinguishedName,
    /// The common name of the subject.
    pub common_name: Option<String>,
    /// The host names that it is for (subject alternative names).
    pub dns_names: Vec<String>,
    /// The IP addresses that it is for (subject alternative names).
    pub ip_addresses: Vec<IpAddr>,
    /// From when on it is valid.
    pub not_before: Timestamp,
    /// Until when it is valid.
    pub not_after: Timestamp,
    /// Whether it may issue others.
    pub is_ca: bool,
    /// Whether it may be a server's: nothing is said of what it is meant for, or servers are (extended key usage).
    pub is_for_servers: bool,
    /// The id of its own key, in hex.
    pub subject_key: Option<String>,
    /// The id of its issuer's key, in hex.
    pub authority_key: Option<String>,
    /// Its serial number, in hex.
    pub serial: String,
    /// SHA-256 of the certificate, in hex.
    pub fingerprint: String,
    /// SHA-256 of its public key, in hex: it survives a renewal with the same key.
    pub public_key: String,
}

/// A name as certificates write it.
#[derive(Debug, Clone)]
pub struct DistinguishedName {
    /// In words: `CN=Corp Root, O=Corp`. Up to 200 characters, without control characters.
    pub words: String,
    /// As encoded, to compare.
    pub der: Vec<u8>,
}

/// Two names are the same if they are encoded the same.
impl PartialEq for DistinguishedName {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for DistinguishedName {}

impl fmt::Display for DistinguishedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.words.is_empty() { "a certificate without a name" } else { &self.words })
    }
}

/// How a certificate's dates relate to a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validity {
    /// It is valid.
    Valid,
    /// It is valid only later.
    NotYet {
        /// From when on.
        from: Timestamp,
    },
    /// It was valid once.
    Expired {
        /// Since when it is not.
        since: Timestamp,
    },
}

/// Why something is not a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not a certificate in DER or PEM")]
pub struct NoCertificate;

impl Certificate {
    /// Reads DER.
    ///
    /// # Errors
    /// When it is none, or something follows it.
    pub fn parse(der: &[u8]) -> Result<Self, NoCertificate> {
        read::der(der)
    }

    /// Reads what a gateway stores: DER in Base64, PEM, or PEM in Base64.
    ///
    /// # Errors
    /// When it is none of these, or several certificates.
    pub fn parse_text(text: &str) -> Result<Self, NoCertificate> {
        read::text(text)
    }

    /// Whether it names itself as its issuer, as roots do and certificates that somebody made alone.
    #[must_use]
    pub fn is_self_signed(&self) -> bool {
        self.subject == self.issuer && agree(self.authority_key.as_ref(), self.subject_key.as_ref())
    }

    /// Whether it can have been issued by `other`: the names fit, and the key ids, where both are there.
    #[must_use]
    pub fn may_be_issued_by(&self, other: &Self) -> bool {
        self.issuer == other.subject && agree(self.authority_key.as_ref(), other.subject_key.as_ref())
    }

    /// Whether it was certainly issued by another key than that of `other`, which has the issuer's name.
    #[must_use]
    pub fn is_issued_by_namesake_of(&self, other: &Self) -> bool {
        self.issuer == other.subject && !self.may_be_issued_by(other)
    }

    /// How its dates relate to a moment.
    #[must_use]
    pub fn validity(&self, at: Timestamp) -> Validity {
        if at < self.not_before {
            Validity::NotYet { from: self.not_before }
        } else if at > self.not_after {
            Validity::Expired { since: self.not_after }
        } else {
            Validity::Valid
        }
    }

    /// Whether it is for a host: a name or an IP address.
    ///
    /// A wildcard stands for one label, the first (RFC 6125, 6.4.3). The common name counts only where there is
    /// no alternative name at all.
    #[must_use]
    pub fn covers(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.');
        if let Ok(address) = host.trim_matches(['[', ']']).parse::<IpAddr>() {
            let named = self.common_name.as_ref().is_some_and(|name| name.parse() == Ok(address));
            return self.ip_addresses.contains(&address) || (!self.has_alternative_names() && named);
        }
        if self.has_alternative_names() {
            return self.dns_names.iter().any(|name| matches_name(name, host));
        }
        self.common_name.as_ref().is_some_and(|name| matches_name(name, host))
    }

    /// Whether its common name alone is for a host, whatever else it is for.
    #[must_use]
    pub fn is_commonly_for(&self, host: &str) -> bool {
        let common = Self { dns_names: Vec::new(), ip_addresses: Vec::new(), ..self.clone() };
        common.covers(host)
    }

    /// The names that it is for, as far as they count: alternative names, or else the common name.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        if self.has_alternative_names() {
            let addresses = self.ip_addresses.iter().map(ToString::to_string);
            return self.dns_names.iter().cloned().chain(addresses).collect();
        }
        self.common_name.iter().cloned().collect()
    }

    fn has_alternative_names(&self) -> bool {
        !self.dns_names.is_empty() || !self.ip_addresses.is_empty()
    }
}

/// Two key ids do not speak against each other.
fn agree(one: Option<&String>, other: Option<&String>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one == other,
        _ => true,
    }
}

fn matches_name(pattern: &str, host: &str) -> bool {
    let pattern = pattern.trim_end_matches('.');
    match pattern.strip_prefix("*.") {
        // A wildcard for a whole top-level domain stands for nothing.
        Some(rest) if rest.contains('.') => host
            .split_once('.')
            .is_some_and(|(label, parent)| !label.is_empty() && parent.eq_ignore_ascii_case(rest)),
        Some(_) => false,
        None => !host.is_empty() && pattern.eq_ignore_ascii_case(host),
    }
}
