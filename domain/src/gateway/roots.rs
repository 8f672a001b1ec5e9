//! Certificates that somebody uploaded to a gateway, so that it trusts its servers.

use serde_json::Value;

use super::{Gateway, json};
use crate::certificate::Certificate;
use crate::id::Name;

/// A certificate that a setting trusts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedCertificate {
    /// Its name on the gateway.
    pub name: Name,
    /// What it is.
    pub upload: Upload,
}

/// What is known of an uploaded certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Upload {
    /// The certificate.
    Read(Box<Certificate>),
    /// It is in a Key Vault (`keyVaultSecretId`), and the gateway's document does not hold it.
    KeyVault,
    /// The document holds nothing that can be read, or not even an entry of this name.
    Unreadable,
}

impl TrustedCertificate {
    /// The certificate, if it could be read.
    #[must_use]
    pub fn certificate(&self) -> Option<&Certificate> {
        match &self.upload {
            Upload::Read(certificate) => Some(certificate),
            Upload::KeyVault | Upload::Unreadable => None,
        }
    }
}

impl Gateway {
    /// The roots that a setting trusts (`trustedRootCertificates`). None means: the well-known ones.
    #[must_use]
    pub fn trusted_roots(&self, setting: &Name) -> Vec<TrustedCertificate> {
        self.uploaded(setting, "trustedRootCertificates")
    }

    /// The servers' own certificates that a setting of a v1 gateway trusts (`authenticationCertificates`).
    #[must_use]
    pub fn allowed_certificates(&self, setting: &Name) -> Vec<TrustedCertificate> {
        self.uploaded(setting, "authenticationCertificates")
    }

    fn uploaded(&self, setting: &Name, collection: &'static str) -> Vec<TrustedCertificate> {
        let own = self.child(json::SETTINGS, setting).map(|(_, raw)| json::properties(raw));
        let references = own.into_iter().flat_map(|own| json::list(own, collection));
        references
            .filter_map(json::name_of)
            .map(|name| {
                let entry = json::child(self.raw(), collection, &name).map(json::properties);
                TrustedCertificate { upload: entry.map_or(Upload::Unreadable, upload), name }
            })
            .collect()
    }
}

fn upload(entry: &Value) -> Upload {
    if let Some(data) = json::text(entry, "data") {
        return Certificate::parse_text(data).map_or(Upload::Unreadable, |read| Upload::Read(Box::new(read)));
    }
    if json::text(entry, "keyVaultSecretId").is_some() { Upload::KeyVault } else { Upload::Unreadable }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::certificate::tests::{Authority, base64};
    use crate::gateway::fixture::{child, id, list, shop_with};
    use crate::id::Name;

    use super::*;

    #[test]
    fn what_a_setting_trusts_is_what_it_refers_to() {
        let corp = Authority::new("Corp Root");
        let gateway = shop_with(|raw| {
            let entry = |name: &str, own: Value| child("trustedRootCertificates", name, own);
            raw["properties"]["trustedRootCertificates"] = json!([
                entry("corp", json!({ "data": base64(corp.der()) })),
                entry("pem", json!({ "data": base64(corp.pem().as_bytes()) })),
                entry("vault", json!({ "keyVaultSecretId": "https://v.vault.azure.net/secrets/root" })),
                entry("other", json!({ "data": "AAAA" })),
            ]);
            let names = ["Corp", "pem", "vault", "other", "gone"];
            list(raw, "backendHttpSettingsCollection")[0]["properties"]["trustedRootCertificates"] =
                names.map(|name| id("trustedRootCertificates", name)).into();
        });
        let roots = gateway.trusted_roots(&Name::new("https"));
        let known: Vec<_> =
            roots.iter().map(|root| root.certificate().map(|root| root.subject.words.as_str())).collect();
        assert_eq!(known, [Some("CN=Corp Root"), Some("CN=Corp Root"), None, None, None]);
        assert_eq!(roots[2].upload, Upload::KeyVault, "never guessed");
        assert_eq!(roots[3].upload, Upload::Unreadable);
        assert!(gateway.trusted_roots(&Name::new("http")).is_empty());
        assert!(gateway.allowed_certificates(&Name::new("https")).is_empty());
    }
}
