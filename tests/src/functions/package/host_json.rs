//! host.json.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::{Function, HostJson, QueueSettings, Trigger, json};
use crate::functions::{backoff, span};

/// How long the handler may take to become ready (Azure/azure-functions-host,
/// `HttpWorkerOptions.InitializationTimeout`).
const INITIALIZATION: Duration = Duration::from_secs(30);
/// The time limit of a function on every plan but the old Consumption plan, where it is 5 minutes
/// (Azure/azure-functions-host, `ScriptJobHostOptionsSetup`).
const FUNCTION_TIMEOUT: Duration = Duration::from_secs(30 * 60);

/// Reads host.json, and gives what it says both read and raw.
pub(super) fn read(dir: &Path, wrong: &mut Vec<String>) -> Option<(HostJson, Value)> {
    let value = match json(&dir.join("host.json")) {
        Ok(value) => value,
        Err(reason) => {
            wrong.push(reason);
            return None;
        }
    };
    if value["version"] != "2.0" {
        wrong.push(format!("host.json has version {}, and the host reads \"2.0\" alone", value["version"]));
    }
    let handler = &value["customHandler"];
    let host = HostJson {
        executable: executable(handler, wrong),
        arguments: arguments(handler, wrong),
        proxying: flag(handler, "enableProxyingHttpRequest", wrong),
        forwarding: flag(handler, "enableForwardingHttpRequest", wrong),
        initialization_timeout: time(handler, "initializationTimeout", wrong).unwrap_or(INITIALIZATION),
        route_prefix: prefix(&value["extensions"]["http"]),
        function_timeout: function_timeout(&value, wrong),
        queues: queues(&value["extensions"]["queues"], wrong),
    };
    Some((host, value))
}

/// What of host.json depends on the functions.
pub(super) fn check(value: &Value, functions: &[Function], wrong: &mut Vec<String>) {
    let queue = functions.iter().find(|function| matches!(function.trigger, Trigger::Queue { .. }));
    if let Some(function) = queue {
        bundle(&value["extensionBundle"], &function.name, wrong);
    }
    // Azure/azure-functions-host, HttpWorkerFunctionProvider: it throws where both are there.
    if value["customHandler"]["http"]["routes"].is_array() && !functions.is_empty() {
        wrong.push("customHandler.http.routes cannot be combined with function.json files".into());
    }
}

/// HTTP and timer triggers are built in; the queue trigger comes with the bundle (Azure Functions
/// documentation, "Extension bundles").
fn bundle(bundle: &Value, function: &str, wrong: &mut Vec<String>) {
    let version = bundle["version"].as_str().unwrap_or_default();
    if bundle["id"].as_str().unwrap_or_default().is_empty() {
        wrong
            .push(format!("function {function} has a queue trigger, and host.json names no extensionBundle"));
    } else if !version.starts_with(['[', '(']) || !version.ends_with([']', ')']) {
        wrong.push(format!("extensionBundle.version {version:?} is not a range of versions"));
    }
}

fn executable(handler: &Value, wrong: &mut Vec<String>) -> String {
    let path = handler["description"]["defaultExecutablePath"].as_str().unwrap_or_default();
    if path.is_empty() {
        wrong.push("customHandler.description.defaultExecutablePath is missing".into());
    }
    path.to_owned()
}

fn arguments(handler: &Value, wrong: &mut Vec<String>) -> Vec<String> {
    let value = &handler["description"]["arguments"];
    if value.is_null() {
        return Vec::new();
    }
    let words: Option<Vec<String>> = value
        .as_array()
        .and_then(|words| words.iter().map(|word| word.as_str().map(str::to_owned)).collect());
    words.unwrap_or_else(|| {
        wrong.push("customHandler.description.arguments is not a list of texts".into());
        Vec::new()
    })
}

fn flag(value: &Value, key: &str, wrong: &mut Vec<String>) -> bool {
    match &value[key] {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        other => {
            wrong.push(format!("{key} is {other}, not true or false"));
            false
        }
    }
}

/// `null` is no limit, and so is -1 (Azure/azure-functions-host, `ScriptJobHostOptionsSetup`).
fn function_timeout(value: &Value, wrong: &mut Vec<String>) -> Option<Duration> {
    match value.get("functionTimeout") {
        None => Some(FUNCTION_TIMEOUT),
        Some(Value::Null) => None,
        Some(Value::String(text)) if text == "-1" => None,
        Some(_) => time(value, "functionTimeout", wrong).or(Some(FUNCTION_TIMEOUT)),
    }
}

/// `""` is allowed, and dangerous: a route for everything then reaches the paths of triggers.
fn prefix(http: &Value) -> String {
    http["routePrefix"].as_str().unwrap_or("api").trim_matches('/').to_owned()
}

fn time(value: &Value, key: &str, wrong: &mut Vec<String>) -> Option<Duration> {
    let field = value.get(key)?;
    let time = field.as_str().and_then(span::parse);
    if time.is_none() {
        wrong.push(format!("{key} is {field}, not a time span like \"00:00:30\""));
    }
    time
}

fn number(
    value: &Value,
    key: &str,
    range: std::ops::RangeInclusive<u64>,
    wrong: &mut Vec<String>,
) -> Option<u64> {
    let field = value.get(key)?;
    let number = field.as_u64().filter(|number| range.contains(number));
    if number.is_none() {
        wrong.push(format!("extensions.queues.{key} is {field}, not {} to {}", range.start(), range.end()));
    }
    number
}

/// Defaults and limits as in Azure/azure-sdk-for-net, queue extension, `QueuesOptions`. The default of
/// `newBatchThreshold` is for an instance of one core.
fn queues(value: &Value, wrong: &mut Vec<String>) -> QueueSettings {
    let batch = number(value, "batchSize", 1..=32, wrong).unwrap_or(16);
    let threshold = number(value, "newBatchThreshold", 0..=u64::from(u32::MAX), wrong).unwrap_or(batch / 2);
    let dequeues = number(value, "maxDequeueCount", 1..=u64::from(u32::MAX), wrong).unwrap_or(5);
    let polling = time(value, "maxPollingInterval", wrong).unwrap_or(Duration::from_secs(60));
    if polling < backoff::SHORTEST {
        wrong.push("extensions.queues.maxPollingInterval is shorter than 100 ms".into());
    }
    let encoding = value["messageEncoding"].as_str().unwrap_or("base64").to_ascii_lowercase();
    if !matches!(encoding.as_str(), "base64" | "none") {
        wrong.push(format!("extensions.queues.messageEncoding is {encoding:?}, not \"base64\" or \"none\""));
    }
    QueueSettings {
        batch_size: usize::try_from(batch).unwrap_or(16),
        new_batch_threshold: usize::try_from(threshold).unwrap_or(8),
        max_dequeue_count: u32::try_from(dequeues).unwrap_or(5),
        visibility_timeout: time(value, "visibilityTimeout", wrong).unwrap_or(Duration::ZERO),
        max_polling_interval: polling,
        base64: encoding != "none",
    }
}
