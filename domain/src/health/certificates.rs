//! What a gateway says about the certificates of a server.
//!
//! `backendCertificateChainMetadata.certificateChainMetadata[]` is in no specification: the list was seen, and
//! empty each time. So whatever looks like a subject, an issuer or a date is taken, and the rest is left out.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The most certificates that are kept of a server.
const MOST: usize = 10;
/// The longest text that is kept, in characters.
const LONGEST: usize = 200;

/// A certificate in the gateway's words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportedCertificate {
    /// Whose it is, as sent.
    pub subject: Option<String>,
    /// Who issued it, as sent.
    pub issuer: Option<String>,
    /// Until when it is valid.
    pub not_after: Option<Timestamp>,
    /// A hash of it, as sent.
    pub thumbprint: Option<String>,
}

impl ReportedCertificate {
    /// Whatever a server's entry says of its certificates.
    pub(super) fn read_all(server: &Value) -> Vec<Self> {
        let list = server.pointer("/backendCertificateChainMetadata/certificateChainMetadata");
        let entries = list.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        entries.iter().map(Self::read).filter(|read| *read != Self::default()).take(MOST).collect()
    }

    fn read(entry: &Value) -> Self {
        Self {
            subject: text(entry, &["subject", "subjectname", "subjectdn"]),
            issuer: text(entry, &["issuer", "issuername", "issuerdn"]),
            not_after: text(entry, &["notafter", "expirydate", "expirationdate", "validto"])
                .and_then(|text| text.parse().ok()),
            thumbprint: text(entry, &["thumbprint", "fingerprint"]),
        }
    }

    /// It in words: `CN=shop.example, issued by CN=Corp`.
    #[must_use]
    pub fn in_words(&self) -> String {
        let subject = self.subject.as_deref().unwrap_or("a certificate without a name");
        let issuer = self.issuer.as_ref().map(|issuer| format!(", issued by {issuer}")).unwrap_or_default();
        let until = self.not_after.map(|at| format!(", valid until {}", crate::card::clock(at)));
        format!("{subject}{issuer}{}", until.unwrap_or_default())
    }
}

/// The first text under one of these keys, which are lower-case and compared without `_`.
fn text(entry: &Value, keys: &[&str]) -> Option<String> {
    let found = entry.as_object()?.iter().find(|(key, value)| {
        let key = key.to_ascii_lowercase().replace('_', "");
        value.is_string() && keys.contains(&key.as_str())
    });
    let text = found?.1.as_str()?.trim();
    let shown: String = text.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
    (!shown.is_empty()).then_some(shown)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn whatever_looks_like_a_certificate_is_kept() {
        let server = json!({ "backendCertificateChainMetadata": { "certificateChainMetadata": [
            { "subjectName": "CN=shop.example", "IssuerName": "CN=Corp", "expiryDate": "2026-01-02T03:04:05Z", "x": 1 },
            { "Subject": "CN=Corp", "notAfter": "soon", "Thumbprint": "AB" },
            { "odd": true }, 7,
        ] } });
        let words: Vec<String> =
            ReportedCertificate::read_all(&server).iter().map(ReportedCertificate::in_words).collect();
        assert_eq!(
            words,
            ["CN=shop.example, issued by CN=Corp, valid until 2026-01-02 03:04 UTC", "CN=Corp"]
        );
        for other in
            [json!({}), json!({ "backendCertificateChainMetadata": { "certificateChainMetadata": [] } })]
        {
            assert_eq!(ReportedCertificate::read_all(&other), []);
        }
    }
}
