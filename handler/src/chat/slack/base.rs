//! Where Slack's Web API is, and which addresses for replies belong to Slack.

use std::fmt;

use url::Url;

use super::method::Method;
use crate::chat::link;

/// The address of Slack's Web API.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApiBase(Where);

#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum Where {
    #[default]
    Slack,
    /// A relay, or an emulator on this machine.
    Other(Url),
}

/// An address that a Slack token must not be sent to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' cannot be Slack's API: expected https, or http on loopback")]
pub struct NotAnApiBase(String);

impl ApiBase {
    /// Takes an address.
    ///
    /// # Errors
    /// When it is neither https nor on loopback.
    pub fn parse(address: &str) -> Result<Self, NotAnApiBase> {
        let url =
            link::safe(address.trim_end_matches('/')).ok_or_else(|| NotAnApiBase(address.to_owned()))?;
        Ok(Self(Where::Other(url)))
    }

    /// The address of a method such as `chat.postMessage`.
    pub(super) fn method(&self, method: Method) -> String {
        format!("{self}/{}", method.name())
    }

    /// A `response_url`, if it is Slack's own. Anything else would make the bot send a request wherever
    /// somebody likes.
    pub(super) fn response_url(&self, address: &str) -> Option<Url> {
        let url = link::safe(address)?;
        let slack = url.scheme() == "https"
            && url.host_str() == Some("hooks.slack.com")
            && url.port().is_none()
            && url.username().is_empty();
        let emulated =
            matches!(&self.0, Where::Other(base) if link::is_loopback(base) && url.origin() == base.origin());
        (slack || emulated).then_some(url)
    }

    /// An address for a file, if it is Slack's own, or of whoever stands in for Slack.
    pub(super) fn upload_url(&self, address: &str) -> Option<Url> {
        let url = link::safe(address)?;
        let host = url.host_str().unwrap_or_default();
        let within = |domain: &str| host == domain || host.ends_with(&format!(".{domain}"));
        let bare = url.scheme() == "https" && url.port().is_none() && url.username().is_empty();
        let allowed = match &self.0 {
            Where::Slack => bare && within("slack.com"),
            Where::Other(base) if link::is_loopback(base) => {
                link::is_loopback(&url) && url.port_or_known_default() == base.port_or_known_default()
            }
            Where::Other(base) => {
                url.origin() == base.origin() || (bare && base.host_str().is_some_and(within))
            }
        };
        allowed.then_some(url)
    }
}

impl fmt::Display for ApiBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Where::Slack => f.write_str("https://slack.com/api"),
            Where::Other(url) => f.write_str(url.as_str().trim_end_matches('/')),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ApiBase, Method};

    #[test]
    fn methods_are_appended() {
        assert_eq!(ApiBase::default().method(Method::UpdateMessage), "https://slack.com/api/chat.update");
        let local = ApiBase::parse("http://127.0.0.1:4300/api/").expect("loopback");
        assert_eq!(local.method(Method::UpdateMessage), "http://127.0.0.1:4300/api/chat.update");
    }

    #[test]
    fn a_token_goes_over_https_or_stays_here() {
        assert!(ApiBase::parse("http://slack.com/api").is_err());
        assert!(ApiBase::parse("slack.com").is_err());
    }

    #[test]
    fn replies_go_to_slack_alone() {
        let slack = ApiBase::default();
        assert!(slack.response_url("https://hooks.slack.com/commands/T1/2/x").is_some());
        for other in [
            "http://hooks.slack.com/commands/T1/2/x",
            "https://hooks.slack.com:8443/x",
            "https://hooks.slack.com@example.com/x",
            "https://x@hooks.slack.com/x",
            "https://hooks.slack.com.example.com/x",
            "http://127.0.0.1:4300/x",
            "http://169.254.169.254/metadata",
            "",
        ] {
            assert!(slack.response_url(other).is_none(), "{other}");
        }
        let local = ApiBase::parse("http://127.0.0.1:4300/api").expect("loopback");
        assert!(local.response_url("http://127.0.0.1:4300/hooks/1").is_some());
        assert!(local.response_url("http://127.0.0.1:4301/hooks/1").is_none());
    }

    #[test]
    fn files_go_to_slack_alone() {
        let slack = ApiBase::default();
        assert!(slack.upload_url("https://files.slack.com/upload/v1/abc").is_some());
        for other in [
            "http://files.slack.com/upload/v1/abc",
            "https://files.slack.com:8443/x",
            "https://files.slack.com@example.com/x",
            "https://slack.com.example.com/x",
            "https://notslack.com/x",
            "http://127.0.0.1:4300/x",
            "",
        ] {
            assert!(slack.upload_url(other).is_none(), "{other}");
        }
        let local = ApiBase::parse("http://127.0.0.1:4300/api").expect("loopback");
        assert!(local.upload_url("http://localhost:4300/upload/1").is_some());
        assert!(local.upload_url("http://localhost:4301/upload/1").is_none());
        assert!(local.upload_url("https://files.slack.com/upload/1").is_none());
        let government = ApiBase::parse("https://slack-gov.com/api").expect("https");
        assert!(government.upload_url("https://files.slack-gov.com/x").is_some());
        assert!(government.upload_url("https://files.slack.com/x").is_none());
    }
}
