//! Diagnostic settings: where a gateway's logs go. `GET {resource}/providers/Microsoft.Insights/diagnosticSettings`,
//! api-version 2021-05-01-preview (azure-rest-api-specs, `diagnosticsSettings_API.json`).

use serde_json::Value;

use super::MonitorError;
use crate::gateway::json;
use crate::id::ResourceId;

/// The category of requests and their answers.
pub const ACCESS_LOG: &str = "ApplicationGatewayAccessLog";
/// The category of what the web application firewall did.
pub const FIREWALL_LOG: &str = "ApplicationGatewayFirewallLog";

/// Where logs go: all of a gateway's diagnostic settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiagnosticSettings(pub Vec<DiagnosticSetting>);

/// One diagnostic setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiagnosticSetting {
    /// The Log Analytics workspace that it sends to.
    pub workspace: Option<ResourceId>,
    /// Whether each category has a table of its own there (`logAnalyticsDestinationType: Dedicated`);
    /// otherwise all of them share `AzureDiagnostics`.
    pub dedicated: bool,
    /// The categories and category groups that are switched on.
    pub logs: Vec<String>,
}

/// Where one log can be queried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPlace {
    /// The workspace.
    pub workspace: ResourceId,
    /// Whether the log has a table of its own there.
    pub dedicated: bool,
}

impl DiagnosticSettings {
    /// Reads the answer.
    ///
    /// # Errors
    /// When it has no list.
    pub fn parse(raw: &Value) -> Result<Self, MonitorError> {
        if !raw.get("value").is_some_and(Value::is_array) {
            return Err(MonitorError::Missing("list of diagnostic settings"));
        }
        Ok(Self(json::list(raw, "value").map(|item| setting(json::properties(item))).collect()))
    }

    /// Whether some setting sends a category to this workspace.
    #[must_use]
    pub fn sends(&self, category: &str, workspace: &ResourceId) -> bool {
        let wanted = |log: &String| log.eq_ignore_ascii_case(category) || log.eq_ignore_ascii_case("allLogs");
        self.0
            .iter()
            .any(|setting| setting.workspace.as_ref() == Some(workspace) && setting.logs.iter().any(wanted))
    }

    /// Where a category can be queried; none if no setting sends it to a workspace.
    #[must_use]
    pub fn place_of(&self, category: &str) -> Option<LogPlace> {
        let on = |setting: &&DiagnosticSetting| {
            let wanted =
                |log: &String| log.eq_ignore_ascii_case(category) || log.eq_ignore_ascii_case("allLogs");
            setting.logs.iter().any(wanted)
        };
        self.0.iter().filter(on).find_map(|setting| {
            Some(LogPlace { workspace: setting.workspace.clone()?, dedicated: setting.dedicated })
        })
    }
}

fn setting(own: &Value) -> DiagnosticSetting {
    let name = |log: &Value| {
        json::text(log, "category").or_else(|| json::text(log, "categoryGroup")).map(str::to_owned)
    };
    DiagnosticSetting {
        workspace: json::text(own, "workspaceId").and_then(|id| ResourceId::parse(id).ok()),
        dedicated: json::text(own, "logAnalyticsDestinationType")
            .is_some_and(|kind| kind.eq_ignore_ascii_case("Dedicated")),
        logs: json::list(own, "logs").filter(|log| json::flag(log, "enabled")).filter_map(name).collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const WORKSPACE: &str =
        "/subscriptions/s/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/log";

    fn read(properties: &Value) -> DiagnosticSettings {
        DiagnosticSettings::parse(&json!({ "value": [{ "name": "d", "properties": properties }] })).unwrap()
    }

    #[test]
    fn only_what_is_on_and_sent_to_a_workspace_can_be_queried() {
        let log = |category: &str, on: bool| json!({ "category": category, "enabled": on });
        let both = json!([log(ACCESS_LOG, true), log(FIREWALL_LOG, false)]);
        let found = read(&json!({
            "workspaceId": WORKSPACE, "logAnalyticsDestinationType": "Dedicated", "logs": both,
        }));
        let place = found.place_of(ACCESS_LOG).unwrap();
        assert_eq!((place.workspace.as_str(), place.dedicated), (WORKSPACE, true));
        assert_eq!(found.place_of(FIREWALL_LOG), None);
        let all = read(&json!({
            "workspaceId": WORKSPACE, "logs": [{ "categoryGroup": "allLogs", "enabled": true }],
        }));
        assert_eq!(all.place_of(FIREWALL_LOG).map(|place| place.dedicated), Some(false));
        let elsewhere = read(&json!({ "workspaceId": "", "storageAccountId": "s", "logs": both }));
        assert_eq!(elsewhere.place_of(ACCESS_LOG), None);
        assert!(DiagnosticSettings::parse(&json!({})).is_err());
    }
}
