//! What the gateway thinks of the certificates that a backend shows.
//!
//! The v2 gateway looks at the chain, at the authority at its end, at the dates and at the name (Microsoft's
//! TLS overview and backend-health article). In which order is not documented; here it is that of OpenSSL, whose
//! error codes the messages speak of.

use x509_parser::prelude::X509Certificate;

pub(crate) use super::x509::metadata;
use super::x509::{for_servers, named, parse, selfmade, signed};
use crate::{pki, random};

/// `X509_V_ERR_INVALID_PURPOSE`: the certificate is not meant for servers.
const UNSUPPORTED_PURPOSE: u32 = 26;
/// `X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT`: it signed itself, and is no authority that could be trusted.
const SELF_SIGNED: u32 = 18;

/// What is wrong with the certificates of a backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Distrust {
    LeafMissing,
    LeafNotFirst,
    IntermediateMissing,
    /// The server's certificate leads to nobody well known.
    ServerUnknown,
    /// The intermediate leads to nobody well known.
    IntermediateUnknown,
    /// The intermediate leads to none of the uploaded roots.
    IntermediateMismatch,
    /// The root is none of the uploaded ones.
    RootMismatch,
    Expired,
    Name,
    /// Anything else, by its code in OpenSSL.
    Other(u32),
}

impl Distrust {
    /// The wordings of Microsoft's backend-health troubleshooting article.
    pub(crate) fn log(self) -> String {
        match self {
            Self::LeafMissing => "The Leaf certificate is missing from the certificate chain presented by the \
                 backend server. Ensure the chain is complete and correctly ordered on the backend server.",
            Self::LeafNotFirst => "The Leaf certificate is not the topmost certificate in the chain presented by \
                 the backend server. Ensure the certificate chain is correctly ordered on the backend server.",
            Self::IntermediateMissing => "The Intermediate certificate is missing from the certificate chain \
                 presented by the backend server. Ensure the certificate chain is complete and correctly ordered \
                 on the backend server.",
            Self::ServerUnknown => "The backend Server certificate is not signed by a well-known Certificate \
                 Authority (CA). To use unknown CA certificates, its Root certificate must be uploaded to the \
                 Backend Setting of the application gateway.",
            Self::IntermediateUnknown => "The Intermediate certificate is not signed by a well-known Certificate \
                 Authority (CA). Ensure the certificate chain is complete and correctly ordered on the backend \
                 server.",
            Self::IntermediateMismatch => "The Intermediate certificate not signed by any Root certificates \
                 uploaded to the application gateway. Ensure the certificate chain is complete and correctly \
                 ordered on the backend server.",
            Self::RootMismatch => "The root certificate of the server certificate used by the backend doesn't \
                 match the trusted root certificate added to the application gateway. Ensure that you add the \
                 correct root certificate to the allowlist for the backend.",
            Self::Expired => "Backend certificate is invalid. Current date is not within the \"Valid from\" and \
                 \"Valid to\" date range on the certificate.",
            Self::Name => "The Common Name of the leaf certificate presented by the backend server does not match \
                 the Probe or Backend Setting hostname of the application gateway.",
            Self::Other(code) => {
                return format!(
                    "The validity of the backend certificate could not be verified. To find out the reason, check \
                     OpenSSL diagnostics for the message associated with error code {code}"
                );
            }
        }
        .to_owned()
    }
}

/// What a gateway asks of certificates.
#[derive(Debug, Clone, Default)]
pub(crate) struct Demands {
    /// The uploaded roots, as DER; `None`: well-known authorities are trusted.
    pub(crate) roots: Option<Vec<Vec<u8>>>,
    /// The chain and its dates are not looked at.
    pub(crate) any_chain: bool,
    /// The name is not looked at.
    pub(crate) any_name: bool,
}

/// Judges the chain of a backend, which the gateway knows as `name`.
pub(crate) fn judge(sent: &[Vec<u8>], name: &str, demands: &Demands) -> Result<(), Distrust> {
    let seen: Vec<X509Certificate<'_>> = sent.iter().filter_map(|der| parse(der)).collect();
    let first = seen.iter().position(|one| !one.is_ca()).ok_or(Distrust::LeafMissing)?;
    let leaf = seen.get(first).ok_or(Distrust::LeafMissing)?;
    if !demands.any_chain {
        if first > 0 {
            return Err(Distrust::LeafNotFirst);
        }
        trusted(&seen, leaf, demands)?;
        if !for_servers(leaf) {
            return Err(Distrust::Other(UNSUPPORTED_PURPOSE));
        }
    }
    if !demands.any_name && !named(leaf, name) {
        return Err(Distrust::Name);
    }
    let validity = leaf.validity();
    let now = random::now();
    if demands.any_chain || (validity.not_before.timestamp() <= now && now < validity.not_after.timestamp()) {
        Ok(())
    } else {
        Err(Distrust::Expired)
    }
}

/// Whether the leaf leads to a root that the gateway trusts, over what the backend sent.
fn trusted(
    seen: &[X509Certificate<'_>],
    leaf: &X509Certificate<'_>,
    demands: &Demands,
) -> Result<(), Distrust> {
    let public = pki::authority(pki::PUBLIC).map(|authority| vec![authority.root().to_vec()]);
    let trust = demands.roots.clone().unwrap_or_else(|| public.unwrap_or_default());
    let trust: Vec<X509Certificate<'_>> = trust.iter().filter_map(|der| parse(der)).collect();
    let uploaded = demands.roots.is_some();
    let (mut last, mut steps) = (leaf, 0);
    // No chain is longer than what was sent.
    while steps <= seen.len() {
        // An intermediate that was uploaded in place of a root does not do.
        if trust.iter().any(|root| root.is_ca() && selfmade(root) && signed(last, root)) {
            return Ok(());
        }
        match seen.iter().find(|above| !selfmade(last) && signed(last, above)) {
            Some(above) => last = above,
            None => break,
        }
        steps += 1;
    }
    Err(match (selfmade(last), steps, uploaded) {
        // A self-signed certificate that is no authority does not do as an uploaded root either.
        (true, 0, true) if trust.iter().any(|root| root.as_raw() == last.as_raw()) => {
            Distrust::Other(SELF_SIGNED)
        }
        (true, _, false) => Distrust::ServerUnknown,
        (true, _, true) => Distrust::RootMismatch,
        (false, 0, _) if !signed_by_a_root(last) => Distrust::IntermediateMissing,
        (false, 0, false) => Distrust::ServerUnknown,
        (false, 0, true) => Distrust::RootMismatch,
        (false, _, false) => Distrust::IntermediateUnknown,
        (false, _, true) => Distrust::IntermediateMismatch,
    })
}

/// Whether a root signed this, rather than an intermediate that was not sent. The simulator knows its own
/// authorities; how the live service tells the two apart is not documented.
fn signed_by_a_root(certificate: &X509Certificate<'_>) -> bool {
    pki::roots().iter().filter_map(|der| parse(der)).any(|root| signed(certificate, &root))
}
