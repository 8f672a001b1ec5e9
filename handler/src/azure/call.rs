//! The calls that the bot makes: what each is about, and which permission it needs.

use domain::evidence::Asker;
use reqwest::Method;
use serde_json::Value;
use url::Url;

/// The version of Microsoft.Network.
pub(super) const NETWORK: &str = domain::gateway::API_VERSION;
/// The version of Microsoft.Authorization/locks.
pub(super) const LOCKS: &str = "2016-09-01";
/// The version of the list of subscriptions.
pub(super) const SUBSCRIPTIONS: &str = "2022-12-01";

/// One request to Azure, and what it is for.
#[derive(Debug)]
pub(super) struct Call<'a> {
    /// GET, POST, PUT or DELETE.
    pub(super) method: Method,
    /// Where to.
    pub(super) url: Url,
    /// What is sent.
    pub(super) body: Option<&'a Value>,
    /// Sent as `If-Match`.
    pub(super) etag: Option<&'a str>,
    /// What it is about, as the start of "… was not found".
    pub(super) what: String,
    /// The permission that it needs.
    pub(super) action: &'static str,
    /// Whose token goes with it.
    pub(super) asker: Asker,
}

impl Call<'_> {
    /// A GET.
    pub(super) fn get(url: Url, what: String, action: &'static str) -> Self {
        Call { method: Method::GET, url, body: None, etag: None, what, action, asker: Asker::Reader }
    }
}
