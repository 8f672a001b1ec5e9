//! A certificate authority for one run: nobody has to trust it longer than that.

use std::{
    net::{IpAddr, Ipv4Addr},
    path::{Path, PathBuf},
    sync::Arc,
};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};
use rustls::{
    DigitallySignedStruct, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use tokio_rustls::TlsAcceptor;

use crate::{
    pki,
    scenario::{TlsSpec, TlsVersion},
};

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    #[error(transparent)]
    Certificate(#[from] rcgen::Error),
    #[error(transparent)]
    Rustls(#[from] rustls::Error),
    #[error(transparent)]
    File(#[from] std::io::Error),
}

/// Makes an authority, writes its certificate to `ca.pem` in the folder, and has it sign one for
/// `127.0.0.1` and `localhost`. The authority's key is thrown away.
pub(crate) fn prepare(folder: &Path) -> Result<(TlsAcceptor, PathBuf), TlsError> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "Simulated Azure, throw-away authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages =
        vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
    let authority = params.self_signed(&key)?;
    std::fs::create_dir_all(folder)?;
    let file = folder.join("ca.pem");
    std::fs::write(&file, authority.pem())?;

    let (leaf, leaf_key) = server(&Issuer::new(params, key))?;
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(leaf_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone(), authority.der().clone()], private)?;
    Ok((TlsAcceptor::from(Arc::new(config)), file))
}

fn server(authority: &Issuer<'_, KeyPair>) -> Result<(rcgen::Certificate, KeyPair), rcgen::Error> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(vec!["localhost".to_owned()])?;
    params.subject_alt_names.push(SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)));
    params.distinguished_name.push(DnType::CommonName, "localhost");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    Ok((params.signed_by(&key, authority)?, key))
}

/// What a client says in its ALPN list to tell which of several gateways it is. Copies of a scenario have their
/// backends at the same ports, and a certificate has to be chosen before anything else can be said.
const GATEWAY: &str = "x-simulator-gateway-";

/// The gateway's side of a handshake. It takes every certificate: what they are worth is judged afterwards.
pub(crate) fn trusting_client(
    legacy: bool,
    gateway: usize,
) -> Result<Arc<rustls::ClientConfig>, rustls::Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let versions: &[_] =
        if legacy { &[&rustls::version::TLS12] } else { &[&rustls::version::TLS13, &rustls::version::TLS12] };
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(TakesEverything))
        .with_no_client_auth();
    config.resumption = rustls::client::Resumption::disabled();
    config.alpn_protocols = vec![b"http/1.1".to_vec(), format!("{GATEWAY}{gateway}").into_bytes()];
    Ok(Arc::new(config))
}

#[derive(Debug)]
struct TakesEverything;

impl ServerCertVerifier for TakesEverything {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        rustls::crypto::aws_lc_rs::default_provider().signature_verification_algorithms.supported_schemes()
    }
}

/// The side of backends that are alike but for their gateway, in its order.
pub(crate) fn backends(specs: &[&TlsSpec]) -> Result<TlsAcceptor, TlsError> {
    let identities: Result<Vec<_>, TlsError> =
        specs.iter().map(|spec| pki::identity(spec).map(Arc::new)).collect();
    let newest = specs.iter().any(|spec| spec.min_tls == TlsVersion::Tls13);
    let versions: &[_] =
        if newest { &[&rustls::version::TLS13] } else { &[&rustls::version::TLS13, &rustls::version::TLS12] };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(ByGateway(identities?)));
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Shows each gateway the certificate that its own backend has, and strangers that of the first one.
#[derive(Debug)]
struct ByGateway(Vec<Arc<CertifiedKey>>);

impl ResolvesServerCert for ByGateway {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let number = |word: &[u8]| std::str::from_utf8(word).ok()?.strip_prefix(GATEWAY)?.parse().ok();
        let gateway: Option<usize> = hello.alpn().and_then(|mut words| words.find_map(number));
        self.0.get(gateway.unwrap_or(0)).cloned()
    }
}
