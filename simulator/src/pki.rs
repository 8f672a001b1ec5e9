//! The certificate authorities of the simulated world, and what they sign.
//!
//! An authority is made when its name is first heard, and stays the same until the process ends: a root that a
//! gateway was given is the one that its backends lead to.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::{ToSpan, civil::Date, tz::TimeZone};
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, Error, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose,
};
use rustls::{
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
    sign::CertifiedKey,
};

use crate::{
    random,
    scenario::{Sent, TlsSpec, Usage},
    tls::TlsError,
};

/// The authority that gateways trust without being told.
pub(crate) const PUBLIC: &str = "public";
/// The issuer of a certificate that signed itself.
const SELF: &str = "self";

/// A root and an intermediate below it.
#[derive(Debug)]
pub(crate) struct Authority {
    root: Signer,
    intermediate: Signer,
}

#[derive(Debug)]
struct Signer {
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new(name: &str) -> Result<Self, Error> {
        let (root, intermediate) = if name == PUBLIC {
            ("Example Trust Root R1".to_owned(), "Example Trust TLS Issuing CA 01".to_owned())
        } else {
            (format!("{name} Root CA"), format!("{name} Issuing CA"))
        };
        let root = Signer::new(&root, None)?;
        let intermediate = Signer::new(&intermediate, Some(&root))?;
        Ok(Self { root, intermediate })
    }

    /// The certificate of the root, as DER.
    pub(crate) fn root(&self) -> &CertificateDer<'static> {
        &self.root.certificate
    }
}

impl Signer {
    fn new(name: &str, above: Option<&Self>) -> Result<Self, Error> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.distinguished_name.push(DnType::OrganizationName, "Simulated");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.use_authority_key_identifier_extension = true;
        let certificate = match above {
            Some(above) => params.signed_by(&key, &above.issuer)?,
            None => params.self_signed(&key)?,
        };
        Ok(Self { certificate: certificate.der().clone(), issuer: Issuer::new(params, key) })
    }
}

/// All authorities that were heard of, by lower-case name.
type Known = Mutex<HashMap<String, Arc<Authority>>>;

fn known() -> &'static Known {
    static KNOWN: OnceLock<Known> = OnceLock::new();
    KNOWN.get_or_init(Known::default)
}

/// The authority of this name.
pub(crate) fn authority(name: &str) -> Result<Arc<Authority>, Error> {
    let mut known = known().lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(authority) = known.get(&name.to_lowercase()) {
        return Ok(Arc::clone(authority));
    }
    let authority = Arc::new(Authority::new(name)?);
    known.insert(name.to_lowercase(), Arc::clone(&authority));
    Ok(authority)
}

/// The certificates of every root there is.
pub(crate) fn roots() -> Vec<CertificateDer<'static>> {
    let known = known().lock().unwrap_or_else(PoisonError::into_inner);
    known.values().map(|authority| authority.root().clone()).collect()
}

/// The root of this name, as `trustedRootCertificates` hold one.
pub(crate) fn root_base64(name: &str) -> Result<String, String> {
    base64(name, |authority| &authority.root)
}

/// The intermediate below the root of this name, the same way.
pub(crate) fn intermediate_base64(name: &str) -> Result<String, String> {
    base64(name, |authority| &authority.intermediate)
}

fn base64(name: &str, which: fn(&Authority) -> &Signer) -> Result<String, String> {
    let authority = authority(name).map_err(|error| format!("no certificate for `{name}`: {error}"))?;
    Ok(STANDARD.encode(&which(&authority).certificate))
}

/// What a backend shows in a handshake, and the key to its leaf.
pub(crate) fn identity(spec: &TlsSpec) -> Result<CertifiedKey, TlsError> {
    let (leaf, key, authority) = leaf(spec)?;
    let default = if authority.is_some() && spec.intermediate {
        vec![Sent::Leaf, Sent::Intermediate]
    } else {
        vec![Sent::Leaf]
    };
    let sent = spec.sends.clone().unwrap_or(default);
    let of = |which: &Sent| match (which, &authority) {
        (Sent::Intermediate, Some(authority)) => authority.intermediate.certificate.clone(),
        (Sent::Root, Some(authority)) => authority.root.certificate.clone(),
        // Who signed itself is its own root.
        _ => leaf.der().clone(),
    };
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let signing = rustls::crypto::aws_lc_rs::sign::any_supported_type(&private)?;
    Ok(CertifiedKey::new(sent.iter().map(of).collect(), signing))
}

type Leaf = (Certificate, KeyPair, Option<Arc<Authority>>);

fn leaf(spec: &TlsSpec) -> Result<Leaf, TlsError> {
    let key = KeyPair::generate()?;
    let params = leaf_params(spec)?;
    if spec.issuer == SELF {
        return Ok((params.self_signed(&key)?, key, None));
    }
    let authority = authority(&spec.issuer)?;
    let signer = if spec.intermediate { &authority.intermediate } else { &authority.root };
    Ok((params.signed_by(&key, &signer.issuer)?, key, Some(authority)))
}

fn leaf_params(spec: &TlsSpec) -> Result<CertificateParams, TlsError> {
    let mut params = CertificateParams::new(spec.names.clone())?;
    if let Some(name) = spec.names.first() {
        params.distinguished_name.push(DnType::CommonName, name.as_str());
    }
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![match spec.usage {
        Usage::Server => ExtendedKeyUsagePurpose::ServerAuth,
        Usage::Client => ExtendedKeyUsagePurpose::ClientAuth,
    }];
    let today = today();
    let year = 365.days();
    let (from, to) = spec.valid.map_or_else(
        || (today.saturating_sub(year), today.saturating_add(year)),
        |valid| (valid.from, valid.to),
    );
    let midnight = |day: Date| {
        // Months and days of a date fit.
        let small = |number: i8| u8::try_from(number).unwrap_or(1);
        rcgen::date_time_ymd(day.year().into(), small(day.month()), small(day.day()))
    };
    (params.not_before, params.not_after) = (midnight(from), midnight(to));
    Ok(params)
}

fn today() -> Date {
    let now = jiff::Timestamp::from_second(random::now()).unwrap_or_default();
    TimeZone::UTC.to_datetime(now).date()
}
