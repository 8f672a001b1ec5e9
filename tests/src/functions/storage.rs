//! The storage account, spoken to over its REST API.

mod blobs;
mod queues;

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::fmt::rfc2822::DateTimePrinter;
use reqwest::header::HeaderMap;
use reqwest::{Certificate, Client, Method};
use url::Url;

use crate::functions::{chance, token, xml};

pub use blobs::Blob;
pub use queues::Message;

/// The version of the API that is spoken.
const VERSION: &str = "2025-11-05";
/// How long the service may take.
const LONGEST: Duration = Duration::from_secs(30);

/// A storage account of the test's own: where its queues and blobs are, and whose certificates they show.
#[derive(Debug, Clone)]
pub struct Storage {
    /// The queue service, `https://127.0.0.1:PORT/ACCOUNT`.
    pub queue: Url,
    /// The blob service, in the same form.
    pub blob: Url,
    /// The authority that signed their certificates, as PEM.
    pub ca: PathBuf,
    client: Client,
}

/// What the service answers when it does not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageError {
    /// The status, or 0 where there was no answer.
    pub status: u16,
    /// The error's code, or why there was no answer.
    pub code: String,
}

impl std::fmt::Display for StorageError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "storage answered {} {}", self.status, self.code)
    }
}

impl std::error::Error for StorageError {}

/// What a call ended with.
pub(crate) struct Done {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Done {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Storage {
    /// The account of this name with the services that the test runner started, or `None` where it started
    /// none. The runner says where they are by `AGW_TEST_BLOB`, `AGW_TEST_QUEUE` and `AGW_TEST_CA`.
    #[must_use]
    pub fn account(name: &str) -> Option<Self> {
        let service = |key| {
            let url: Url = std::env::var(key).ok()?.parse().unwrap_or_else(|error| panic!("{key}: {error}"));
            Some(url.join(name).expect("a name"))
        };
        let ca = PathBuf::from(std::env::var_os("AGW_TEST_CA")?);
        Some(Self::at(service("AGW_TEST_QUEUE")?, service("AGW_TEST_BLOB")?, &ca))
    }

    /// The account behind these addresses.
    #[must_use]
    pub fn at(queue: Url, blob: Url, ca: &Path) -> Self {
        let pem = std::fs::read(ca).unwrap_or_else(|error| panic!("{}: {error}", ca.display()));
        let ca_read = Certificate::from_pem(&pem).expect("a certificate");
        let client = Client::builder().tls_certs_only([ca_read]).timeout(LONGEST).build().expect("a client");
        Self { queue, blob, ca: ca.to_owned(), client }
    }

    /// Its blob service.
    #[must_use]
    pub fn blob(&self) -> &Url {
        &self.blob
    }

    /// Its queue service.
    #[must_use]
    pub fn queue(&self) -> &Url {
        &self.queue
    }

    /// The app settings that lead to it by managed identity (Azure Functions documentation, "Connecting to
    /// host storage with an identity"), and the variable by which the handler learns the authority.
    #[must_use]
    pub fn settings(&self) -> Vec<(String, String)> {
        [
            ("AzureWebJobsStorage__blobServiceUri", self.blob.to_string()),
            ("AzureWebJobsStorage__queueServiceUri", self.queue.to_string()),
            ("AzureWebJobsStorage__credential", "managedidentity".to_owned()),
            ("SSL_CERT_FILE", self.ca.display().to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    /// Makes a call, and gives what came back, whatever it was.
    async fn call(
        &self,
        method: Method,
        url: Url,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<Done, StorageError> {
        let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&chance::now()).expect("a date");
        let mut request = self.client.request(method, url).body(body);
        request = request.bearer_auth(token::issue("https://storage.azure.com").0);
        request = request.header("x-ms-version", VERSION).header("x-ms-date", date);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let lost = |error: reqwest::Error| StorageError { status: 0, code: format!("{error:?}") };
        let answer = request.send().await.map_err(lost)?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Ok(Done { status, headers, body: answer.bytes().await.map_err(lost)?.to_vec() })
    }

    /// Makes a call that is to succeed.
    async fn ask(
        &self,
        method: Method,
        url: Url,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<Done, StorageError> {
        let done = self.call(method, url, headers, body).await?;
        if (200..300).contains(&done.status) { Ok(done) } else { Err(refusal(&done)) }
    }
}

fn refusal(done: &Done) -> StorageError {
    let header = done.headers.get("x-ms-error-code").and_then(|code| code.to_str().ok());
    let text = done.text();
    let code = header.or_else(|| xml::text(&text, "Code")).unwrap_or(&text);
    StorageError { status: done.status, code: code.to_owned() }
}

/// An address below a service's.
fn below(service: &Url, path: &[&str], query: &[(&str, &str)]) -> Url {
    let mut url = service.clone();
    url.path_segments_mut().expect("an http address").pop_if_empty().extend(path);
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    url
}
