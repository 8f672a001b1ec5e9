//! Diagnostic settings and metric alerts: the resources beside a gateway that clients write.
//!
//! Both are written and deleted at once, without an operation to follow. What Azure refuses beside what is checked
//! here (a workspace that is not there, a metric that the gateway does not have) is not simulated.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{ArmError, Call, reply, resources};
use crate::{
    json::{filled, flag, list, text},
    net::Response,
    scenario,
};

const SETTINGS: &str = "/providers/microsoft.insights/diagnosticsettings";
const ALERTS: &str = "/providers/microsoft.insights/metricalerts";
/// Microsoft Learn, "Diagnostic settings in Azure Monitor": five for each resource.
const SETTINGS_AT_MOST: usize = 5;

/// What clients have written, by lower-case id.
#[derive(Debug, Default)]
pub(crate) struct Written(Mutex<BTreeMap<String, Value>>);

impl Written {
    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Value>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was written there last, if it was not deleted.
    pub(super) fn find(&self, id: &str) -> Option<Value> {
        self.all().get(&id.to_lowercase()).cloned()
    }

    pub(super) fn keep(&self, id: &str, resource: Value) {
        self.all().insert(id.to_lowercase(), resource);
    }

    /// Every resource that is there now.
    pub(crate) fn list(&self) -> Vec<Value> {
        self.all().values().cloned().collect()
    }
}

/// What is asked for: one resource of a kind, or all of them.
enum Asked<'a> {
    One { list: &'a str, name: &'a str },
    All,
}

/// What a path asks for, if it is about one of these kinds.
fn asked(path: &str) -> Option<Asked<'_>> {
    let lower = path.to_lowercase();
    let kind = [SETTINGS, ALERTS].into_iter().find(|kind| lower.contains(kind))?;
    let end = lower.find(kind)? + kind.len();
    let list = path.get(..end)?;
    match path.get(end..)?.strip_prefix('/') {
        None => path.get(end..)?.is_empty().then_some(Asked::All),
        Some(name) => (!name.contains('/')).then_some(Asked::One { list, name }),
    }
}

/// Whether a request is about one of these kinds.
pub(super) fn is_about(call: &Call<'_>) -> bool {
    asked(call.request.uri().path().trim_end_matches('/')).is_some()
}

/// The answer to a request about one of these kinds; none if it is about something else.
pub(super) async fn answer(call: &Call<'_>) -> Option<Result<Response, ArmError>> {
    let path = call.request.uri().path().trim_end_matches('/');
    let asked = asked(path)?;
    Some(match (asked, call.request.method()) {
        (Asked::All, &Method::GET) => Ok(reply(StatusCode::OK, &json!({"value": all(call, path)}))),
        (Asked::One { list, name }, &Method::GET) => match find(call, list, name) {
            Some(found) => Ok(reply(StatusCode::OK, &found)),
            None => resources::get(call).await,
        },
        (Asked::One { list, name }, &Method::PUT) => put(call, list, name),
        (Asked::One { .. }, &Method::DELETE) => {
            let gone = call.azure.written.all().remove(&path.to_lowercase()).is_some();
            let status = if gone { StatusCode::OK } else { StatusCode::NO_CONTENT };
            Ok(reply(status, &Value::Null))
        }
        _ => return None,
    })
}

/// What the scenario holds ready, and what was written since.
fn all(call: &Call<'_>, list_path: &str) -> Vec<Value> {
    let canned = call.azure.answer(scenario::Method::Get, list_path, b"").map(|answer| &answer.body);
    let canned = canned.map(|body| list(body, "/value").to_vec()).unwrap_or_default();
    let prefix = format!("{}/", list_path.to_lowercase());
    let written = call.azure.written.all();
    let since = written.iter().filter(|(id, _)| id.starts_with(&prefix)).map(|(_, value)| value.clone());
    canned.into_iter().chain(since).collect()
}

fn find(call: &Call<'_>, list: &str, name: &str) -> Option<Value> {
    let is = |item: &Value| text(item, "/name").is_some_and(|own| own.eq_ignore_ascii_case(name));
    all(call, list).into_iter().find(is)
}

fn put(call: &Call<'_>, list_path: &str, name: &str) -> Result<Response, ArmError> {
    let body: Value = serde_json::from_slice(call.request.body())
        .map_err(|error| ArmError::bad("InvalidRequestContent", error.to_string()))?;
    let others: Vec<Value> = all(call, list_path)
        .into_iter()
        .filter(|item| !text(item, "/name").is_some_and(|own| own.eq_ignore_ascii_case(name)))
        .collect();
    let is_alert = list_path.to_lowercase().ends_with(ALERTS);
    if is_alert {
        check_alert(&body)?
    } else {
        check_setting(&body, &others)?
    }
    let id = format!("{list_path}/{name}");
    let shown = if is_alert { alert(&body, &id, name) } else { setting(&body, &id, name) };
    call.azure.written.keep(&id, shown.clone());
    Ok(reply(StatusCode::OK, &shown))
}

fn check_setting(body: &Value, others: &[Value]) -> Result<(), ArmError> {
    let Some(workspace) = filled(body, "/properties/workspaceId") else {
        let message = "At least one data sink needs to be specified.";
        return Err(ArmError::bad("BadRequest", message));
    };
    if others.len() >= SETTINGS_AT_MOST {
        let message = format!("The limit of {SETTINGS_AT_MOST} diagnostic settings was reached.");
        return Err(ArmError::conflict("Conflict", message));
    }
    let on = |item: &Value| -> Vec<String> {
        let logs = list(item, "/properties/logs").iter().filter(|log| flag(log, "/enabled"));
        logs.filter_map(|log| filled(log, "/category").or_else(|| filled(log, "/categoryGroup"))).collect()
    };
    let wanted = on(body);
    if wanted.is_empty() {
        return Err(ArmError::bad("BadRequest", "No category is switched on."));
    }
    let same = |item: &&Value| {
        let there = filled(item, "/properties/workspaceId");
        there.is_some_and(|id| id.eq_ignore_ascii_case(&workspace))
            && on(item).iter().any(|category| wanted.contains(category))
    };
    match others.iter().find(same) {
        Some(other) => {
            let name = text(other, "/name").unwrap_or_default();
            let message = format!(
                "Data sink '{workspace}' is already used in diagnostic setting '{name}' for one of these \
                 categories. Data sinks can't be reused in different settings on the same category for the same \
                 resource."
            );
            Err(ArmError::conflict("Conflict", message))
        }
        None => Ok(()),
    }
}

fn check_alert(body: &Value) -> Result<(), ArmError> {
    let must = ["severity", "enabled", "scopes", "evaluationFrequency", "windowSize", "criteria"];
    let missing = must.iter().find(|field| body.pointer(&format!("/properties/{field}")).is_none());
    let wrong = missing.map(|field| format!("Required property '{field}' not found in JSON."));
    let global = text(body, "/location").is_some_and(|place| place.eq_ignore_ascii_case("global"));
    let wrong = wrong.or_else(|| (!global).then(|| "The location of a metric alert is 'global'.".to_owned()));
    wrong.map_or(Ok(()), |message| Err(ArmError::bad("BadRequest", message)))
}

/// As the specification's example shows it: every category of the gateway, and its retention, which says nothing.
fn setting(body: &Value, id: &str, name: &str) -> Value {
    let mut own = body.get("properties").cloned().unwrap_or_default();
    let given = list(body, "/properties/logs").to_vec();
    let on = |category: &str| {
        given.iter().any(|log| text(log, "/category") == Some(category) && flag(log, "/enabled"))
    };
    let categories =
        ["ApplicationGatewayAccessLog", "ApplicationGatewayPerformanceLog", "ApplicationGatewayFirewallLog"];
    let retention = json!({"enabled": false, "days": 0});
    let logs = categories.map(|category| {
        json!({"category": category, "categoryGroup": null, "enabled": on(category), "retentionPolicy": retention})
    });
    let metrics = json!([{"category": "AllMetrics", "enabled": false, "retentionPolicy": retention, "timeGrain": null}]);
    for (key, value) in [
        ("logs", json!(logs)),
        ("metrics", metrics),
        ("storageAccountId", Value::Null),
        ("serviceBusRuleId", Value::Null),
        ("eventHubAuthorizationRuleId", Value::Null),
        ("eventHubName", Value::Null),
    ] {
        if let Some(own) = own.as_object_mut() {
            own.insert(key.to_owned(), value);
        }
    }
    json!({
        "id": id, "type": "Microsoft.Insights/diagnosticSettings", "name": name, "location": null, "kind": null,
        "tags": null, "properties": own, "identity": null,
    })
}

fn alert(body: &Value, id: &str, name: &str) -> Value {
    let mut own = body.get("properties").cloned().unwrap_or_default();
    if let Some(own) = own.as_object_mut() {
        own.entry("targetResourceType").or_insert_with(|| json!(""));
        own.entry("targetResourceRegion").or_insert_with(|| json!(""));
        own.insert("isMigrated".to_owned(), json!(false));
    }
    json!({
        "id": id, "type": "Microsoft.Insights/metricAlerts", "name": name, "location": "global", "tags": {},
        "properties": own,
    })
}
