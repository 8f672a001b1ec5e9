//! The sections, with what they are when the file does not say.

use std::net::{Ipv4Addr, SocketAddr};

use domain::id::ResourceId;
use domain::incident::{OnCall, Timing};
use domain::plan::ProbeDefaults;
use domain::scope::GatewayPattern;
use domain::storm::StormRule;
use jiff::SignedDuration;
use serde::Deserialize;
use url::Url;

use super::channels::{self, InDiscord, InSlack, InTeams, Route};
use super::scope;
use super::value;
use crate::worker::Destinations;

/// Which gateways the bot looks after, and how it gets at them.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Azure {
    /// Azure Resource Manager; `https://management.azure.com` unless it is a sovereign cloud or a simulator.
    #[serde(deserialize_with = "value::endpoint")]
    pub endpoint: Url,
    /// The subscriptions in scope; empty for every one that the identity can see.
    #[serde(deserialize_with = "value::words")]
    pub subscriptions: Vec<String>,
    /// The gateways in scope, by name or resource id; empty for every one in the subscriptions.
    #[serde(deserialize_with = "scope::exact")]
    pub gateways: Vec<GatewayPattern>,
    /// The client id of the user-assigned managed identity that reads. None for the system-assigned one, or `az
    /// login`.
    #[serde(deserialize_with = "value::word")]
    pub client_id: Option<String>,
    /// The client id of the user-assigned managed identity that writes what was approved; none: where the bot has a
    /// managed identity, it only observes.
    #[serde(deserialize_with = "value::word")]
    pub write_client_id: Option<String>,
    /// How long a call to Azure may take, retries included; 100 s, and shorter than [`Timings::lease`].
    #[serde(deserialize_with = "value::duration")]
    pub deadline: SignedDuration,
}

impl Default for Azure {
    fn default() -> Self {
        Self {
            endpoint: value::known_url("https://management.azure.com"),
            subscriptions: Vec::new(),
            gateways: Vec::new(),
            client_id: None,
            write_client_id: None,
            deadline: SignedDuration::from_secs(100),
        }
    }
}

/// Where logs and alerts go that are set up on request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Monitoring {
    /// The resource id of the Log Analytics workspace for logs; none: `/agw logs` sets nothing up.
    pub workspace: Option<ResourceId>,
    /// The resource id of the action group that alerts tell; none: `/agw watch` sets nothing up.
    pub action_group: Option<ResourceId>,
}

impl Monitoring {
    pub(crate) fn destinations(&self) -> Destinations {
        Destinations { workspace: self.workspace.clone(), action_group: self.action_group.clone() }
    }
}

/// The health probe that is offered as a fix.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Probe {
    /// Its name; `custom-healthz`.
    pub name: String,
    /// The path that it asks for; `/healthz`.
    pub path: String,
    /// From one probe to the next; 30 s.
    #[serde(deserialize_with = "value::seconds")]
    pub interval: u32,
    /// How long a server may take to answer; 30 s.
    #[serde(deserialize_with = "value::seconds")]
    pub timeout: u32,
    /// Failures in a row until a server counts as unhealthy; 3.
    pub unhealthy_threshold: u32,
    /// What counts as healthy; `200-399`.
    pub status_codes: Vec<String>,
}

impl Default for Probe {
    fn default() -> Self {
        let ProbeDefaults { name, path, interval_s, timeout_s, unhealthy_threshold, status_codes } =
            ProbeDefaults::default();
        Self { name, path, interval: interval_s, timeout: timeout_s, unhealthy_threshold, status_codes }
    }
}

impl Probe {
    /// The probe as plans want it.
    #[must_use]
    pub fn defaults(&self) -> ProbeDefaults {
        ProbeDefaults {
            name: self.name.clone(),
            path: self.path.clone(),
            interval_s: self.interval,
            timeout_s: self.timeout,
            unhealthy_threshold: self.unhealthy_threshold,
            status_codes: self.status_codes.clone(),
        }
    }
}

/// Who may send alerts beside whoever knows the key, and how they are shown where many come at once.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Alerts {
    /// The app in Entra ID that stands for this bot towards the secure webhook of an action group; none: Azure Monitor
    /// shows no token.
    #[serde(deserialize_with = "value::guid")]
    pub app_id: Option<String>,
    /// The tenant of that app; none.
    #[serde(deserialize_with = "value::guid")]
    pub tenant: Option<String>,
    /// The app role that Azure Monitor has to have; `ActionGroupsSecureWebhook`.
    pub role: String,
    /// The document that leads to the keys which tokens are signed with; none: that of the tenant in the public cloud.
    #[serde(deserialize_with = "value::some_endpoint")]
    pub metadata: Option<Url>,
    /// So many gateways in a channel share one message; 5. None: each has its own, always.
    pub storm_after: u32,
    /// Where their alerts come within so long; 2 min.
    #[serde(deserialize_with = "value::duration")]
    pub storm_within: SignedDuration,
}

impl Default for Alerts {
    fn default() -> Self {
        let StormRule { after, within } = StormRule::default();
        let role = "ActionGroupsSecureWebhook".to_owned();
        let (app_id, tenant, metadata) = (None, None, None);
        Self { app_id, tenant, role, metadata, storm_after: after, storm_within: within }
    }
}

impl Alerts {
    /// The rule as it is applied.
    #[must_use]
    pub fn storm(&self) -> StormRule {
        StormRule { after: self.storm_after, within: self.storm_within }
    }
}

/// Where Slack is, and which channels get which alerts.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Slack {
    /// Slack's Web API; `https://slack.com/api`.
    #[serde(deserialize_with = "value::endpoint")]
    pub api: Url,
    /// The channels that get the alerts that no route is for; none.
    #[serde(deserialize_with = "channels::ids::<InSlack, _>")]
    pub alert_channels: Vec<String>,
    /// Channels for some gateways' alerts; none.
    #[serde(deserialize_with = "channels::routes::<InSlack, _>")]
    pub routes: Vec<Route>,
    /// The user group that is called when nobody decides, or the bot cannot mend it; none.
    #[serde(deserialize_with = "value::slack_group")]
    pub oncall: Option<String>,
}

impl Default for Slack {
    fn default() -> Self {
        let api = value::known_url("https://slack.com/api");
        Self { api, alert_channels: Vec::new(), routes: Vec::new(), oncall: None }
    }
}

/// Who the bot is to Teams, and which conversations get which alerts.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Teams {
    /// The app id of the Azure Bot; none: Teams is not connected.
    #[serde(deserialize_with = "value::word")]
    pub app_id: Option<String>,
    /// The tenants whose people may talk to the bot; the first one is where its app is registered. None.
    #[serde(deserialize_with = "value::words")]
    pub tenants: Vec<String>,
    /// The document that leads to the keys which requests are signed with;
    /// `https://login.botframework.com/v1/.well-known/openidconfiguration`.
    #[serde(deserialize_with = "value::endpoint")]
    pub metadata: Url,
    /// Where the bot's token comes from when it has a secret; `https://login.microsoftonline.com`.
    #[serde(deserialize_with = "value::endpoint")]
    pub login: Url,
    /// Emulators of Teams on this machine that the bot talks to beside Microsoft's own service; none.
    #[serde(deserialize_with = "value::loopbacks")]
    pub emulators: Vec<Url>,
    /// The conversations that get the alerts that no route is for; none.
    #[serde(deserialize_with = "channels::ids::<InTeams, _>")]
    pub alert_channels: Vec<String>,
    /// Conversations for some gateways' alerts; none.
    #[serde(deserialize_with = "channels::routes::<InTeams, _>")]
    pub routes: Vec<Route>,
}

impl Default for Teams {
    fn default() -> Self {
        Self {
            app_id: None,
            tenants: Vec::new(),
            metadata: value::known_url("https://login.botframework.com/v1/.well-known/openidconfiguration"),
            login: value::known_url("https://login.microsoftonline.com"),
            emulators: Vec::new(),
            alert_channels: Vec::new(),
            routes: Vec::new(),
        }
    }
}

/// How the bot talks in Discord, and which channels get which alerts.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Discord {
    /// The id of the application; none: Discord is not connected.
    #[serde(deserialize_with = "value::snowflake")]
    pub application: Option<String>,
    /// The application's public key, which Discord's requests are checked by: 64 hexadecimal digits.
    #[serde(deserialize_with = "value::word")]
    pub public_key: Option<String>,
    /// Discord's API; `https://discord.com/api/v10`.
    #[serde(deserialize_with = "value::endpoint")]
    pub api: Url,
    /// The channels that get the alerts that no route is for; none.
    #[serde(deserialize_with = "channels::ids::<InDiscord, _>")]
    pub alert_channels: Vec<String>,
    /// Channels for some gateways' alerts; none.
    #[serde(deserialize_with = "channels::routes::<InDiscord, _>")]
    pub routes: Vec<Route>,
}

impl Default for Discord {
    fn default() -> Self {
        Self {
            application: None,
            public_key: None,
            api: value::known_url("https://discord.com/api/v10"),
            alert_channels: Vec::new(),
            routes: Vec::new(),
        }
    }
}

/// Where the bot listens.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// The address and port; `127.0.0.1:8080`.
    #[serde(deserialize_with = "value::listen")]
    pub listen: SocketAddr,
}

impl Default for Server {
    fn default() -> Self {
        Self { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)) }
    }
}

/// The page that the bot itself serves, and only to this machine.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Console {
    /// Whether it does; no.
    pub enabled: bool,
    /// How often the page asks for news; 15 s.
    #[serde(deserialize_with = "value::duration")]
    pub refresh: SignedDuration,
}

impl Default for Console {
    fn default() -> Self {
        Self { enabled: false, refresh: SignedDuration::from_secs(15) }
    }
}

/// How the bot visits the listeners of a gateway.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Site {
    /// An HTTP proxy to go through; none.
    #[serde(deserialize_with = "value::proxy")]
    pub proxy: Option<Url>,
    /// How long a visit may take; 10 s.
    #[serde(deserialize_with = "value::duration")]
    pub timeout: SignedDuration,
    /// Roots of a rehearsal, as DER, that count as well known behind its proxy. No file can say so.
    #[serde(skip)]
    pub roots: Vec<Vec<u8>>,
}

impl Default for Site {
    fn default() -> Self {
        Self { proxy: None, timeout: SignedDuration::from_secs(10), roots: Vec::new() }
    }
}

/// How long things may take.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Timings {
    /// Between two looks at a running operation; 5 s.
    #[serde(deserialize_with = "value::duration")]
    pub follow_every: SignedDuration,
    /// How long a write may take, from approval to read-back; 20 min.
    #[serde(deserialize_with = "value::duration")]
    pub write_within: SignedDuration,
    /// Between two looks at the servers after the write; 15 s.
    #[serde(deserialize_with = "value::duration")]
    pub verify_every: SignedDuration,
    /// How long to wait for them to be Healthy, at the least; 4 min.
    #[serde(deserialize_with = "value::duration")]
    pub verify_for: SignedDuration,
    /// How long an incident that is over waits for its alert to resolve; 1 h.
    #[serde(deserialize_with = "value::duration")]
    pub close_after: SignedDuration,
    /// How long an offer waits for a decision before [`Slack::oncall`] is called; 10 min.
    #[serde(deserialize_with = "value::duration")]
    pub escalate_after: SignedDuration,
    /// Between two sweeps for what nobody was woken for; 30 s.
    #[serde(deserialize_with = "value::duration")]
    pub sweep_every: SignedDuration,
    /// How long a worker has something for itself before another may take it over; 2 min.
    #[serde(deserialize_with = "value::duration")]
    pub lease: SignedDuration,
}

impl Default for Timings {
    fn default() -> Self {
        let Timing { follow_every, write_within, verify_every, verify_for, close_after } = Timing::default();
        let escalate_after = OnCall::default().after;
        let (sweep_every, lease) = (SignedDuration::from_secs(30), SignedDuration::from_mins(2));
        Self {
            follow_every,
            write_within,
            verify_every,
            verify_for,
            close_after,
            escalate_after,
            sweep_every,
            lease,
        }
    }
}

impl Timings {
    /// What incidents want of it.
    #[must_use]
    pub fn incident(&self) -> Timing {
        Timing {
            follow_every: self.follow_every,
            write_within: self.write_within,
            verify_every: self.verify_every,
            verify_for: self.verify_for,
            close_after: self.close_after,
        }
    }
}
