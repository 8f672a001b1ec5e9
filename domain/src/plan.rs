//! What is to be changed on a gateway, said exactly enough to be shown, approved, applied and undone.
//!
//! A [`Plan`] is a list of [`Edit`]s on the raw JSON of one gateway. A person approves its [`PlanHash`]. Right
//! before the PUT the gateway is read again and [`Plan::prepare`] decides: go on, wait, nothing left to do, or
//! the approval is void because somebody has changed what the plan touches. ARM has no conditional PUT for
//! gateways (`ApplicationGateway.tsp` has no `If-Match`), and the last writer wins; this is what stands in
//! for it. Afterwards [`Plan::read_back`] says whether the plan, and nothing but the plan, has come about.
//!
//! Pure: no clock, no network. Times in seconds.

mod alerts;
mod apply;
mod beside;
mod compare;
mod defaults;
mod draft;
mod edit;
mod exclude_path;
mod fix;
mod hash;
mod health_probe;
mod logs;
mod on_demand;
mod pick_host;
mod pointer;
mod prepare;
mod preview;
mod probe;
mod raise_timeout;
mod readback;
mod refused;
mod use_probe;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::gateway::{BlastRadius, Probe};
use crate::id::{GatewayId, Name};

pub use alerts::alerts_of;
pub use apply::ApplyError;
pub use beside::{Beside, ResourceKind};
pub use compare::Difference;
pub use defaults::{ProbeDefaults, ProbeDefaultsError};
pub use edit::Edit;
pub use fix::{Fix, FixKind};
pub use hash::{PlanHash, PlanHashError};
pub use on_demand::on_demand_probe;
pub use pointer::{Pointer, Step};
pub use prepare::Prepared;
pub use preview::{DiffLine, Sign};
pub use readback::ReadBack;
pub use refused::PlanRefused;

/// A change of one gateway, or of resources beside it, of one kind ([`FixKind`]); or the way back from there
/// ([`Plan::undo`]).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    gateway: GatewayId,
    #[serde(default)]
    kind: FixKind,
    probes: Vec<PlannedProbe>,
    settings: Vec<Name>,
    edits: Vec<Edit>,
    requires: Vec<Requirement>,
    serves: BlastRadius,
    undo: bool,
    probe_list: ProbeList,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    beside: Vec<Beside>,
}

/// A probe that decides about servers once a plan is in place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedProbe {
    /// What it will be.
    pub probe: Probe,
    /// Whether the plan creates it; otherwise it is there already.
    pub created: bool,
    /// The HTTP settings that have it then.
    pub settings: Vec<Name>,
}

/// An object that has to be as it was when the plan was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Requirement {
    /// Where it stands.
    pub pointer: Pointer,
    /// What it was, without the fields that only the service writes.
    pub value: Value,
}

/// What becomes of the list of probes itself. ARM always returns one, but a document may lack it, and an undo
/// gives back exactly what was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum ProbeList {
    /// It was there and stays.
    Kept,
    /// The plan begins it.
    Begun,
    /// The plan drops it if it leaves it empty.
    Dropped,
}

impl Plan {
    /// The gateway it changes.
    #[must_use]
    pub fn gateway(&self) -> &GatewayId {
        &self.gateway
    }

    /// What it does, whether it does so or takes it back.
    #[must_use]
    pub fn kind(&self) -> FixKind {
        self.kind
    }

    /// The custom probes that decide once it is in place, as they will be: those it attaches, and those it
    /// changes. A setting that it leaves to the default probe has none here.
    #[must_use]
    pub fn probes(&self) -> &[PlannedProbe] {
        &self.probes
    }

    /// The HTTP settings it changes, or whose probe it changes. A setting that was asked for but is as wanted
    /// already is not here.
    #[must_use]
    pub fn settings(&self) -> &[Name] {
        &self.settings
    }

    /// The edits, in the order in which they are made.
    #[must_use]
    pub fn edits(&self) -> &[Edit] {
        &self.edits
    }

    /// The objects that must not have changed since the plan was made; see [`Plan::prepare`].
    #[must_use]
    pub fn requires(&self) -> &[Requirement] {
        &self.requires
    }

    /// What depends on the settings it changes.
    #[must_use]
    pub fn serves(&self) -> &BlastRadius {
        &self.serves
    }

    /// Whether it takes an earlier plan back.
    #[must_use]
    pub fn is_undo(&self) -> bool {
        self.undo
    }

    /// The way back: every place that this plan has changed gets its former value again, and a probe that it
    /// has created goes.
    ///
    /// A created probe that something else uses by then stays: its user wants it, and the gateway could not
    /// be written without it. An undo does not ask what the settings are otherwise, or what they serve by
    /// now; it asks only that the places and probes it touches are still as the plan has made them.
    /// The undo of an undo is the plan again.
    #[must_use]
    pub fn undo(&self) -> Self {
        let probe_list = match self.probe_list {
            ProbeList::Kept => ProbeList::Kept,
            ProbeList::Begun => ProbeList::Dropped,
            ProbeList::Dropped => ProbeList::Begun,
        };
        let edits = self.edits.iter().rev().map(Edit::reversed).collect();
        let beside = self.beside_reversed();
        Self { edits, undo: !self.undo, probe_list, beside, ..self.clone() }
    }
}
