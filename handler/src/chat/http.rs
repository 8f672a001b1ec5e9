//! The way out over HTTP, the same for every platform.

use std::sync::OnceLock;
use std::time::Duration;

use reqwest::{Client, ClientBuilder, redirect};

/// Shorter than any function's timeout; chat platforms answer in well under a second.
const DEADLINE: Duration = Duration::from_secs(10);
const CONNECT: Duration = Duration::from_secs(5);

/// A client that is built for the first message: reading the system's certificates takes milliseconds of a start.
#[derive(Debug, Default)]
pub(super) struct LazyClient(OnceLock<Client>);

impl LazyClient {
    /// The client. It follows no redirect, which could carry a token, or a reply, somewhere else.
    ///
    /// # Errors
    /// When it cannot be built.
    pub(super) fn get(&self, with: impl FnOnce(ClientBuilder) -> ClientBuilder) -> reqwest::Result<&Client> {
        if let Some(client) = self.0.get() {
            return Ok(client);
        }
        let client = Client::builder().timeout(DEADLINE).connect_timeout(CONNECT);
        let client = with(client.redirect(redirect::Policy::none())).build()?;
        Ok(self.0.get_or_init(|| client))
    }
}

/// Why a connection failed. The address is left out: it may be a secret, or name people.
pub(crate) fn failure(error: reqwest::Error) -> String {
    if error.is_timeout() { "no answer in time".to_owned() } else { causes(&error.without_url()) }
}

fn causes(error: &dyn std::error::Error) -> String {
    let mut all = vec![error.to_string()];
    let mut next = error.source();
    while let Some(source) = next {
        all.push(source.to_string());
        next = source.source();
    }
    all.join(": ")
}
