//! What a certificate says.
//!
//! Who signed it is told by names and key identifiers: signatures themselves are not computed, since nobody
//! here forges one.

use std::net::IpAddr;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use x509_parser::prelude::{FromDer as _, GeneralName, ParsedExtension, X509Certificate, X509Name};

/// A certificate from its DER.
pub(super) fn parse(der: &[u8]) -> Option<X509Certificate<'_>> {
    X509Certificate::from_der(der).ok().map(|(_, certificate)| certificate)
}

/// Whether it signed itself.
pub(super) fn selfmade(certificate: &X509Certificate<'_>) -> bool {
    certificate.subject().as_raw() == certificate.issuer().as_raw()
}

/// Whether the other one signed it.
pub(super) fn signed(certificate: &X509Certificate<'_>, by: &X509Certificate<'_>) -> bool {
    let named = certificate.issuer().as_raw() == by.subject().as_raw();
    match (authority_key(certificate), subject_key(by)) {
        (Some(wanted), Some(key)) => named && wanted == key,
        _ => named,
    }
}

fn authority_key<'a>(certificate: &'a X509Certificate<'_>) -> Option<&'a [u8]> {
    certificate.extensions().iter().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::AuthorityKeyIdentifier(id) => id.key_identifier.as_ref().map(|id| id.0),
        _ => None,
    })
}

fn subject_key<'a>(certificate: &'a X509Certificate<'_>) -> Option<&'a [u8]> {
    certificate.extensions().iter().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::SubjectKeyIdentifier(id) => Some(id.0),
        _ => None,
    })
}

/// Whether it is meant for servers.
pub(super) fn for_servers(leaf: &X509Certificate<'_>) -> bool {
    let usage = leaf.extended_key_usage().ok().flatten();
    usage.is_none_or(|usage| usage.value.server_auth || usage.value.any)
}

/// Whether the certificate is for this name: by its alternative names, or by its common name.
pub(super) fn named(leaf: &X509Certificate<'_>, wanted: &str) -> bool {
    match wanted.parse::<IpAddr>() {
        Ok(address) => addresses(leaf).contains(&address),
        Err(_) => names(leaf).iter().any(|name| fits(name, wanted)),
    }
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let mut names: Vec<String> = common_name(certificate.subject()).into_iter().collect();
    names.extend(alternatives(certificate).iter().filter_map(|name| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        _ => None,
    }));
    names
}

fn addresses(certificate: &X509Certificate<'_>) -> Vec<IpAddr> {
    let address = |bytes: &[u8]| {
        let four = <[u8; 4]>::try_from(bytes).map(IpAddr::from).ok();
        four.or_else(|| <[u8; 16]>::try_from(bytes).map(IpAddr::from).ok())
    };
    let alternatives = alternatives(certificate);
    let found = alternatives.iter().filter_map(|name| match name {
        GeneralName::IPAddress(bytes) => address(bytes),
        _ => None,
    });
    found.collect()
}

fn alternatives<'a>(certificate: &'a X509Certificate<'_>) -> Vec<GeneralName<'a>> {
    let extension = certificate.subject_alternative_name().ok().flatten();
    extension.map(|extension| extension.value.general_names.clone()).unwrap_or_default()
}

fn common_name(name: &X509Name<'_>) -> Option<String> {
    name.iter_common_name().next()?.as_str().ok().map(str::to_owned)
}

/// A wildcard stands for exactly one label, the first.
fn fits(name: &str, wanted: &str) -> bool {
    match name.strip_prefix("*.") {
        Some(rest) => wanted.split_once('.').is_some_and(|(_, found)| found.eq_ignore_ascii_case(rest)),
        None => name.eq_ignore_ascii_case(wanted),
    }
}

/// The certificates as backend health lists them, in the order they were sent. The live service fills
/// `certificateChainMetadata`; what its objects look like is not documented, so these are made up.
pub(crate) fn metadata(sent: &[Vec<u8>]) -> Vec<Value> {
    sent.iter().filter_map(|der| describe(der)).collect()
}

fn describe(der: &[u8]) -> Option<Value> {
    let certificate = parse(der)?;
    let moment = |seconds| jiff::Timestamp::from_second(seconds).unwrap_or_default().to_string();
    let validity = certificate.validity();
    let thumbprint: String = Sha256::digest(der).iter().map(|byte| format!("{byte:02X}")).collect();
    Some(json!({
        "subject": certificate.subject().to_string(),
        "issuer": certificate.issuer().to_string(),
        "subjectAlternativeNames": names(&certificate),
        "notBefore": moment(validity.not_before.timestamp()),
        "notAfter": moment(validity.not_after.timestamp()),
        "serialNumber": certificate.raw_serial().iter().map(|byte| format!("{byte:02X}")).collect::<String>(),
        "thumbprint": thumbprint,
    }))
}
