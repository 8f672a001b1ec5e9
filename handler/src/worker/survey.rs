//! What is to be set up beside a gateway: looked at, and planned.

use domain::evidence::{ArmRead, Asker};
use domain::gateway::Gateway;
use domain::id::ResourceId;
use domain::incident::{Errand, Event, Incident};
use domain::plan::{Plan, PlanRefused, ResourceKind, alerts_of};
use domain::say;

use super::Worker;
use crate::ports::ArmError;

/// Where logs and alerts go: policy, from the configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Destinations {
    /// The Log Analytics workspace for logs.
    pub workspace: Option<ResourceId>,
    /// The action group that alerts tell.
    pub action_group: Option<ResourceId>,
}

impl Worker {
    pub(super) async fn survey(&self, incident: &Incident, attempts: u32) -> Event {
        let Some(errand) = incident.errand else { return Event::Said };
        let id = &incident.gateway;
        let Some(destination) = self.destination(errand) else {
            return Event::Surveyed(Err(not_named(errand).to_owned()));
        };
        let read = async {
            let (gateway, locks) = futures::try_join!(self.tools.arm.gateway(id), self.tools.arm.locks(id))?;
            let list = self.tools.arm.look_up(&list_of(errand, &gateway)).await?;
            Ok::<_, ArmError>((gateway, locks, list))
        };
        let (gateway, locks, list) = match read.await {
            Ok(read) => read,
            Err(error) => {
                return self.again_or_give_up("What is set up could not be read", &error, attempts);
            }
        };
        let plan = match (locks.first(), errand) {
            (Some(name), _) => Err(PlanRefused::Locked { name: name.clone() }),
            (None, Errand::Logs) => Plan::logs(&gateway, &list, destination),
            (None, Errand::Alerts) => Plan::alerts(&gateway, &list, destination),
        };
        Event::Surveyed(plan.map(Box::new).map_err(|refused| match refused {
            PlanRefused::NothingToDo => say::all_set_up(errand).to_owned(),
            refused => refused.to_string(),
        }))
    }

    fn destination(&self, errand: Errand) -> Option<&ResourceId> {
        match errand {
            Errand::Logs => self.tools.destinations.workspace.as_ref(),
            Errand::Alerts => self.tools.destinations.action_group.as_ref(),
        }
    }
}

fn not_named(errand: Errand) -> &'static str {
    match errand {
        Errand::Logs => "agw.toml names no Log Analytics workspace (monitoring.workspace)",
        Errand::Alerts => "agw.toml names no action group (monitoring.action_group)",
    }
}

/// All that is there of the kind.
fn list_of(errand: Errand, gateway: &Gateway) -> ArmRead {
    let (kind, path, what) = match errand {
        Errand::Logs => (
            ResourceKind::DiagnosticSetting,
            format!("{}/providers/Microsoft.Insights/diagnosticSettings", gateway.id()),
            "the gateway's diagnostic settings",
        ),
        Errand::Alerts => (
            ResourceKind::MetricAlert,
            alerts_of(gateway),
            "the metric alerts of the gateway's resource group",
        ),
    };
    ArmRead {
        asker: Asker::Reader,
        path,
        version: kind.version(),
        query: None,
        body: None,
        action: kind.read_action(),
        what: what.to_owned(),
    }
}
