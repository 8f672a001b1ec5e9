//! Whether a chain leads to a well-known root, and whether it is good today for a name.

use std::sync::Arc;
use std::time::Duration;

use domain::certificate::Certificate;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, Error, RootCertStore};

use super::{text, verifier};

/// The roots that count.
pub(super) struct Trust(Arc<WebPkiServerVerifier>);

/// What is made of a chain.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Judgement {
    /// Why it is not to be trusted today for the name that was asked for; none if it is.
    pub(super) why_not: Option<String>,
    /// Whether it leads to one of the roots, whatever its names and dates; none if that cannot be told.
    pub(super) rooted: Option<bool>,
}

impl Trust {
    /// Mozilla's list, and these.
    pub(super) fn in_well_known_roots(more: &[Vec<u8>]) -> Result<Self, String> {
        let more = more.iter().map(|root| CertificateDer::from(root.clone()));
        Self::of(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned().chain(more))
    }

    pub(super) fn of(roots: impl IntoIterator<Item = CertificateDer<'static>>) -> Result<Self, String> {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(roots);
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(store), verifier::provider()).build();
        verifier.map(Self).map_err(|error| error.to_string())
    }

    /// Judges a chain: for a name, or for none.
    pub(super) fn judge(&self, chain: &[CertificateDer<'_>], name: Option<&str>) -> Judgement {
        let why_not = match self.verify(chain, name, UnixTime::now()) {
            Ok(()) => None,
            Err(error) if name.is_none() && is_about_the_name(&error) => None,
            Err(error) => Some(in_words(&error)),
        };
        Judgement { why_not, rooted: self.rooted(chain) }
    }

    /// At a moment when all that was sent was valid already, so that nothing is said about dates.
    fn rooted(&self, chain: &[CertificateDer<'_>]) -> Option<bool> {
        let read: Vec<Certificate> = chain.iter().filter_map(|one| Certificate::parse(one).ok()).collect();
        let latest = read.iter().map(|one| one.not_before.as_second()).max()?;
        let at = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(latest).ok()?));
        match self.verify(chain, None, at) {
            Ok(()) => Some(true),
            Err(error) if is_about_the_name(&error) => Some(true),
            // A signature that does not fit is by a namesake of a root.
            Err(Error::InvalidCertificate(
                CertificateError::UnknownIssuer | CertificateError::BadSignature,
            )) => Some(false),
            // One that issued itself leads nowhere else.
            Err(_) => read.first().filter(|leaf| leaf.is_self_signed()).map(|_| false),
        }
    }

    fn verify(&self, chain: &[CertificateDer<'_>], name: Option<&str>, at: UnixTime) -> Result<(), Error> {
        let unnamed = "unnamed.invalid";
        let name = name.and_then(|name| ServerName::try_from(name.to_owned()).ok());
        let name =
            name.map_or_else(|| ServerName::try_from(unnamed), Ok).map_err(|_| Error::UnsupportedNameType)?;
        let (leaf, rest) = chain.split_first().ok_or(Error::NoCertificatesPresented)?;
        self.0.verify_server_cert(leaf, rest, &name, &[], at).map(drop)
    }
}

/// The name comes last: an error about it says that the rest is good.
fn is_about_the_name(error: &Error) -> bool {
    matches!(
        error,
        Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }
        )
    )
}

fn in_words(error: &Error) -> String {
    let Error::InvalidCertificate(about) = error else { return text::safe(&error.to_string()) };
    match about {
        CertificateError::UnknownIssuer => "it leads to no well-known root".to_owned(),
        CertificateError::BadSignature => "a signature in it does not fit".to_owned(),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it is expired".to_owned(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "it is not valid yet".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it is for other names".to_owned()
        }
        _ => text::safe(&error.to_string()),
    }
}
