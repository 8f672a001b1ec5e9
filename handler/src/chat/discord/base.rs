//! Where Discord's API is, and which addresses for answers belong to it.

use std::fmt;

use url::Url;

use crate::chat::link;

/// The version of the API that is spoken.
const DISCORD: &str = "https://discord.com/api/v10";

/// The address of Discord's API.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApiBase(Option<Url>);

/// An address that a Discord token must not be sent to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' cannot be Discord's API: expected https, or http on loopback")]
pub struct NotAnApiBase(String);

impl ApiBase {
    /// Takes an address.
    ///
    /// # Errors
    /// When it is neither https nor on loopback.
    pub fn parse(address: &str) -> Result<Self, NotAnApiBase> {
        let url =
            link::safe(address.trim_end_matches('/')).ok_or_else(|| NotAnApiBase(address.to_owned()))?;
        Ok(Self(Some(url)))
    }

    /// The address of a path such as `channels/1/messages`.
    pub(super) fn at(&self, path: &str) -> String {
        format!("{self}/{path}")
    }

    /// Where the answers to an interaction go for fifteen minutes: whoever knows the token may answer. None when it
    /// is no token.
    pub(super) fn answers(&self, application: &str, token: &str) -> Option<String> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let is_one = !token.is_empty() && token.len() <= 512 && token.chars().all(plain);
        // `..` would lead elsewhere.
        (is_one && !token.contains("..")).then(|| self.at(&format!("webhooks/{application}/{token}")))
    }

    /// Whether an address is one of [`ApiBase::answers`] of an application. What comes from a store is not taken at
    /// its word.
    pub(super) fn is_answers(&self, application: &str, address: &str) -> bool {
        let token = address.strip_prefix(&self.at(&format!("webhooks/{application}/")));
        token.is_some_and(|token| self.answers(application, token).as_deref() == Some(address))
    }
}

impl fmt::Display for ApiBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            None => f.write_str(DISCORD),
            Some(url) => f.write_str(url.as_str().trim_end_matches('/')),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ApiBase;

    #[test]
    fn paths_are_appended_and_a_token_goes_over_https_or_stays_here() {
        assert_eq!(ApiBase::default().at("users/@me"), "https://discord.com/api/v10/users/@me");
        let local = ApiBase::parse("http://127.0.0.1:4300/api/v10/").expect("loopback");
        assert_eq!(local.at("gateway"), "http://127.0.0.1:4300/api/v10/gateway");
        assert!(
            ApiBase::parse("http://discord.com/api/v10").is_err() && ApiBase::parse("discord.com").is_err()
        );
    }

    #[test]
    fn answers_go_to_the_applications_own_webhook_alone() {
        let base = ApiBase::default();
        let address = base.answers("845027738276462632", "A_UNIQUE.token-1").expect("a token");
        assert!(base.is_answers("845027738276462632", &address));
        for other in [
            "https://discord.com/api/v10/webhooks/1/A_UNIQUE.token-1",
            "https://discord.com/api/v10/webhooks/845027738276462632/../../channels/1",
            "https://discord.com/api/v10/webhooks/845027738276462632/",
            "https://discord.com/api/v10/webhooks/845027738276462632/a/b",
            "https://discord.com.example.com/api/v10/webhooks/845027738276462632/a",
            "http://169.254.169.254/metadata",
            "",
        ] {
            assert!(!base.is_answers("845027738276462632", other), "{other}");
        }
    }
}
