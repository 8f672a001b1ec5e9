//! The certificates of a backend, as a scenario words them.

use serde::Deserialize;

/// What a backend shows of itself in a TLS handshake.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TlsSpec {
    /// The names the certificate is for; the first is its common name too.
    pub(crate) names: Vec<String>,
    /// `public`: an authority that gateways trust. `self`: the server itself. Any other word: a private one.
    #[serde(default = "public")]
    pub(crate) issuer: String,
    /// An intermediate authority signed it, as nearly always.
    #[serde(default = "yes")]
    pub(crate) intermediate: bool,
    /// Which certificates are sent, in this order. Left out: the leaf, and the intermediate when there is one.
    pub(crate) sends: Option<Vec<Sent>>,
    /// `2024-01-01..2025-01-01`. Left out: for a year already, and for another one.
    pub(crate) valid: Option<Validity>,
    /// The oldest version it speaks.
    #[serde(default)]
    pub(crate) min_tls: TlsVersion,
    /// What the certificate may be used for.
    #[serde(default)]
    pub(crate) usage: Usage,
}

impl TlsSpec {
    /// A certificate for this name that signed itself.
    pub(crate) fn self_signed(name: &str) -> Self {
        Self {
            names: vec![name.to_owned()],
            issuer: "self".to_owned(),
            intermediate: false,
            sends: None,
            valid: None,
            min_tls: TlsVersion::default(),
            usage: Usage::default(),
        }
    }
}

fn public() -> String {
    "public".to_owned()
}

fn yes() -> bool {
    true
}

/// A certificate of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Sent {
    Leaf,
    Intermediate,
    Root,
}

/// A version of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub(crate) enum TlsVersion {
    #[default]
    #[serde(rename = "1.2")]
    Tls12,
    #[serde(rename = "1.3")]
    Tls13,
}

/// What a certificate may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Usage {
    #[default]
    Server,
    /// Only to sign in with, which no server should do.
    Client,
}

/// The first and the last day of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Validity {
    pub(crate) from: jiff::civil::Date,
    pub(crate) to: jiff::civil::Date,
}

impl TryFrom<String> for Validity {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let days = text.split_once("..").and_then(|(from, to)| {
            Some(Self { from: from.trim().parse().ok()?, to: to.trim().parse().ok()? })
        });
        days.ok_or_else(|| format!("`{text}` are no two days such as 2024-01-01..2025-01-01"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_validity_is_two_days() {
        let read = |text: &str| Validity::try_from(text.to_owned());
        assert_eq!(read("2024-01-01..2025-01-01").unwrap().to, jiff::civil::date(2025, 1, 1));
        assert_eq!(read("2024").unwrap_err(), "`2024` are no two days such as 2024-01-01..2025-01-01");
    }
}
