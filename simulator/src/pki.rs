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
    BasicConstraints, CertificateParams, DnType, Error, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
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

/// The certificate that signed itself for this name, the same way.
pub(crate) fn self_base64(name: &str) -> Result<String, String> {
    let failed = |error: TlsError| format!("no certificate for `{name}`: {error}");
    let (certificate, _) = self_signed(&TlsSpec::self_signed(name)).map_err(failed)?;
    Ok(STANDARD.encode(&certificate))
}

/// What a backend shows in a handshake, and the key to its leaf.
pub(crate) fn identity(spec: &TlsSpec) -> Result<CertifiedKey, TlsError> {
    if spec.issuer == SELF {
        let (certificate, key) = self_signed(spec)?;
        return certified(vec![certificate], key);
    }
    let authority = authority(&spec.issuer)?;
    let signer = if spec.intermediate { &authority.intermediate } else { &authority.root };
    let key = KeyPair::generate()?;
    let leaf = leaf_params(spec)?.signed_by(&key, &signer.issuer)?;
    let default = || if spec.intermediate { vec![Sent::Leaf, Sent::Intermediate] } else { vec![Sent::Leaf] };
    let of = |which: &Sent| match which {
        Sent::Leaf => leaf.der().clone(),
        Sent::Intermediate => authority.intermediate.certificate.clone(),
        Sent::Root => authority.root.certificate.clone(),
    };
    let sent = spec.sends.clone().unwrap_or_else(default);
    certified(sent.iter().map(of).collect(), key.serialize_der())
}

fn certified(chain: Vec<CertificateDer<'static>>, key: Vec<u8>) -> Result<CertifiedKey, TlsError> {
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key));
    Ok(CertifiedKey::new(chain, rustls::crypto::aws_lc_rs::sign::any_supported_type(&private)?))
}

/// A certificate and its key.
type Pair = (CertificateDer<'static>, Vec<u8>);

/// The certificate that signed itself as this says: always the same one, so that it can be uploaded.
fn self_signed(spec: &TlsSpec) -> Result<Pair, TlsError> {
    static KNOWN: OnceLock<Mutex<HashMap<String, Pair>>> = OnceLock::new();
    let mut known = KNOWN.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    let likeness = format!("{:?} {:?} {:?}", spec.names, spec.valid, spec.usage);
    if let Some(pair) = known.get(&likeness) {
        return Ok(pair.clone());
    }
    let key = KeyPair::generate()?;
    let pair = (leaf_params(spec)?.self_signed(&key)?.der().clone(), key.serialize_der());
    known.insert(likeness, pair.clone());
    Ok(pair)
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
