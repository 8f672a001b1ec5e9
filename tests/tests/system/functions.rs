//! The bot as a custom handler: what a Functions host calls, and what nobody else may.

use std::collections::BTreeSet;

use domain::alert::Condition::Fired;
use handler::store::azure::QUEUE;
use serde_json::Value;
use tests::functions::{Package, Trigger};
use tests::{AlertBody, Stage, World, envelope};

async fn hosted() -> World {
    // Whatever can be connected is, so that every route is there.
    let everything = |config: &mut handler::config::Config| {
        config.teams.app_id = Some("22222222-3333-4444-5555-666666666666".to_owned());
        config.teams.tenants = vec!["33333333-4444-5555-6666-777777777777".to_owned()];
        config.discord.application = Some("845027738276462632".to_owned());
        let key = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        config.discord.public_key = Some(key.to_owned());
    };
    Stage::named("root-403").hosted().config(everything).start().await
}

/// The functions that the app declares.
fn declared() -> Vec<(String, Value)> {
    let functions: Value = serde_json::from_str(include_str!("../../../function.json")).unwrap();
    functions.as_object().unwrap().iter().map(|(name, declared)| (name.clone(), declared.clone())).collect()
}

/// The first binding of a kind.
fn binding<'a>(function: &'a Value, kind: &str) -> Option<&'a Value> {
    function["bindings"].as_array().unwrap().iter().find(|binding| binding["type"] == kind)
}

#[test]
fn the_host_takes_the_package_and_leaves_more_time_than_the_bot_takes() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("host.json"), include_str!("../../../host.json")).unwrap();
    std::fs::write(folder.path().join("agw"), "").unwrap();
    for (name, function) in declared() {
        std::fs::create_dir(folder.path().join(&name)).unwrap();
        let file = folder.path().join(name).join("function.json");
        std::fs::write(file, function.to_string()).unwrap();
    }
    let package = Package::read(folder.path()).unwrap();
    let names: BTreeSet<&str> = package.functions.iter().map(|function| function.name.as_str()).collect();
    assert_eq!(
        names,
        BTreeSet::from([
            "alerts",
            "check",
            "discord-interactions",
            "poison",
            "slack-commands",
            "slack-events",
            "slack-interactions",
            "sweep",
            "teams-messages",
            "work"
        ])
    );
    for function in &package.functions {
        match &function.trigger {
            Trigger::Http { raw, .. } => assert!(raw, "{}: the bytes are signed", function.name),
            Trigger::Queue { queue, binding, .. } => {
                let expected =
                    if function.name == "work" { QUEUE.to_owned() } else { format!("{QUEUE}-poison") };
                assert_eq!((queue, binding.as_str()), (&expected, "wake"), "{}", function.name);
            }
            Trigger::Timer { .. } => {}
        }
    }
    assert_eq!(package.host.route_prefix, "api", "an empty prefix would let strangers call triggers");
    assert!(package.host.function_timeout.unwrap() > handler::functions::DEADLINE);
    assert!(package.host.proxying && package.host.forwarding && package.host.queues.base64);
    assert!(!package.host.queues.visibility_timeout.is_zero(), "a failure would be repeated at once");
}

#[tokio::test]
async fn the_story_is_the_same_when_a_host_hands_out_the_work() {
    let world = hosted().await;
    world.alert(Fired).await;
    assert_eq!(world.message().await.status(), "Unhealthy");
    world.thread().await;
    world.click("alex", "Approve").await;
    assert_eq!(world.message().await.status(), "Fixed");
    world.thread().await;
    assert_eq!((world.azure.puts(), world.visit().await), (1, 200));
    world.finish().await;
}

#[tokio::test]
async fn what_was_not_woken_is_found_by_the_timer() {
    let world = hosted().await;
    world.alert(Fired).await;
    world.lose_wakeups().await;
    let timer = r#"{"Data":{"timer":{"Schedule":{"AdjustForDST":true},"ScheduleStatus":null,"IsPastDue":false}},"Metadata":{"sys":{}}}"#;
    assert_eq!(world.trigger("sweep", timer).await.status, 200);
    assert_eq!(world.message().await.status(), "Unhealthy");
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn every_public_route_is_declared_and_every_declared_function_is_served() {
    let world = hosted().await;
    let mut routes = BTreeSet::new();
    for (name, function) in declared() {
        match binding(&function, "httpTrigger") {
            Some(http) => {
                assert_eq!(http["methods"], serde_json::json!(["post"]), "{name}");
                routes.insert(format!("/api/{}", http["route"].as_str().unwrap()));
            }
            None => {
                let answer = world.trigger(&name, envelope("incident:INC-0000")).await;
                assert_eq!(answer.status, 200, "{name}: {}", answer.body);
                let bound = function["bindings"][0]["name"].as_str().unwrap();
                assert!(["wake", "timer"].contains(&bound), "{name} binds {bound}");
            }
        }
    }
    let served: BTreeSet<String> = world.public_paths().into_iter().map(str::to_owned).collect();
    assert_eq!(routes, served);
    // That asks the services, and has a test of its own.
    for path in served.iter().filter(|path| *path != "/api/check") {
        let status = world.post(path, &[], "").await.status;
        assert!(![404, 405].contains(&status), "{path}: {status}");
    }
    assert_eq!((world.get("/").await.status, world.get("/").await.body.as_str()), (200, "agw"));
    world.finish().await;
}

#[tokio::test]
async fn chat_is_open_to_all_alerts_take_the_functions_key_and_the_check_takes_the_masters() {
    for (name, function) in declared() {
        let Some(http) = binding(&function, "httpTrigger") else { continue };
        let expected = match name.as_str() {
            "alerts" => "function",
            "check" => "admin",
            _ => "anonymous",
        };
        assert_eq!(http["authLevel"], expected, "{name}");
    }
}

#[tokio::test]
async fn a_trigger_called_from_outside_is_refused() {
    let world = hosted().await;
    world.alert(Fired).await;
    let before = world.incidents().await.len();
    for header in
        ["x-forwarded-for", "X-Forwarded-Host", "x-ms-invocation-id", "x-arr-log-id", "X-Original-URL"]
    {
        for function in ["work", "sweep", "poison"] {
            let headers = [("content-type", "application/json"), (header, "203.0.113.7")];
            let path = format!("/{function}");
            let answer = world.post(&path, &headers, envelope("a forged message")).await;
            assert_eq!(answer.status, 403, "{function} with {header}");
        }
    }
    assert_eq!(world.incidents().await.len(), before);
    assert!(world.slack.posted().is_empty());
    world.message().await;
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn a_bot_that_runs_alone_has_no_triggers() {
    let world = World::stage("root-403").await;
    for function in ["work", "sweep", "poison"] {
        assert_eq!(world.post(&format!("/{function}"), &[], envelope("incident:INC-0000")).await.status, 404);
    }
    world.finish().await;
}

#[tokio::test]
async fn a_message_of_somebody_else_fails_and_is_told_once_it_is_poison() {
    let world = hosted().await;
    for body in
        [envelope("who am I"), envelope(""), "{}".to_owned(), "null".to_owned(), "x".repeat(600 * 1024)]
    {
        assert_eq!(world.trigger("work", body).await.status, 500);
    }
    for _ in 0..2 {
        assert_eq!(world.trigger("poison", envelope("who am I <!channel>")).await.status, 200);
    }
    let told = world.message().await;
    assert_eq!(told.status(), "Dead letter");
    assert!(!told.to_string().contains("who am I"), "it is not repeated");
    assert_eq!(world.slack.messages().len(), 1, "told once");
    world.slack("bob", "/agw list").await;
    world.private("bob").await.says("Dead letter");
    world.finish().await;
}

#[tokio::test]
async fn promise_5_a_request_that_became_poison_is_told_and_ends() {
    let world = hosted().await;
    world.talk.alert(&AlertBody::about(world.azure.gateway_id())).await.taken();
    let wake = world.wakes().await.pop().unwrap();
    assert_eq!(world.trigger("poison", envelope(&wake)).await.status, 200);
    world.message().await.says("gave up on the alert agw-unhealthy-hosts about agw-prod");
    // It is over: neither a late message nor the sweep brings it back.
    world.trigger("work", envelope(&wake)).await;
    world.trigger("sweep", "{}").await;
    world.settle().await;
    assert!(world.incidents().await.is_empty());
    assert_eq!(world.slack.messages().len(), 1);
    world.finish().await;
}

#[tokio::test]
async fn poison_about_what_is_done_by_now_is_not_told() {
    let world = hosted().await;
    world.alert(Fired).await;
    world.message().await;
    world.thread().await;
    let id = world.incidents().await[0].id.clone();
    for wake in [format!("incident:{id}"), "incident:INC-0000".to_owned(), format!("request:{:064}", 1)] {
        assert_eq!(world.trigger("poison", envelope(&wake)).await.status, 200);
    }
    world.settle().await;
    assert_eq!(world.slack.messages().len(), 1);
    world.finish().await;
}

#[tokio::test]
async fn an_incident_whose_work_became_poison_is_told_in_its_channel_and_goes_on() {
    let world = hosted().await;
    world.alert(Fired).await;
    let request = world.wakes().await.pop().unwrap();
    world.trigger("work", envelope(&request)).await;
    let id = world.incidents().await[0].id.clone();
    assert_eq!(world.trigger("poison", envelope(&format!("incident:{id}"))).await.status, 200);
    let told = world.slack.read(&world.latest().ts);
    told.says("gave up on what is due in").says(&format!("/agw show {id}"));
    world.trigger("sweep", "{}").await;
    assert_eq!(world.message().await.status(), "Unhealthy");
    world.thread().await;
    world.finish().await;
}
