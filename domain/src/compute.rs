//! Virtual machines, and the instances of scale sets, as far as they say whether they run.
//!
//! Field names: `virtualMachine.json` and `virtualMachineScaleSet.json` of Azure/azure-rest-api-specs,
//! api-version 2024-07-01. States: Microsoft, "States and billing status of Azure Virtual Machines".

use std::fmt;

use serde_json::Value;

use crate::gateway::json;
use crate::id::ResourceId;

/// What a machine does right now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceView {
    /// Whether it runs; none when the answer does not say.
    pub power: Option<PowerState>,
}

/// Whether a machine runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PowerState {
    /// It runs.
    Running,
    /// It will run soon.
    Starting,
    /// It is being shut down and keeps its hardware.
    Stopping,
    /// It is shut down and keeps its hardware.
    Stopped,
    /// It is being shut down and gives its hardware back.
    Deallocating,
    /// It is shut down and has no hardware.
    Deallocated,
    /// Something else, as Azure spells it.
    Other(String),
}

impl InstanceView {
    /// Reads the answer of `instanceView`, of a virtual machine or of an instance of a scale set. What it does
    /// not say is absent.
    #[must_use]
    pub fn parse(raw: &Value) -> Self {
        let power = |status: &Value| PowerState::read(json::text(status, "code")?);
        Self { power: json::list(raw, "statuses").filter_map(power).last() }
    }
}

impl PowerState {
    /// Reads a status code such as `PowerState/running`; none for one about something else.
    fn read(code: &str) -> Option<Self> {
        let (kind, state) = code.split_once('/')?;
        if !kind.eq_ignore_ascii_case("PowerState") {
            return None;
        }
        Some(match state.to_ascii_lowercase().as_str() {
            "running" => Self::Running,
            "starting" => Self::Starting,
            "stopping" => Self::Stopping,
            "stopped" => Self::Stopped,
            "deallocating" => Self::Deallocating,
            "deallocated" => Self::Deallocated,
            _ => Self::Other(state.to_owned()),
        })
    }

    /// Whether nothing can answer from the machine, and it does not come back by itself.
    #[must_use]
    pub fn is_off(&self) -> bool {
        matches!(self, Self::Stopped | Self::Deallocating | Self::Deallocated)
    }
}

impl fmt::Display for PowerState {
    /// Writes it as Azure spells it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Running => "running",
            Self::Starting => "starting",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Deallocating => "deallocating",
            Self::Deallocated => "deallocated",
            Self::Other(state) => state,
        })
    }
}

/// The scale set of one of its instances, `…/virtualMachineScaleSets/{set}/virtualMachines/{instance}`; none for
/// a virtual machine that stands by itself.
#[must_use]
pub fn scale_set_of(machine: &ResourceId) -> Option<ResourceId> {
    let scale_set = "Microsoft.Compute/virtualMachineScaleSets";
    machine.parent().filter(|parent| parent.kind().eq_ignore_ascii_case(scale_set))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_power_state_is_found_among_the_statuses() {
        let read = |codes: &[&str]| {
            let statuses: Vec<Value> = codes.iter().map(|code| json!({ "code": code })).collect();
            InstanceView::parse(&json!({ "statuses": statuses })).power
        };
        assert_eq!(read(&["ProvisioningState/succeeded", "PowerState/running"]), Some(PowerState::Running));
        let off = ["PowerState/stopped", "powerstate/Deallocated", "PowerState/deallocating"];
        assert!(off.iter().all(|code| read(&[code]).unwrap().is_off()));
        for on in ["PowerState/starting", "PowerState/stopping", "PowerState/unknown"] {
            assert!(!read(&[on]).unwrap().is_off(), "{on}");
        }
        assert_eq!(read(&["ProvisioningState/failed/AllocationFailed"]), None);
        assert_eq!(InstanceView::parse(&json!([])).power, None);
    }

    #[test]
    fn an_instance_knows_its_scale_set() {
        let id = |text: &str| {
            ResourceId::parse(&format!(
                "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/{text}"
            ))
            .unwrap()
        };
        let set = scale_set_of(&id("virtualMachineScaleSets/web/virtualMachines/3"));
        assert_eq!(set, Some(id("virtualMachineScaleSets/web")));
        assert_eq!(scale_set_of(&id("virtualMachines/web")), None);
    }
}
