//! A gateway's access and firewall logs, sent to a Log Analytics workspace.

use serde_json::{Value, json};

use super::beside::{ResourceKind, names};
use super::draft::check_writable;
use super::{FixKind, Plan, PlanRefused};
use crate::gateway::Gateway;
use crate::gateway::json as raw;
use crate::id::{Name, ResourceId};
use crate::monitor::settings::{ACCESS_LOG, DiagnosticSettings, FIREWALL_LOG};

/// What the setting is called.
const LOGS_NAME: &str = "agw-logs";
/// The most diagnostic settings that a resource may have (Microsoft, "Diagnostic settings in Azure Monitor").
const SETTINGS_AT_MOST: usize = 5;

impl Plan {
    /// Plans a diagnostic setting that sends the access log to this workspace, and the firewall log of a gateway
    /// that has a firewall, each into a table of its own (`AGWAccessLogs`, `AGWFirewallLogs`:
    /// `logAnalyticsDestinationType: Dedicated`). A log that goes there already is left out, as Azure takes no
    /// two settings that send the same category to the same place. `settings` is the body of the list of all
    /// diagnostic settings of the gateway.
    ///
    /// # Errors
    /// When the gateway must not be worked on, the list cannot be read, it is full or has the name already, or
    /// all of it goes there already.
    pub fn logs(gateway: &Gateway, settings: &Value, workspace: &ResourceId) -> Result<Self, PlanRefused> {
        check_writable(gateway)?;
        let Ok(known) = DiagnosticSettings::parse(settings) else {
            return Err(PlanRefused::Unreadable { what: "the list of diagnostic settings".to_owned() });
        };
        let missing: Vec<&str> =
            wanted(gateway).into_iter().filter(|category| !known.sends(category, workspace)).collect();
        if missing.is_empty() {
            return Err(PlanRefused::NothingToDo);
        }
        let list: Vec<Value> = raw::list(settings, "value").cloned().collect();
        if names(&list).contains(&Name::new(LOGS_NAME)) {
            return Err(PlanRefused::ResourceExists { name: LOGS_NAME.to_owned() });
        }
        if list.len() >= SETTINGS_AT_MOST {
            return Err(PlanRefused::TooManySettings { most: SETTINGS_AT_MOST });
        }
        let logs: Vec<Value> =
            missing.iter().map(|category| json!({ "category": category, "enabled": true })).collect();
        let setting = json!({ "properties": {
            "workspaceId": workspace.as_str(), "logAnalyticsDestinationType": "Dedicated", "logs": logs,
        }});
        let path = format!("{}/providers/Microsoft.Insights/diagnosticSettings/{LOGS_NAME}", gateway.id());
        Self::creating(gateway, FixKind::Logs, vec![(ResourceKind::DiagnosticSetting, path, setting)])
    }
}

/// The logs that tell what visitors and the firewall did.
fn wanted(gateway: &Gateway) -> Vec<&'static str> {
    if gateway.has_firewall() { vec![ACCESS_LOG, FIREWALL_LOG] } else { vec![ACCESS_LOG] }
}
