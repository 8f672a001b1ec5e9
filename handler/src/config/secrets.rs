//! Secrets, which come from the environment alone: in Azure, from Key Vault references.

use secrecy::SecretString;

const SIGNING: &str = "AGW_SLACK_SIGNING_SECRET";
const BOT_TOKEN: &str = "AGW_SLACK_BOT_TOKEN";
const TEAMS_SECRET: &str = "AGW_TEAMS_APP_SECRET";
const DISCORD_TOKEN: &str = "AGW_DISCORD_BOT_TOKEN";
const ALERT_KEY: &str = "AGW_ALERT_KEY";

/// What only the bot may know. None of it is printed, by `Debug` either.
#[derive(Debug, Clone, Default)]
pub struct Secrets {
    /// `AGW_SLACK_SIGNING_SECRET`: what Slack signs requests with. Several, separated by commas, while one
    /// takes over from another; each is accepted.
    pub slack_signing: Vec<SecretString>,
    /// `AGW_SLACK_BOT_TOKEN`: what the bot shows to Slack.
    pub slack_bot_token: Option<SecretString>,
    /// `AGW_TEAMS_APP_SECRET`: a client secret of the bot's app, where no managed identity stands for it.
    pub teams_app_secret: Option<SecretString>,
    /// `AGW_DISCORD_BOT_TOKEN`: what the bot shows to Discord.
    pub discord_bot_token: Option<SecretString>,
    /// `AGW_ALERT_KEY`: what Azure Monitor shows to the bot.
    pub alert_key: Option<SecretString>,
}

/// A secret that cannot be used. It says which one, never what it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// It is set, to nothing.
    #[error("{0} is empty; set it, or unset it")]
    Empty(&'static str),
    /// It would not fit into a header.
    #[error("{0} has a space or a control character in it; was it copied whole?")]
    Mangled(&'static str),
    /// Azure put the reference there instead of the secret.
    #[error(
        "{0} is a Key Vault reference that Azure did not resolve; \
         does the app's identity have the role Key Vault Secrets User?"
    )]
    Unresolved(&'static str),
}

impl Secrets {
    /// Takes the secrets from the environment, or from whatever stands in for it. What is not set is not
    /// there.
    ///
    /// # Errors
    /// When one is set to something that cannot be a secret.
    pub fn from_env(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, SecretError> {
        let one = |name: &'static str| lookup(name).map(|value| secret(name, &value)).transpose();
        let signing =
            lookup(SIGNING).map(|value| value.split(',').map(|each| secret(SIGNING, each)).collect());
        Ok(Self {
            slack_signing: signing.transpose()?.unwrap_or_default(),
            slack_bot_token: one(BOT_TOKEN)?,
            teams_app_secret: one(TEAMS_SECRET)?,
            discord_bot_token: one(DISCORD_TOKEN)?,
            alert_key: one(ALERT_KEY)?,
        })
    }
}

fn secret(name: &'static str, value: &str) -> Result<SecretString, SecretError> {
    let value = value.trim();
    if value.is_empty() {
        Err(SecretError::Empty(name))
    } else if value.to_ascii_lowercase().starts_with("@microsoft.keyvault(") {
        Err(SecretError::Unresolved(name))
    } else if !value.chars().all(|c| c.is_ascii_graphic()) {
        Err(SecretError::Mangled(name))
    } else {
        Ok(SecretString::from(value))
    }
}

/// What to do instead of putting a secret into the file, if a key looks like one.
pub(super) fn instead_of(key: &str) -> Option<String> {
    let key = key.to_ascii_lowercase().replace('-', "_");
    let variable = match key.as_str() {
        "signing_secret" | "slack_signing_secret" | "signing" => SIGNING,
        "bot_token" | "slack_bot_token" | "token" => BOT_TOKEN,
        "app_secret" | "app_password" | "teams_app_secret" => TEAMS_SECRET,
        "discord_token" | "discord_bot_token" => DISCORD_TOKEN,
        "alert_key" | "alert_secret" | "code" => ALERT_KEY,
        other if ["secret", "token", "password", "_key"].iter().any(|part| other.contains(part)) => {
            return Some(format!(
                "the bot reads {SIGNING}, {BOT_TOKEN}, {TEAMS_SECRET}, {DISCORD_TOKEN} and {ALERT_KEY} from the environment"
            ));
        }
        _ => return None,
    };
    Some(format!("set the environment variable {variable}"))
}

/// A message without what looks like a token of Slack.
pub(super) fn hidden(message: &str) -> String {
    let looks_secret =
        |word: &str| word.contains("xoxb-") || word.contains("xoxp-") || word.contains("xapp-");
    let words = message.split(' ').map(|word| if looks_secret(word) { "(hidden)," } else { word });
    words.collect::<Vec<_>>().join(" ")
}
