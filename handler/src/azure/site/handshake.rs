//! A TLS handshake with a server, to see the certificates that it sends.
//!
//! Any certificate is taken, as it is looked at and nothing is entrusted to the server: nothing is sent beside
//! the handshake. Whether the chain leads to a well-known root is found out afterwards, against Mozilla's list
//! and not this machine's store, which knows roots that no gateway does.

mod reach;
#[cfg(test)]
mod tests;
mod trust;
mod verifier;

use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::evidence::{Peer, Reading, WhyNot};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, Error, ProtocolVersion};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::Url;

use self::trust::Trust;
use self::verifier::Recorder;
use super::text;

/// How long name, connection and handshake may take together.
const PATIENCE: Duration = Duration::from_secs(5);

/// Shakes hands with servers.
pub(super) struct Handshakes {
    proxy: Option<Url>,
    /// Roots of a rehearsal, as DER: they count beside Mozilla's where there is a proxy.
    roots: Vec<Vec<u8>>,
    patience: Duration,
    /// Built for the first handshake: the well-known roots take milliseconds of a start.
    trust: OnceLock<Result<Trust, String>>,
}

/// What a handshake showed.
struct Shown {
    chain: Vec<CertificateDer<'static>>,
    protocol: Option<ProtocolVersion>,
}

/// How a handshake ended without certificates.
enum Failure {
    /// The server answered, and not in TLS.
    NotTls,
    /// Anything else.
    Other(String),
}

impl Handshakes {
    pub(super) fn new(proxy: Option<Url>, roots: Vec<Vec<u8>>) -> Self {
        let roots = if proxy.is_some() { roots } else { Vec::new() };
        Self { proxy, roots, patience: PATIENCE, trust: OnceLock::new() }
    }

    /// The certificates that a server sends, and whether they lead to a well-known root.
    pub(super) async fn with(&self, peer: &Peer) -> Reading<Value> {
        match tokio::time::timeout(self.patience, self.look(peer)).await {
            Ok(Ok(seen)) => Reading::Read(seen),
            Ok(Err(what)) => Reading::NotRead(WhyNot::Failed { what }),
            Err(_) => Reading::NotRead(WhyNot::TooSlow { seconds: self.patience.as_secs().max(1) }),
        }
    }

    async fn look(&self, peer: &Peer) -> Result<Value, String> {
        let connection = reach::connect(peer, self.proxy.as_ref()).await?;
        let address = connection.address;
        match shake(peer, connection.stream).await {
            Ok(shown) => {
                let (chain, name) = (shown.chain, peer.name.clone());
                let trust = self.trust()?.judge(&chain, name.as_deref());
                let chain: Vec<String> = chain.iter().map(|one| STANDARD.encode(one)).collect();
                Ok(json!({
                    "tls": true, "chain": chain, "address": address,
                    "protocol": shown.protocol.and_then(|version| version.as_str().map(in_short)),
                    "trusted": trust.why_not.is_none(), "why_not_trusted": trust.why_not, "rooted": trust.rooted,
                }))
            }
            Err(Failure::NotTls) => Ok(json!({
                "tls": false, "chain": [], "address": address, "protocol": null,
                "trusted": false, "why_not_trusted": "it does not speak TLS", "rooted": null,
            })),
            Err(Failure::Other(what)) => Err(what),
        }
    }

    fn trust(&self) -> Result<&Trust, String> {
        let well_known = || Trust::in_well_known_roots(&self.roots);
        self.trust.get_or_init(well_known).as_ref().map_err(Clone::clone)
    }
}

/// `TLSv1_3` as people write it: `TLSv1.3`.
fn in_short(version: &str) -> String {
    version.replace('_', ".")
}

async fn shake(peer: &Peer, stream: TcpStream) -> Result<Shown, Failure> {
    let recorder = Arc::new(Recorder::new());
    let config = config(&recorder, peer.name.is_some()).map_err(|error| Failure::Other(error.to_string()))?;
    let name = peer.name.as_ref().unwrap_or(&peer.address).clone();
    let name = ServerName::try_from(name)
        .map_err(|_| Failure::Other("the name cannot be asked for in a handshake".to_owned()))?;
    match TlsConnector::from(Arc::new(config)).connect(name, stream).await {
        Ok(mut stream) => {
            let protocol = stream.get_ref().1.protocol_version();
            // A polite end. What it says of the certificates is known by now.
            let _ = stream.shutdown().await;
            Ok(Shown { chain: recorder.chain(), protocol })
        }
        // A server that wants a certificate of ours, for example, breaks off after it has shown its own.
        Err(error) => match recorder.chain() {
            chain if chain.is_empty() => Err(failure(&error)),
            chain => Ok(Shown { chain, protocol: None }),
        },
    }
}

fn config(recorder: &Arc<Recorder>, sni: bool) -> Result<ClientConfig, Error> {
    let mut config = ClientConfig::builder_with_provider(verifier::provider())
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(recorder) as _)
        .with_no_client_auth();
    config.enable_sni = sni;
    Ok(config)
}

fn failure(error: &io::Error) -> Failure {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    match tls {
        Some(Error::InvalidMessage(_)) => Failure::NotTls,
        Some(error) => Failure::Other(format!("the handshake failed: {}", text::safe(&error.to_string()))),
        None => Failure::Other(format!("the connection broke: {}", text::safe(&error.to_string()))),
    }
}
