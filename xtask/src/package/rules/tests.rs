//! Each rule, broken once.

use serde_json::{Value, json};

use super::super::functions::App;

const HOST: &str = r#"{
    "customHandler": { "description": { "defaultExecutablePath": "agw" } },
    "extensions": { "http": { "routePrefix": "api" } }
}"#;

/// What is said about these functions; nothing if they are in order.
fn said(functions: &Value) -> String {
    said_with(HOST, functions)
}

fn said_with(host: &str, functions: &Value) -> String {
    let checked = App::parse(host.to_owned(), &functions.to_string()).and_then(|app| super::check(&app));
    checked.map_or_else(|error| format!("{error:#}"), |()| String::new())
}

fn http(route: &str, methods: &[&str]) -> Value {
    json!({ "bindings": [
        { "type": "httpTrigger", "direction": "in", "name": "req", "route": route, "methods": methods },
        { "type": "http", "direction": "out", "name": "res" },
    ] })
}

fn queue(binding: &str) -> Value {
    json!({ "bindings": [{ "type": "queueTrigger", "name": binding, "queueName": "work" }] })
}

#[test]
fn our_own_functions_are_in_order() {
    let host = include_str!("../../../../host.json");
    let functions: Value = serde_json::from_str(include_str!("../../../../function.json")).unwrap();
    assert_eq!(said_with(host, &functions), "");
}

#[test]
fn names_of_functions() {
    let rule = "a name is a letter, then letters, digits, `_` and `-`, 128 characters at most";
    for name in ["", "1st", "_work", "wo rk", "wörk", "a/b", &"a".repeat(129)] {
        assert_eq!(said(&json!({ name: queue("wake") })), format!("function `{name}`: {rule}"));
    }
    for name in ["a", "A-1_b", &"a".repeat(128)] {
        assert_eq!(said(&json!({ name: queue("wake") })), "");
    }
    assert_eq!(said(&json!({ "Host": queue("wake") })), "function `Host`: the name `host` is the host's own");
    assert_eq!(
        said(&json!({ "work": queue("wake"), "Work": queue("wake") })),
        "functions `Work` and `work`: the host does not tell capital letters from small ones"
    );
    assert_eq!(said(&json!({})), "function.json names no function");
}

#[test]
fn names_of_bindings() {
    for name in ["", "1st", "my_wake", "my-wake", "$other", &"a".repeat(129)] {
        let expected = format!(
            "function `work`: the binding name `{name}` is neither `$return` nor a letter and then letters \
             and digits, 128 at most"
        );
        assert_eq!(said(&json!({ "work": queue(name) })), expected);
    }
    for name in ["$return", "w", "wake2"] {
        assert_eq!(said(&json!({ "work": queue(name) })), "");
    }
}

#[test]
fn binding_names_are_unique() {
    let twice = json!({ "bindings": [
        { "type": "httpTrigger", "name": "both" },
        { "type": "http", "name": "Both" },
    ] });
    let expected = "function `hook`: the binding name `both` is used more than once";
    assert_eq!(said(&json!({ "hook": twice })), expected);
}

#[test]
fn a_binding_says_its_type_and_its_name() {
    let nameless = json!({ "bindings": [{ "type": "queueTrigger" }] });
    assert_eq!(said(&json!({ "work": nameless })), "the bindings of function `work`: missing field `name`");
}

#[test]
fn exactly_one_trigger() {
    let none = json!({ "bindings": [{ "type": "http", "name": "res" }] });
    let two = json!({ "bindings": [{ "type": "queueTrigger", "name": "a" }, { "type": "TimerTrigger", "name": "b" }] });
    for (functions, count) in [(none, 0), (two, 2)] {
        let expected = format!("function `work`: a function has exactly one trigger, and this has {count}");
        assert_eq!(said(&json!({ "work": functions })), expected);
    }
}

#[test]
fn routes_of_the_host() {
    for (route, reserved) in [("admin/x", "admin"), ("/Administrate", "admin"), ("runtime", "runtime")] {
        let said = said(&json!({ "hook": http(route, &["post"]) }));
        let clean = route.trim_matches('/').to_lowercase();
        let expected =
            format!("function `hook`: the route `{clean}` starts with `{reserved}`, which is the host's own");
        assert_eq!(said, expected);
    }
    // Without a route the name is the route.
    assert!(said(&json!({ "admin-hook": http("", &["post"]) })).contains("starts with `admin`"));
    assert_eq!(said(&json!({ "hook": http("slack/admin", &["post"]) })), "");
}

#[test]
fn one_route_and_method_has_one_function() {
    let expected = "functions `a` and `b`: both answer to the route `x` and a method that they share";
    let both = |left: Value, right: Value| said(&json!({ "a": left, "b": right }));
    assert_eq!(both(http("x", &["post", "get"]), http("/X", &["GET"])), expected);
    assert_eq!(both(http("x", &["post"]), http("x", &[])), expected, "no method stands for all");
    assert_eq!(both(http("x", &["post"]), http("x", &["get"])), "");
    assert_eq!(both(http("x", &["post"]), http("y", &["post"])), "");
    assert_eq!(both(http("x", &["post"]), queue("wake")), "");
}

#[test]
fn the_prefix_is_not_empty() {
    let functions = json!({ "work": queue("wake") });
    let expected = "host.json: extensions.http.routePrefix may not be empty: anybody could reach the paths of \
                    the triggers";
    for empty in ["", "/", " "] {
        let host = HOST.replace(r#""api""#, &format!("{empty:?}"));
        assert_eq!(said_with(&host, &functions), expected);
    }
    let without = HOST.replace("routePrefix", "other");
    assert_eq!(said_with(&without, &functions), "", "the host's own is `api`");
}

#[test]
fn the_host_starts_agw() {
    let functions = json!({ "work": queue("wake") });
    let expected =
        "host.json: customHandler.description.defaultExecutablePath has to be `agw`, not `handler`";
    assert_eq!(said_with(&HOST.replace(r#""agw""#, r#""handler""#), &functions), expected);
    assert!(said_with("{}", &functions).contains("has to be `agw`, not ``"));
}

#[test]
fn who_may_call() {
    let leveled = |route: &str, level: Option<&str>| {
        let mut function = http(route, &["post"]);
        if let Some(level) = level {
            function["bindings"][0]["authLevel"] = json!(level);
        }
        said(&json!({ "hook": function }))
    };
    for level in [None, Some("anonymous"), Some("Function"), Some("admin")] {
        assert_eq!(leveled("hook", level), "");
    }
    assert_eq!(
        leveled("hook", Some("master")),
        "function `hook`: the authLevel `master` is none of `anonymous`, `function` and `admin`"
    );
    assert_eq!(leveled("check", Some("Admin")), "");
    for (level, found) in [(None, "function"), (Some("anonymous"), "anonymous")] {
        let expected = format!(
            "function `hook`: the route `check` tells of the app's permissions, so its authLevel has to be `admin`, \
             not `{found}`"
        );
        assert_eq!(leveled("/Check/", level), expected);
    }
}
