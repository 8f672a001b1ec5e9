//! Packages that the host takes, and packages that it refuses.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{AuthLevel, Package, Trigger};

fn host() -> Value {
    json!({
        "version": "2.0",
        "customHandler": { "description": { "defaultExecutablePath": "handler" } },
        "extensionBundle": { "id": "Microsoft.Azure.Functions.ExtensionBundle", "version": "[4.*, 5.0.0)" },
    })
}

fn http(route: &str, methods: &[&str]) -> Value {
    json!({ "bindings": [
        {
            "type": "httpTrigger", "direction": "in", "name": "req",
            "authLevel": "anonymous", "methods": methods, "route": route,
        },
        { "type": "http", "direction": "out", "name": "res" },
    ] })
}

fn queue(name: &str) -> Value {
    json!({ "bindings": [{ "type": "queueTrigger", "direction": "in", "name": "job", "queueName": name }] })
}

fn write(dir: &Path, host: &Value, functions: &[(&str, Value)]) {
    std::fs::write(dir.join("host.json"), host.to_string()).unwrap();
    for (name, function) in functions {
        std::fs::create_dir_all(dir.join(name)).unwrap();
        std::fs::write(dir.join(name).join("function.json"), function.to_string()).unwrap();
    }
}

fn read(host: &Value, functions: &[(&str, Value)]) -> Result<Package, Vec<String>> {
    let dir = TempDir::new().unwrap();
    write(dir.path(), host, functions);
    Package::read(dir.path())
}

/// Fails unless exactly this is wrong.
#[track_caller]
fn refused(host: &Value, functions: &[(&str, Value)], words: &str) {
    let wrong = read(host, functions).unwrap_err();
    assert!(wrong.len() == 1 && wrong[0].contains(words), "{words:?} is not the one thing in {wrong:#?}");
}

#[test]
fn what_host_json_does_not_say_has_the_hosts_default() {
    let package = read(&host(), &[("job", queue("jobs"))]).unwrap();
    assert_eq!((package.host.proxying, package.host.forwarding), (false, false));
    assert_eq!(package.host.route_prefix, "api");
    assert_eq!(package.host.initialization_timeout, Duration::from_secs(30));
    let queues = &package.host.queues;
    assert_eq!((queues.batch_size, queues.new_batch_threshold, queues.max_dequeue_count), (16, 8, 5));
    assert_eq!(
        (queues.visibility_timeout, queues.max_polling_interval),
        (Duration::ZERO, Duration::from_secs(60))
    );
    assert!(queues.base64);
    let connection = "AzureWebJobsStorage".to_owned();
    let trigger = Trigger::Queue { binding: "job".into(), queue: "jobs".into(), connection };
    assert_eq!(package.function("job").unwrap().trigger, trigger);
}

#[test]
fn an_http_function_is_raw_with_one_binding_each_way() {
    let mut more = http("more", &["post"]);
    more["bindings"]
        .as_array_mut()
        .unwrap()
        .push(json!({ "type": "http", "direction": "out", "name": "second" }));
    let package = read(&host(), &[("slack", http("slack/commands", &["post"])), ("more", more)]).unwrap();
    let raw = |name: &str| match &package.function(name).unwrap().trigger {
        Trigger::Http { raw, auth: AuthLevel::Anonymous, .. } => *raw,
        other => panic!("{other:?}"),
    };
    assert_eq!((raw("slack"), raw("more")), (true, false));
}

#[test]
fn only_folders_directly_below_the_root_are_functions() {
    let dir = TempDir::new().unwrap();
    write(dir.path(), &host(), &[("deep/er", http("x", &["get"]))]);
    std::fs::write(dir.path().join("function.json"), queue("jobs").to_string()).unwrap();
    assert!(Package::read(dir.path()).unwrap().functions.is_empty());
}

#[test]
fn names_are_checked() {
    refused(&host(), &[("9lives", queue("jobs"))], "a name is a letter");
    refused(&host(), &[("host", queue("jobs"))], "reserved");
    let mut binding = queue("jobs");
    binding["bindings"][0]["name"] = json!("my_job");
    refused(&host(), &[("job", binding)], "binding name \"my_job\"");
    refused(&host(), &[("job", queue("Jobs"))], "not the name of a queue");
}

#[test]
fn a_function_has_exactly_one_trigger_and_each_name_once() {
    let mut two = queue("jobs");
    two["bindings"].as_array_mut().unwrap().push(queue("others")["bindings"][0].clone());
    let wrong = read(&host(), &[("job", two)]).unwrap_err();
    assert!(wrong[0].contains("two bindings are named") && wrong[1].contains("2 triggers"), "{wrong:?}");
    refused(&host(), &[("job", json!({ "bindings": [] }))], "at least one binding");
    refused(
        &host(),
        &[("job", json!({ "scriptFile": "gone.js", "bindings": queue("jobs")["bindings"] }))],
        "scriptFile",
    );
}

#[test]
fn routes_are_not_reserved_and_not_twice() {
    refused(&host(), &[("a", http("administrate", &["get"]))], "built in routes");
    refused(
        &host(),
        &[("a", http("x", &["get", "post"])), ("b", http("X", &["post"]))],
        "conflicts with function a",
    );
    read(
        &host(),
        &[("a", http("x", &["get"])), ("b", http("x", &["post"])), ("c", http("y/{*rest}", &["get"]))],
    )
    .unwrap();
    refused(&host(), &[("a", http("x/{id}", &["get"]))], "does not know the route template");
}

#[test]
fn host_json_is_checked() {
    let with = |path: &str, value: Value| {
        let mut host = host();
        *host.pointer_mut(path).unwrap() = value;
        host
    };
    refused(&with("/version", json!("3.0")), &[], "version");
    refused(&with("/customHandler", json!({})), &[], "defaultExecutablePath");
    refused(&with("/extensionBundle", json!({})), &[("job", queue("jobs"))], "extensionBundle");
    let mut host = host();
    host["extensions"] =
        json!({ "queues": { "batchSize": 33, "visibilityTimeout": "30", "messageEncoding": "utf7" } });
    assert_eq!(read(&host, &[]).unwrap_err().len(), 3);
    host["extensions"] = json!({ "http": { "routePrefix": "" } });
    assert_eq!(read(&host, &[]).unwrap().host.route_prefix, "");
}

#[test]
fn a_schedule_that_the_harness_does_not_know_is_refused() {
    let timer = |schedule: &str| {
        let binding = json!({ "type": "timerTrigger", "name": "timer", "schedule": schedule });
        json!({ "bindings": [binding] })
    };
    read(&host(), &[("sweep", timer("*/30 * * * * *"))]).unwrap();
    refused(&host(), &[("sweep", timer("0 0 4 * * 1-5"))], "does not know the schedule");
}
