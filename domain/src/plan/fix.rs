//! What the bot can mend at a gateway by itself.
//!
//! To add a fix: give it a variant here and a file beside this one that makes the plan, and its words in
//! `say::fixes`. A cause offers it as [`crate::diagnosis::Remedy::Fix`] once it has tried it on demand.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Plan, PlanRefused, ProbeDefaults};
use crate::gateway::Gateway;
use crate::id::{Name, ResourceId};

/// What would mend an HTTP setting, with all that its plan needs to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fix {
    /// A health probe of ours, created and attached.
    HealthProbe,
    /// Another probe that the gateway has already.
    UseProbe {
        /// Its name.
        probe: Name,
    },
    /// Each server is asked for by its own name, by the probe and with visitors' requests.
    PickHost {
        /// Whether the setting's custom probe names a host of its own that is to go.
        probe_too: bool,
    },
    /// More time for the servers to answer the probe.
    RaiseTimeout {
        /// Seconds that a server may take then.
        timeout_s: u32,
    },
    /// A path that App Service lets through without a login.
    ExcludePath {
        /// The app.
        app: ResourceId,
        /// The path.
        path: String,
        /// The app's authentication settings as they were read (`config/authsettingsV2`): there are no secrets in
        /// them.
        settings: Box<Value>,
    },
}

/// The kinds of plans: of fixes, and of what is set up beside a gateway. A plan is of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FixKind {
    /// See [`Fix::HealthProbe`].
    #[default]
    HealthProbe,
    /// See [`Fix::UseProbe`].
    UseProbe,
    /// See [`Fix::PickHost`].
    PickHost,
    /// See [`Fix::RaiseTimeout`].
    RaiseTimeout,
    /// See [`Fix::ExcludePath`].
    ExcludePath,
    /// No fix, but a gateway's logs kept from now on ([`Plan::logs`]).
    Logs,
    /// No fix, but alerts on the next trouble ([`Plan::alerts`]).
    Alerts,
}

impl FixKind {
    /// Every kind that a cause may offer.
    pub const FIXES: [Self; 5] =
        [Self::HealthProbe, Self::UseProbe, Self::PickHost, Self::RaiseTimeout, Self::ExcludePath];

    /// Its stable name, as it stands in JSON: `health-probe`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HealthProbe => "health-probe",
            Self::UseProbe => "use-probe",
            Self::PickHost => "pick-host",
            Self::RaiseTimeout => "raise-timeout",
            Self::ExcludePath => "exclude-path",
            Self::Logs => "logs",
            Self::Alerts => "alerts",
        }
    }

    /// Whether it is one step on the way: once it is in place the gateway is looked at again, as only then the rest
    /// can be seen. Any other fix is over when the servers are Healthy, and what is set up when it is there.
    #[must_use]
    pub fn leads_on(self) -> bool {
        self == Self::ExcludePath
    }

    /// Whether it mends nothing, but is set up because somebody asked for it.
    #[must_use]
    pub fn is_errand(self) -> bool {
        matches!(self, Self::Logs | Self::Alerts)
    }
}

impl Fix {
    /// Of which kind it is.
    #[must_use]
    pub fn kind(&self) -> FixKind {
        match self {
            Self::HealthProbe => FixKind::HealthProbe,
            Self::UseProbe { .. } => FixKind::UseProbe,
            Self::PickHost { .. } => FixKind::PickHost,
            Self::RaiseTimeout { .. } => FixKind::RaiseTimeout,
            Self::ExcludePath { .. } => FixKind::ExcludePath,
        }
    }
}

impl Plan {
    /// Plans the first of some fixes, together with the others of its kind. Those of other kinds wait for the
    /// next look: what they rest on was seen before this one.
    ///
    /// # Errors
    /// Whatever the plan of that kind is refused for; [`PlanRefused::NoSettings`] where nothing is to be mended.
    pub fn of(
        gateway: &Gateway,
        fixes: &[(Name, Fix)],
        defaults: &ProbeDefaults,
    ) -> Result<Self, PlanRefused> {
        let kind = fixes.first().map(|(_, fix)| fix.kind()).ok_or(PlanRefused::NoSettings)?;
        let alike = || fixes.iter().filter(|(_, fix)| fix.kind() == kind);
        match kind {
            FixKind::HealthProbe => {
                let settings: Vec<Name> = alike().map(|(setting, _)| setting.clone()).collect();
                Self::health_probe(gateway, &settings, defaults)
            }
            FixKind::UseProbe => Self::use_probe(
                gateway,
                alike().filter_map(|(setting, fix)| match fix {
                    Fix::UseProbe { probe } => Some((setting, probe)),
                    _ => None,
                }),
            ),
            FixKind::PickHost => Self::pick_host(
                gateway,
                alike().filter_map(|(setting, fix)| match fix {
                    Fix::PickHost { probe_too } => Some((setting, *probe_too)),
                    _ => None,
                }),
            ),
            FixKind::ExcludePath => Self::exclude_path(
                gateway,
                alike().filter_map(|(_, fix)| match fix {
                    Fix::ExcludePath { app, path, settings } => Some((app, path.as_str(), &**settings)),
                    _ => None,
                }),
            ),
            // No fix is of these kinds.
            FixKind::Logs | FixKind::Alerts => Err(PlanRefused::NoSettings),
            FixKind::RaiseTimeout => Self::raise_timeout(
                gateway,
                alike().filter_map(|(setting, fix)| match fix {
                    Fix::RaiseTimeout { timeout_s } => Some((setting, *timeout_s)),
                    _ => None,
                }),
            ),
        }
    }
}
