//! A storage account of Azurite's, with a container and a queue of its own for each test.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::http::HttpClient;
use azure_core::time::OffsetDateTime;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::json;
use url::Url;

use crate::clock::SystemClock;
use crate::ports::Clock;
use crate::store::azure::client;
use crate::store::conformance::Subject;
use crate::store::{AzureStore, AzureStoreOptions};

/// The account that every Azurite has.
const NAME: &str = "devstoreaccount1";

/// Where a test keeps its things.
#[derive(Clone)]
pub(super) struct Account(AzureStoreOptions);

impl Account {
    pub(super) fn new() -> Self {
        let own = format!("test-{:016x}", getrandom::u64().unwrap());
        Self::at(&from_environment("AGW_TEST_BLOB"), &from_environment("AGW_TEST_QUEUE"), &own)
    }

    /// An account at these addresses.
    pub(super) fn at(blob: &str, queue: &str, own: &str) -> Self {
        let account = |base: &str| Url::parse(base).unwrap().join(NAME).unwrap();
        let (container, queue_name) = (own.to_owned(), own.to_owned());
        Self(AzureStoreOptions { blob: account(blob), queue: account(queue), container, queue_name })
    }

    /// Another instance of the bot, as it were: nothing is shared but the account.
    pub(super) fn store(&self) -> AzureStore {
        AzureStore::new(self.0.clone(), Arc::new(Unsigned::default()), Arc::new(SystemClock)).unwrap()
    }

    /// An instance whose requests go through this.
    pub(super) fn store_over(&self, client: Arc<dyn HttpClient>) -> AzureStore {
        let options = client::options_over(client);
        AzureStore::over(options, self.0.clone(), Arc::new(Unsigned::default()), Arc::new(SystemClock))
            .unwrap()
    }

    /// An instance whose tokens are for something else.
    pub(super) fn store_of_a_stranger(&self) -> AzureStore {
        let credential = Unsigned { audience: "https://management.azure.com" };
        AzureStore::new(self.0.clone(), Arc::new(credential), Arc::new(SystemClock)).unwrap()
    }

    /// What the checks want, with the container and the queue in place so that they count from there.
    pub(super) async fn subject(&self) -> Subject {
        let store = self.store();
        store.warm().await;
        Subject::of(store, ()).by(Arc::new(SystemClock))
    }
}

fn from_environment(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is the address of Azurite: run `cargo xtask test`"))
}

/// Tokens that say what Azurite checks, and are signed by nobody.
#[derive(Debug)]
pub(super) struct Unsigned {
    audience: &'static str,
}

impl Default for Unsigned {
    fn default() -> Self {
        Self { audience: "https://storage.azure.com" }
    }
}

#[async_trait]
impl TokenCredential for Unsigned {
    async fn get_token(
        &self,
        _: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let now = SystemClock.now().as_second();
        let claims = json!({
            "aud": self.audience,
            "iss": "https://sts.windows.net/11111111-2222-3333-4444-555555555555/",
            "nbf": now - 60, "iat": now - 60, "exp": now + 3_600,
        });
        let part = |value: serde_json::Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let token = format!("{}.{}.none", part(json!({"typ": "JWT", "alg": "RS256"})), part(claims));
        let expires = OffsetDateTime::from_unix_timestamp(now).unwrap() + Duration::from_secs(3_600);
        Ok(AccessToken::new(token, expires))
    }
}
