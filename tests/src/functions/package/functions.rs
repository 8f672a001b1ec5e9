//! The function.json files.

use std::path::Path;

use serde_json::Value;

use super::{AuthLevel, Function, Trigger, json};
use crate::functions::schedule::Schedule;

/// Reads each folder that has a function.json.
pub(super) fn read(dir: &Path, wrong: &mut Vec<String>) -> Vec<Function> {
    let mut functions: Vec<Function> = Vec::new();
    for name in folders(dir) {
        let folder = dir.join(&name);
        if !folder.join("function.json").is_file() {
            continue;
        }
        let mut found = Vec::new();
        check_name(&name, &mut found);
        if functions.iter().any(|other| other.name.eq_ignore_ascii_case(&name)) {
            found.push("there is another function of that name".into());
        }
        match json(&folder.join("function.json")) {
            Ok(value) => functions.extend(function(&name, &folder, &value, &mut found)),
            Err(reason) => found.push(reason),
        }
        wrong.extend(found.into_iter().map(|sentence: String| format!("function {name}: {sentence}")));
    }
    functions
}

fn folders(dir: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let folders = entries.filter_map(Result::ok).filter(|entry| entry.path().is_dir());
    let mut names: Vec<String> = folders.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

/// `^[a-z][a-z0-9_\-]{0,127}$` in any case, and not `host` (Azure/azure-functions-host,
/// `Utility.IsValidFunctionName`, `HostFunctionMetadataProvider.ValidateName`).
fn check_name(name: &str, wrong: &mut Vec<String>) {
    let mut letters = name.chars();
    let starts = letters.next().is_some_and(|first| first.is_ascii_alphabetic());
    let goes_on = letters.all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-'));
    if !starts || !goes_on || name.len() > 128 {
        wrong.push("a name is a letter and up to 127 letters, digits, '_' and '-'".into());
    }
    if name.eq_ignore_ascii_case("host") {
        wrong.push("the name is reserved".into());
    }
}

fn function(name: &str, folder: &Path, value: &Value, wrong: &mut Vec<String>) -> Option<Function> {
    if value["disabled"] == true {
        return None;
    }
    if let Some(script) = value["scriptFile"].as_str().filter(|script| !script.is_empty())
        && !folder.join(script).is_file()
    {
        wrong.push(format!("its scriptFile {script:?} does not exist"));
    }
    let bindings = value["bindings"].as_array().map(Vec::as_slice).unwrap_or_default();
    if bindings.is_empty() {
        wrong.push("at least one binding must be declared".into());
        return None;
    }
    check_bindings(bindings, wrong);
    let triggers: Vec<&Value> = bindings.iter().filter(|binding| is_trigger(binding)).collect();
    // Azure/azure-functions-host, ScriptHost.ValidateFunction and Utility.ValidateBinding.
    let [trigger] = triggers[..] else {
        wrong.push(format!("it has {} triggers, and a function has exactly one", triggers.len()));
        return None;
    };
    let trigger = read_trigger(name, trigger, bindings, wrong)?;
    Some(Function { name: name.to_owned(), trigger })
}

fn text<'a>(binding: &'a Value, key: &str) -> &'a str {
    binding[key].as_str().unwrap_or_default()
}

fn is_trigger(binding: &Value) -> bool {
    text(binding, "type").to_ascii_lowercase().ends_with("trigger")
}

fn is(binding: &Value, kind: &str, direction: &str) -> bool {
    text(binding, "type").eq_ignore_ascii_case(kind) && self::direction(binding) == direction
}

/// A binding goes in where nothing is said (Azure/azure-functions-host, `BindingMetadata.Direction`).
fn direction(binding: &Value) -> String {
    binding["direction"].as_str().unwrap_or("in").to_ascii_lowercase()
}

fn check_bindings(bindings: &[Value], wrong: &mut Vec<String>) {
    let mut names: Vec<String> = Vec::new();
    for binding in bindings {
        let name = text(binding, "name");
        check_binding(binding, name, wrong);
        if names.iter().any(|other| other.eq_ignore_ascii_case(name)) {
            wrong.push(format!("two bindings are named {name:?}"));
        }
        names.push(name.to_owned());
    }
}

/// `^[a-zA-Z][a-zA-Z0-9]{0,127}$` or `$return`, so neither `_` nor `-` (Azure/azure-functions-host,
/// `Utility.ValidateBinding`).
fn check_binding(binding: &Value, name: &str, wrong: &mut Vec<String>) {
    let mut letters = name.chars();
    let starts = letters.next().is_some_and(|first| first.is_ascii_alphabetic());
    let good = starts && letters.all(|letter| letter.is_ascii_alphanumeric()) && name.len() <= 128;
    if !good && name != "$return" {
        wrong.push(format!("the binding name {name:?} is not a letter and up to 127 letters and digits"));
    }
    let direction = direction(binding);
    if !matches!(direction.as_str(), "in" | "out" | "inout") {
        wrong.push(format!("the binding {name:?} has the direction {direction:?}"));
    }
    if is_trigger(binding) && direction != "in" {
        wrong.push(format!("the trigger {name:?} does not go in"));
    }
    let kind = text(binding, "type");
    if !matches!(kind, "httpTrigger" | "http" | "queueTrigger" | "timerTrigger") {
        wrong.push(format!("the harness does not know the binding type {kind:?}"));
    }
}

fn read_trigger(name: &str, trigger: &Value, bindings: &[Value], wrong: &mut Vec<String>) -> Option<Trigger> {
    match text(trigger, "type") {
        "httpTrigger" => Some(http(name, trigger, bindings, wrong)),
        "queueTrigger" => Some(queue(trigger, wrong)),
        "timerTrigger" => Some(timer(trigger, wrong)),
        _ => None,
    }
}

/// Without a route the function's name is the route; without methods all of them are served (Azure Functions
/// documentation, "HTTP trigger", configuration).
fn http(name: &str, trigger: &Value, bindings: &[Value], wrong: &mut Vec<String>) -> Trigger {
    let auth = match trigger["authLevel"].as_str().unwrap_or("function").to_ascii_lowercase().as_str() {
        "anonymous" => AuthLevel::Anonymous,
        "admin" => AuthLevel::Admin,
        "function" => AuthLevel::Function,
        other => {
            wrong.push(format!("the authLevel {other:?} does not exist"));
            AuthLevel::Admin
        }
    };
    let methods = trigger["methods"].as_array();
    if methods.is_some_and(Vec::is_empty) {
        wrong.push("its list of methods is empty, so that it answers to none".into());
    }
    let methods =
        methods.into_iter().flatten().filter_map(Value::as_str).map(str::to_ascii_uppercase).collect();
    let inputs = bindings.iter().filter(|binding| direction(binding) == "in").count();
    let outputs: Vec<&Value> = bindings.iter().filter(|binding| direction(binding) == "out").collect();
    if outputs.is_empty() {
        wrong.push("an httpTrigger has no http binding out, so that nothing would be answered".into());
    }
    let raw = inputs == 1 && bindings.len() == 2 && outputs.iter().all(|binding| is(binding, "http", "out"));
    let route = trigger["route"].as_str().unwrap_or(name).trim_matches('/').to_owned();
    Trigger::Http { route, methods, auth, raw }
}

fn queue(trigger: &Value, wrong: &mut Vec<String>) -> Trigger {
    let queue = text(trigger, "queueName");
    if !is_queue_name(queue) {
        wrong.push(format!("the queueName {queue:?} is not the name of a queue"));
    }
    let connection = trigger["connection"].as_str().unwrap_or("AzureWebJobsStorage");
    if connection.is_empty() {
        wrong.push("its connection is empty".into());
    }
    Trigger::Queue {
        binding: text(trigger, "name").to_owned(),
        queue: queue.to_owned(),
        connection: connection.to_owned(),
    }
}

/// 3 to 63 lower-case letters, digits and single hyphens inside (Azure Storage documentation, "Naming queues
/// and metadata"). The extension checks it as well (`QueueClientExtensions.ValidateName`).
fn is_queue_name(name: &str) -> bool {
    let letters = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    let hyphens = name.starts_with('-') || name.ends_with('-') || name.contains("--");
    letters && !hyphens && (3..=63).contains(&name.len())
}

fn timer(trigger: &Value, wrong: &mut Vec<String>) -> Trigger {
    let schedule = text(trigger, "schedule");
    if let Err(reason) = Schedule::parse(schedule) {
        wrong.push(reason);
    }
    Trigger::Timer { binding: text(trigger, "name").to_owned(), schedule: schedule.to_owned() }
}
