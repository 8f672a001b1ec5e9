//! Whether an activity is the Bot Connector's, and one that this bot takes. Nothing turns this off.

use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode, header};
use jiff::SignedDuration;
use serde::Deserialize;
use url::Url;

use super::activity::Activity;
use super::service::Services;
use crate::jwt::{BadToken, Keys, NoKey, Signer, Unproven};
use crate::ports::Clock;

/// Who signs, and how often its keys are looked for at the most (bot-docs, "Authentication with the Bot Connector
/// API").
const CONNECTOR: Signer = Signer { name: "the Bot Connector", unknown_every: SignedDuration::from_hours(1) };
/// Who issues.
const ISSUER: &str = "https://api.botframework.com";
/// How the Bot Framework calls Teams among its channels.
const TEAMS: &str = "msteams";

/// Knows the bot, whom it works for, and where the Connector's keys are.
pub struct Verifier {
    app_id: String,
    tenants: Vec<String>,
    services: Services,
    keys: Keys,
    clock: Arc<dyn Clock>,
}

/// What a [`Verifier`] is told.
#[derive(Debug, Clone)]
pub struct Trust {
    /// The bot's app id, which tokens have to be issued for. However it is written here, in tokens it is in small letters.
    pub app_id: String,
    /// The tenants whose people may talk to the bot.
    pub tenants: Vec<String>,
    /// The services that are believed.
    pub services: Services,
    /// The document that leads to the keys: https, or http on loopback.
    pub metadata: Url,
}

/// The keys that requests are signed with cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the keys that Teams signs with cannot be fetched: teams.metadata in agw.toml leads to them, over the network"
)]
pub struct KeysMissing;

/// What a token says that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Proven {
    /// Which service it was issued for.
    service: String,
    /// The channels that its key may speak for.
    endorsements: Vec<String>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    serviceurl: String,
}

/// Why an activity is not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unverified {
    #[error("not signed by the Bot Connector: {0}")]
    Token(#[from] BadToken),
    #[error("not known to be signed by the Bot Connector: {0}")]
    Key(#[from] NoKey),
    #[error("not signed by the Bot Connector: the token is not from the Bot Connector")]
    Issuer,
    #[error("the token is for another bot; is teams.app_id right?")]
    Audience,
    #[error("the token was issued for another serviceUrl")]
    OtherService,
    #[error("the serviceUrl is none of Microsoft's")]
    ForeignService,
    #[error("the activity is of another channel than Teams, or the token's key may not speak for it")]
    NotEndorsed,
    #[error("the activity is of a tenant that is not in teams.tenants")]
    ForeignTenant,
}

impl Unverified {
    /// What is answered: who is not known is not let in, who is known may still be wrong here.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Token(_) | Self::Issuer | Self::Audience | Self::Key(NoKey::Unknown(_)) => {
                StatusCode::UNAUTHORIZED
            }
            Self::Key(NoKey::Unfetched(_)) => StatusCode::SERVICE_UNAVAILABLE,
            Self::OtherService | Self::ForeignService | Self::NotEndorsed | Self::ForeignTenant => {
                StatusCode::FORBIDDEN
            }
        }
    }
}

impl Verifier {
    /// A verifier that trusts so far and no further.
    pub fn new(trust: Trust, clock: Arc<dyn Clock>) -> Self {
        let Trust { app_id, tenants, services, metadata } = trust;
        let keys = Keys::of(CONNECTOR, metadata, Arc::clone(&clock));
        Self { app_id: app_id.to_ascii_lowercase(), tenants, services, keys, clock }
    }

    /// Fetches the keys, unless they are there: `agw check` wants to know.
    ///
    /// # Errors
    /// When they cannot be fetched.
    pub async fn ready(&self) -> Result<(), KeysMissing> {
        if self.keys.ready().await { Ok(()) } else { Err(KeysMissing) }
    }

    /// Checks the token, before anything else is looked at.
    pub(super) async fn prove(&self, headers: &HeaderMap) -> Result<Proven, Unverified> {
        let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        // The Connector writes it with a capital, and Microsoft's own SDK wants it so.
        let token = Unproven::read(authorization.filter(|text| text.starts_with("Bearer ")))?;
        let key = self.keys.find(&token.key).await?;
        let Claims { iss, aud, serviceurl } = token.prove(&key, self.clock.now())?;
        if iss != ISSUER {
            Err(Unverified::Issuer)
        } else if aud != self.app_id {
            Err(Unverified::Audience)
        } else {
            Ok(Proven { service: serviceurl, endorsements: key.endorsements.clone() })
        }
    }

    /// Checks an activity against what its token says, and gives the tenant of its author.
    pub(super) fn admit<'a>(&self, proven: &Proven, activity: &'a Activity) -> Result<&'a str, Unverified> {
        if proven.service != activity.service_url {
            return Err(Unverified::OtherService);
        }
        if self.services.find(&activity.service_url).is_none() {
            return Err(Unverified::ForeignService);
        }
        if activity.channel_id != TEAMS || !proven.endorsements.contains(&activity.channel_id) {
            return Err(Unverified::NotEndorsed);
        }
        let listed = |tenant: &str| self.tenants.iter().any(|known| known.eq_ignore_ascii_case(tenant));
        let author = activity.tenants().next().ok_or(Unverified::ForeignTenant)?;
        activity.tenants().all(listed).then_some(author).ok_or(Unverified::ForeignTenant)
    }

    /// The id by which a person is known: that of their account in the first tenant, and elsewhere with the tenant
    /// behind it, as ids mean something only in their own.
    pub(super) fn person(&self, object: &str, tenant: &str) -> String {
        let object = object.to_ascii_lowercase();
        match self.tenants.first() {
            Some(home) if home.eq_ignore_ascii_case(tenant) => object,
            _ => format!("{object}@{}", tenant.to_ascii_lowercase()),
        }
    }
}
