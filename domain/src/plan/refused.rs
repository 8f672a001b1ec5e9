//! Why no plan is made, or an approved one not carried out.

use serde::{Deserialize, Serialize};

use super::{ApplyError, ProbeDefaultsError};
use crate::gateway::Protocol;
use crate::id::{GatewayId, Name};

/// Why a plan is refused, in words for a person.
///
/// [`PlanRefused::Locked`] and [`PlanRefused::NotPermitted`] come from whoever can see locks and permissions;
/// a gateway's own document shows neither.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
pub enum PlanRefused {
    /// A controller would overwrite whatever is written.
    #[error(
        "a Kubernetes ingress controller owns this gateway ({sign}); it would overwrite the change within \
         seconds. Set the health probe in the cluster: a readinessProbe, or the ingress's health-probe annotations"
    )]
    IngressController {
        /// What shows it, as a clause.
        sign: String,
    },
    /// Any write would start a stopped gateway.
    #[error("the gateway is {state}, not Running; writing to it would start it")]
    NotRunning {
        /// Its operational state.
        state: String,
    },
    /// The last change has not ended well, or not yet.
    #[error("the gateway's provisioning state is {state}, not Succeeded; that has to be settled first")]
    NotSettled {
        /// Its provisioning state.
        state: String,
    },
    /// A resource lock forbids writing.
    #[error("the resource lock '{name}' forbids changing the gateway")]
    Locked {
        /// The lock.
        name: String,
    },
    /// The bot's identity may not write.
    #[error("this bot's identity may not do {action}, which the change needs")]
    NotPermitted {
        /// The missing action, such as `Microsoft.Network/applicationGateways/write`.
        action: String,
    },
    /// No HTTP setting was named.
    #[error("no HTTP setting was named")]
    NoSettings,
    /// The gateway has no such HTTP setting.
    #[error("the gateway has no HTTP setting '{0}'")]
    NoSuchSetting(Name),
    /// The gateway has no such probe.
    #[error("the gateway has no probe '{0}'")]
    NoSuchProbe(Name),
    /// What is there could not be read.
    #[error("{what} could not be read")]
    Unreadable {
        /// What it is.
        what: String,
    },
    /// Something else has the name of a new resource.
    #[error("'{name}' is there already and is something else than this would make it")]
    ResourceExists {
        /// The name.
        name: String,
    },
    /// Azure takes no more diagnostic settings.
    #[error("the gateway has {most} diagnostic settings, and Azure takes no more")]
    TooManySettings {
        /// How many it takes.
        most: usize,
    },
    /// A setting and its probe have to talk the same.
    #[error("probe '{probe}' does not talk the protocol of HTTP setting '{setting}'")]
    ProtocolsDiffer {
        /// The probe.
        probe: Name,
        /// The setting.
        setting: Name,
    },
    /// The probe takes its host name from a setting that has none.
    #[error("probe '{probe}' picks its host name from the HTTP setting, and '{setting}' has none to offer")]
    NoHostToPick {
        /// The probe.
        probe: Name,
        /// The setting.
        setting: Name,
    },
    /// Somebody else would get a changed probe.
    #[error("probe '{probe}' is that of HTTP setting '{setting}' as well, which is to stay as it is")]
    SharedProbe {
        /// The probe.
        probe: Name,
        /// The other setting.
        setting: Name,
    },
    /// There is no name to ask for.
    #[error("pool '{pool}' has servers without a name, so there is none to pick")]
    NamelessServers {
        /// The pool.
        pool: Name,
    },
    /// The setting is of the TCP or TLS proxy, whose probes have no path.
    #[error("'{setting}' talks {protocol}; a health path can be probed over Http and Https only")]
    UnsupportedProtocol {
        /// The setting.
        setting: Name,
        /// Its protocol.
        protocol: Protocol,
    },
    /// Every name for the new probe is taken.
    #[error("the gateway has another probe '{name}', and no free name was found near it")]
    NameCollision {
        /// The wanted name.
        name: Name,
    },
    /// All is as wanted already.
    #[error("there is nothing to do: all is as the change would make it")]
    NothingToDo,
    /// The wanted probe is one that Azure would not accept.
    #[error("the configured probe is wrong: {0}")]
    BadDefaults(#[from] ProbeDefaultsError),
    /// The document has not the shape to edit.
    #[error("the gateway's configuration cannot be edited: {0}")]
    CannotApply(#[from] ApplyError),
    /// The plan is for another gateway.
    #[error("the plan is for {planned}, not for {given}")]
    OtherGateway {
        /// Whom the plan is for.
        planned: GatewayId,
        /// Whom it was held against.
        given: GatewayId,
    },
}
