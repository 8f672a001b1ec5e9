//! A certificate for `127.0.0.1` and `localhost`, by an authority that nobody has to trust longer than a run.

use std::{
    fs,
    net::{IpAddr, Ipv4Addr},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};

/// The files of a server that speaks TLS, and the one that its clients have to trust.
pub(super) struct Certificate {
    /// What clients trust.
    pub(super) authority: PathBuf,
    /// What the server shows: its certificate.
    pub(super) chain: PathBuf,
    /// The server's key.
    pub(super) key: PathBuf,
}

impl Certificate {
    /// Makes them in this folder. The authority's own key is thrown away.
    pub(super) fn make(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("create {}", folder.display()))?;
        let file = |name: &str, text: String| {
            let file = folder.join(name);
            fs::write(&file, text).with_context(|| format!("write {}", file.display()))?;
            anyhow::Ok(file)
        };
        let key = KeyPair::generate()?;
        let params = authority();
        let certificate = params.self_signed(&key)?;
        let server_key = KeyPair::generate()?;
        let server = server()?.signed_by(&server_key, &Issuer::new(params, key))?;
        Ok(Self {
            authority: file("ca.pem", certificate.pem())?,
            chain: file("srv.pem", server.pem())?,
            key: file("srv.key", server_key.serialize_pem())?,
        })
    }
}

fn authority() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "Storage for tests, throw-away authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages =
        vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
    params
}

fn server() -> Result<CertificateParams> {
    let mut params = CertificateParams::new(vec!["localhost".to_owned()])?;
    params.subject_alt_names.push(SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)));
    params.distinguished_name.push(DnType::CommonName, "localhost");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}
