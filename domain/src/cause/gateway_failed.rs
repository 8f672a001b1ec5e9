//! The last change to the gateway failed: it may run on with what it had before, or in part.
//!
//! Never more than consistent: a gateway can serve visitors well after a change that failed.
//! Mended by: what the failed change says, often the Key Vault of a certificate; then the same configuration,
//! written once more.
//! Source: Microsoft, "Troubleshoot Application Gateway in a failed state", and "Common key vault errors in
//! Application Gateway".

use super::{Cause, Link, gateway_link, of_gateway};
use crate::card::Text;
use crate::diagnosis::{Finding, Verdict};
use crate::evidence::Inquiry;
use crate::gateway::json;

pub(super) struct GatewayFailed;

impl Cause for GatewayFailed {
    fn id(&self) -> &'static str {
        "gateway-failed"
    }

    fn about(&self) -> &'static str {
        "The last change to the gateway failed."
    }

    fn breaks(&self) -> Link {
        Link::Gateway
    }

    fn survey(&self, inquiry: &Inquiry<'_>) -> Option<Finding> {
        let gateway = &inquiry.evidence.gateway;
        if !gateway.provisioning_state().eq_ignore_ascii_case("Failed") {
            return None;
        }
        let sentence = Text::of(
            "The last change to the gateway failed. Whether that is behind what visitors see is not settled.",
        );
        let mut evidence = vec![Text::of("Configuration: provisioningState ").code("Failed")];
        let vaults = vaults(gateway.raw());
        if !vaults.is_empty() {
            evidence.push(Text::of("Certificates from a Key Vault: ").codes(&vaults));
        }
        let (link, place) = gateway_link(inquiry);
        let mut steps =
            vec![Text::of("Read in the activity log of ").text(link).say(" which change failed, and why.")];
        if !vaults.is_empty() {
            steps.push(Text::of(
                "If it says Key Vault: look whether the secret exists, is enabled, and may be read by the gateway's identity.",
            ));
        }
        let again = Text::of("Once that is mended, write the same configuration again: ");
        steps.push(again.code(format!("az network application-gateway update {place}")).say("."));
        Some(of_gateway(self, Verdict::Consistent, sentence, evidence, steps))
    }
}

/// The certificates that the gateway takes from a Key Vault.
fn vaults(gateway: &serde_json::Value) -> Vec<String> {
    let certificates = json::children(gateway, "sslCertificates");
    certificates
        .filter(|(_, raw)| json::text(json::properties(raw), "keyVaultSecretId").is_some())
        .map(|(name, _)| name.to_string())
        .collect()
}
