//! What an [`ArmClient`](super::ArmClient) is told: where Azure is, what is in scope, and how long to wait.

use std::time::Duration;

use url::{Host, Url};

/// Azure's public cloud.
pub const PUBLIC_ENDPOINT: &str = "https://management.azure.com";

/// The token audience of the public cloud; also that of a simulator, which has none of its own.
const PUBLIC_SCOPE: &str = "https://management.azure.com/.default";

/// Why a client could not be built.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Nothing can be requested from this URL.
    #[error("'{url}' is not an http or https URL of a server")]
    NotAServer {
        /// The URL.
        url: String,
    },
    /// A URL with a name, password, query or fragment; not shown, as it may hold a secret.
    #[error("the URL of '{host}' must not have a user, query or fragment")]
    TooMuch {
        /// Its host.
        host: String,
    },
    /// Plain http to another machine would let others read along.
    #[error("'{url}' must be https: plain http is for loopback addresses only")]
    NotEncrypted {
        /// The URL.
        url: String,
    },
    /// The HTTP client could not be built: the system's certificates cannot be read, for example.
    #[error("the HTTP client could not be built: {0}")]
    Client(#[source] reqwest::Error),
}

/// What an [`ArmClient`](super::ArmClient) is told.
#[derive(Debug, Clone)]
pub struct ArmConfig {
    /// Where Azure Resource Manager is. Another cloud has another one, and so has a simulator.
    pub endpoint: Url,
    /// The subscriptions to look for gateways in; empty means all that the identity can see.
    pub subscriptions: Vec<String>,
    /// The gateways in scope, by name or by id; empty means all.
    pub gateways: Vec<String>,
    /// The token's scope, if it is not the one that goes with the endpoint.
    pub scope: Option<String>,
    /// How long to wait.
    pub pace: Pace,
}

impl ArmConfig {
    /// Everything in the cloud at this endpoint that the identity can see, at the usual pace.
    #[must_use]
    pub fn new(endpoint: Url) -> Self {
        let (subscriptions, gateways) = (Vec::new(), Vec::new());
        Self { endpoint, subscriptions, gateways, scope: None, pace: Pace::default() }
    }

    /// The scope of the tokens that the endpoint takes.
    ///
    /// An unknown host gets a token for itself: never one that the public cloud would take.
    #[must_use]
    pub fn token_scope(&self) -> String {
        if let Some(scope) = &self.scope {
            return scope.clone();
        }
        let host = self.endpoint.host_str().unwrap_or_default();
        let public = host == "management.azure.com" || host.ends_with(".management.azure.com");
        if public || is_loopback(&self.endpoint) {
            PUBLIC_SCOPE.to_owned()
        } else {
            format!("{}/.default", self.endpoint.origin().ascii_serialization())
        }
    }
}

/// How long to wait for Azure, and how often to ask.
#[derive(Debug, Clone)]
pub struct Pace {
    /// For a connection.
    pub connect: Duration,
    /// For a token.
    pub token: Duration,
    /// For the answer to one request.
    pub attempt: Duration,
    /// For a reading, with all its attempts.
    pub read: Duration,
    /// For a reading that Azure carries out in the background: backend health takes up to a minute.
    pub long_read: Duration,
    /// For a PUT to be taken.
    pub write: Duration,
    /// Before the first second attempt, at most; doubled for each further one.
    pub backoff: Duration,
    /// Before asking first whether a background reading is done; grows by half each time.
    pub poll: Duration,
    /// How old a list of gateways may be.
    pub list_age: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            token: Duration::from_secs(15),
            attempt: Duration::from_secs(15),
            read: Duration::from_secs(40),
            long_read: Duration::from_secs(100),
            write: Duration::from_secs(60),
            backoff: Duration::from_millis(500),
            poll: Duration::from_secs(1),
            list_age: Duration::from_secs(30),
        }
    }
}

/// Checks that an endpoint is one that requests may go to.
pub(super) fn check(endpoint: &Url) -> Result<(), ConfigError> {
    let http = endpoint.scheme() == "http";
    let Some(host) = endpoint.host_str().filter(|_| http || endpoint.scheme() == "https") else {
        return Err(ConfigError::NotAServer { url: super::text::safe(endpoint.as_str()) });
    };
    let user = !endpoint.username().is_empty() || endpoint.password().is_some();
    if user || endpoint.query().is_some() || endpoint.fragment().is_some() {
        return Err(ConfigError::TooMuch { host: host.to_owned() });
    }
    if http && !is_loopback(endpoint) {
        return Err(ConfigError::NotEncrypted { url: endpoint.to_string() });
    }
    Ok(())
}

/// Whether a URL points to this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(endpoint: &str) -> String {
        check(&endpoint.parse().unwrap()).map_or_else(|error| error.to_string(), |()| "fine".to_owned())
    }

    #[test]
    fn plain_http_is_for_loopback_only() {
        for fine in [
            "https://management.azure.com",
            "http://127.0.0.1:9000",
            "http://[::1]:9000/",
            "http://localhost",
        ] {
            assert_eq!(verdict(fine), "fine", "{fine}");
        }
        for bad in [
            "http://management.azure.com",
            "http://10.0.0.4",
            "http://localhost.evil.example",
            "http://127.evil.example",
        ] {
            assert!(verdict(bad).contains("must be https"), "{bad}");
        }
        assert!(verdict("file:///etc/passwd").contains("not an http"));
        assert_eq!(
            verdict("https://u:secret@arm.example/"),
            "the URL of 'arm.example' must not have a user, query or fragment"
        );
    }

    #[test]
    fn the_scope_belongs_to_the_cloud() {
        let scope = |endpoint: &str| ArmConfig::new(endpoint.parse().unwrap()).token_scope();
        assert_eq!(scope("https://management.azure.com/"), PUBLIC_SCOPE);
        assert_eq!(scope("https://westeurope.management.azure.com"), PUBLIC_SCOPE);
        assert_eq!(scope("https://127.0.0.1:9443"), PUBLIC_SCOPE);
        assert_eq!(
            scope("https://management.usgovcloudapi.net"),
            "https://management.usgovcloudapi.net/.default"
        );
        assert_eq!(
            scope("https://management.azure.com.evil.example"),
            "https://management.azure.com.evil.example/.default"
        );
    }
}
