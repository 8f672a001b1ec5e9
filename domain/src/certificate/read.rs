//! From DER, or what gateways store of it, to types.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::prelude::FromDer as _;
use x509_parser::time::ASN1Time;
use x509_parser::x509::X509Name;

use super::{Certificate, DistinguishedName, NoCertificate};

/// The longest text of a name that is kept, in characters.
const LONGEST: usize = 200;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

pub(super) fn text(text: &str) -> Result<Certificate, NoCertificate> {
    if text.contains(BEGIN) {
        return pem(text);
    }
    let bytes = base64(text)?;
    match std::str::from_utf8(&bytes) {
        Ok(inner) if inner.contains(BEGIN) => pem(inner),
        _ => der(&bytes),
    }
}

fn pem(text: &str) -> Result<Certificate, NoCertificate> {
    let (_, rest) = text.split_once(BEGIN).ok_or(NoCertificate)?;
    let (body, rest) = rest.split_once(END).ok_or(NoCertificate)?;
    // Of several there is no telling which one counts.
    if rest.contains(BEGIN) {
        return Err(NoCertificate);
    }
    der(&base64(body)?)
}

fn base64(text: &str) -> Result<Vec<u8>, NoCertificate> {
    let compact: String = text.split_whitespace().collect();
    STANDARD.decode(compact).map_err(|_| NoCertificate)
}

pub(super) fn der(der: &[u8]) -> Result<Certificate, NoCertificate> {
    let (rest, parsed) = X509Certificate::from_der(der).map_err(|_| NoCertificate)?;
    if !rest.is_empty() {
        return Err(NoCertificate);
    }
    let (dns_names, ip_addresses) = alternative_names(&parsed);
    let common_name = parsed.subject().iter_common_name().filter_map(|name| name.as_str().ok()).last();
    Ok(Certificate {
        subject: name(parsed.subject()),
        issuer: name(parsed.issuer()),
        common_name: common_name.map(shown),
        dns_names,
        ip_addresses,
        not_before: moment(&parsed.validity().not_before),
        not_after: moment(&parsed.validity().not_after),
        is_ca: parsed.is_ca(),
        is_for_servers: is_for_servers(&parsed),
        subject_key: parsed.iter_extensions().find_map(|extension| match extension.parsed_extension() {
            ParsedExtension::SubjectKeyIdentifier(id) => Some(hex::encode(id.0)),
            _ => None,
        }),
        authority_key: parsed.iter_extensions().find_map(|extension| match extension.parsed_extension() {
            ParsedExtension::AuthorityKeyIdentifier(id) => Some(hex::encode(id.key_identifier.as_ref()?.0)),
            _ => None,
        }),
        serial: hex::encode(parsed.raw_serial()),
        fingerprint: hex::encode(Sha256::digest(der)),
        public_key: hex::encode(Sha256::digest(parsed.public_key().raw)),
    })
}

fn alternative_names(parsed: &X509Certificate<'_>) -> (Vec<String>, Vec<IpAddr>) {
    let (mut names, mut addresses) = (Vec::new(), Vec::new());
    for extension in parsed.iter_extensions() {
        let ParsedExtension::SubjectAlternativeName(all) = extension.parsed_extension() else { continue };
        for name in &all.general_names {
            match name {
                GeneralName::DNSName(name) => names.push(shown(name)),
                GeneralName::IPAddress(octets) => addresses.extend(address(octets)),
                _ => {}
            }
        }
    }
    (names, addresses)
}

/// RFC 5280, 4.2.1.12: where a certificate says what it is meant for, it is meant for nothing else.
fn is_for_servers(parsed: &X509Certificate<'_>) -> bool {
    parsed.iter_extensions().all(|extension| match extension.parsed_extension() {
        ParsedExtension::ExtendedKeyUsage(usage) => usage.server_auth || usage.any,
        _ => true,
    })
}

fn address(octets: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(octets).map(|octets| IpAddr::V4(Ipv4Addr::from(octets)));
    let v6 = || <[u8; 16]>::try_from(octets).map(|octets| IpAddr::V6(Ipv6Addr::from(octets)));
    v4.or_else(|_| v6()).ok()
}

fn name(name: &X509Name<'_>) -> DistinguishedName {
    DistinguishedName { words: shown(&name.to_string()), der: name.as_raw().to_vec() }
}

/// Anybody writes certificates, and people read this.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(LONGEST).collect()
}

fn moment(time: &ASN1Time) -> Timestamp {
    let seconds = time.timestamp();
    // "Never" is the year 9999, which is beyond what a timestamp can hold.
    let furthest = if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_second(seconds).unwrap_or(furthest)
}
