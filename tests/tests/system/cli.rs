//! The command line.

use std::sync::Arc;

use domain::alert::Condition::Fired;
use handler::clock::SystemClock;
use serde_json::Value;
use simulator::{Options, Pace, Scenario, Simulator};
use tests::{Expected, FakeSlack, Finished, Stage, agw, canary};

use crate::AGW;

/// A simulated Azure, and the words that lead a command to it.
struct Staged {
    azure: Simulator,
    arm: String,
    proxy: String,
}

impl Staged {
    async fn of(name: &str) -> Self {
        let options = Options { pace: Pace::Instant, ..Options::new(Scenario::named(name).unwrap()) };
        let azure = Simulator::start(options).await.unwrap();
        let (arm, proxy) = (azure.base_url().to_string(), azure.site_proxy().to_string());
        Self { azure, arm, proxy }
    }

    async fn run(&self, args: &[&str], env: &[(&str, &str)]) -> Finished {
        let root = self.azure.public_root();
        let place = ["--arm", &self.arm, "--site-proxy", &self.proxy, "--site-root", root];
        let finished = agw(AGW, &[args, &place].concat(), env).await;
        assert_eq!(self.azure.puts(), 0, "nothing is written");
        finished
    }
}

async fn run(args: &[&str]) -> Finished {
    agw(AGW, args, &[]).await
}

#[tokio::test]
async fn diagnose_prints_the_finding_and_exits_3() {
    let staged = Staged::of("root-403").await;
    let found = staged.run(&["diagnose", "agw-prod"], &[]).await.ends(3);
    let found =
        found.prints("probe-path-refused").prints("403").prints("/healthz").prints("Unhealthy  agw-prod");
    assert!(!found.out.contains('\u{1b}'), "no colour in a pipe");
    staged.run(&["diagnose"], &[]).await.ends(3);
    let all = staged.run(&["diagnose", "--all"], &[]).await.ends(3);
    all.prints("Details").prints("Confirmed, probe-path-refused").prints("10.0.1.4: Unhealthy");
    let id = staged.azure.gateway_id().to_owned();
    staged.run(&["diagnose", &id], &[]).await.ends(3).prints("probe-path-refused");
    staged.run(&["diagnose", "agw-prdo"], &[]).await.ends(1).complains("Did you mean agw-prod?");
    Staged::of("all-healthy").await.run(&["diagnose", "agw-prod"], &[]).await.ends(0).prints("Healthy");
}

#[tokio::test]
async fn every_scenario_as_json_fits_the_published_schema_and_the_truth() {
    let schema: Value = serde_json::from_str(include_str!("../../../docs/diagnosis.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    for scenario in Scenario::all() {
        let (name, expected) = (scenario.name(), Expected::of(scenario.truth()));
        let staged = Staged::of(name).await;
        let finished = staged.run(&["diagnose", "agw-prod", "--output", "json"], &[]).await;
        let report: Value = serde_json::from_str(&finished.out).unwrap();
        let healthy = report["overall"] == "healthy";
        assert_eq!(finished.code, if healthy { 0 } else { 3 }, "{name}");
        assert!(!healthy || !expected.lead.as_ref().is_some_and(|(_, sure)| *sure), "{name}: {report}");
        let wrong: Vec<String> = schema.iter_errors(&report).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{name}: {wrong:?}");
        let lead = report["findings"].get(0).filter(|_| expected.lead.is_some());
        let found =
            lead.map(|lead| (lead["cause"].as_str().unwrap().to_owned(), lead["verdict"] == "confirmed"));
        assert_eq!(found, expected.lead, "{name}");
        let outcome = report["outcome"]["kind"].as_str().unwrap();
        assert!(expected.outcomes.contains(&outcome), "{name}: {outcome}, not {:?}", expected.outcomes);
    }
}

#[tokio::test]
async fn the_demo_plays_the_story_to_its_good_end() {
    let begun = std::time::Instant::now();
    let story = run(&["demo", "--headless"]).await.ends(0);
    assert!(begun.elapsed().as_secs() < 20, "it took {:?}", begun.elapsed());
    story
        .prints("Alert: UnhealthyHostCount")
        .prints("answers 502")
        .prints("/properties/backendHttpSettingsCollection[settings-web]/properties/probe")
        .prints("presses Approve")
        .prints("Healthy")
        .prints("After: http://")
        .prints("answers 200")
        .prints("Writes to Azure: 1");
}

#[tokio::test]
async fn the_demo_of_a_missing_endpoint_writes_nothing_and_says_what_to_add() {
    let story =
        run(&["demo", "--headless", "--scenario", "missing-healthz", "--pace", "instant"]).await.ends(3);
    story.prints("Writes to Azure: 0").prints("Add an endpoint").prints("/healthz");
}

#[tokio::test]
async fn wrong_use_exits_2_and_says_what_is_right() {
    run(&[]).await.ends(2).complains("Usage: agw");
    run(&["diagnoze"]).await.ends(2).complains("diagnose");
    run(&["diagnose", "--output", "yaml"]).await.ends(2).complains("json");
    run(&["explain"]).await.ends(2).complains("Usage");
    run(&["demo", "--pace", "fast"]).await.ends(2).complains("real, brisk or instant");
    let unknown = run(&["demo", "--headless", "--scenario", "root-430"]).await;
    assert_eq!(unknown.code, 2);
    unknown.complains("Did you mean root-403?");
}

#[tokio::test]
async fn what_can_be_looked_up_is_printed() {
    let list = run(&["scenarios"]).await.ends(0);
    let all = Scenario::all();
    all.iter().for_each(|one| assert!(list.out.contains(one.name()), "{}", list.out));
    let json = run(&["scenarios", "--output", "json"]).await.ends(0);
    assert_eq!(serde_json::from_str::<Value>(&json.out).unwrap().as_array().unwrap().len(), all.len());
    let words = "Received invalid status code: 403 in the backend server's HTTP response.";
    run(&["explain", words]).await.ends(0).prints("403").prints("probe-path-refused");
    run(&["explain", "gobbledygook"]).await.ends(0).prints("not known");
    run(&["completions", "bash"]).await.ends(0).prints("_agw()");
    run(&["--version"]).await.ends(0).prints("agw ");
    run(&["--help"]).await.ends(0).prints("Exit codes").prints("agw demo");
}

#[tokio::test]
async fn what_a_message_means_fits_the_published_schema() {
    let schema: Value = serde_json::from_str(include_str!("../../../docs/explain.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let told = [
        ("Received invalid status code: 403 in the backend server's HTTP response.", "status_mismatch"),
        ("The backend took too long to answer the probe", "timeout"),
        ("cannot connect to the backend", "connect"),
        ("OpenSSL could not verify the backend certificate, error code 20", "tls_other"),
        ("Backend health status could not be retrieved", "unknown_status_plane"),
        ("the response body does not contain 'pong', says the probe", "body_mismatch"),
        ("the timeout on my dishwasher", "unrecognised"),
        ("", "unrecognised"),
    ];
    for (text, symptom) in told {
        let json = run(&["explain", text, "--output", "json"]).await.ends(0);
        let json: Value = serde_json::from_str(&json.out).unwrap();
        let wrong: Vec<String> = schema.iter_errors(&json).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{text}: {wrong:?}");
        assert_eq!(json["symptom"], symptom, "{text}");
        let causes = json["causes"].as_array().map_or(0, Vec::len);
        assert!(symptom != "unrecognised" || causes == 0, "{text}: {json}");
    }
    let refused = run(&["explain", "-o", "json", "Probe", "failed", "with", "403"]).await.ends(0);
    let refused: Value = serde_json::from_str(&refused.out).unwrap();
    assert_eq!((&refused["schema"], &refused["status"]), (&"agw.explain/1".into(), &403.into()));
    let causes = refused["causes"].as_array().unwrap();
    assert!(causes.iter().any(|cause| cause["id"] == "probe-path-refused"), "{refused}");
}

#[tokio::test]
async fn check_names_what_is_missing_and_is_content_when_nothing_is() {
    let staged = Staged::of("root-403").await;
    let missing = staged.run(&["check"], &[]).await.ends(3);
    let missing = missing.prints("approval.approvers").prints("AGW_SLACK_BOT_TOKEN").prints("AGW_ALERT_KEY");
    assert!(missing.out.contains("gateway agw-prod"), "{}", missing.out);

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.toml");
    let slack = FakeSlack::start(Arc::new(SystemClock), &["C05OPS0001"]).await;
    let policy = format!(
        "[approval]\napprovers = [{{ platform = \"slack\", id = \"U07ALEX001\" }}]\n\
         [slack]\nalert_channels = [\"C05OPS0001\"]\napi = \"{}\"\n",
        slack.api()
    );
    std::fs::write(&file, policy).unwrap();
    let env = [
        ("AGW_SLACK_SIGNING_SECRET", canary::SIGNING),
        ("AGW_SLACK_BOT_TOKEN", canary::TOKEN),
        ("AGW_ALERT_KEY", canary::ALERT_KEY),
    ];
    let file = file.to_str().unwrap();
    let good = staged.run(&["check", "--config", file], &env).await.ends(0);
    assert!(!good.out.contains("missing") && !good.out.contains("canary"), "{}", good.out);
    let json = staged.run(&["check", "--config", file, "--output", "json"], &env).await.ends(0);
    let lines: Value = serde_json::from_str(&json.out).unwrap();
    assert!(lines.as_array().unwrap().iter().all(|line| line["ok"] == true), "{lines}");
    assert!(!json.err.contains("check"), "progress is for a terminal: {}", json.err);
}

#[tokio::test]
async fn a_configuration_with_a_mistake_is_refused_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.toml");
    std::fs::write(&file, "[approval]\nexpires_after = \"30m\"\naprovers = []\n").unwrap();
    let file = file.to_str().unwrap();
    run(&["check", "--config", file]).await.ends(1).complains("mine.toml:3").complains("aprovers");
    run(&["serve", "--config", "nowhere.toml"]).await.ends(1).complains("nowhere.toml");
}

#[tokio::test]
async fn what_the_store_holds_is_listed_shown_told_as_code_and_audited() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("agw.db");
    let world = Stage::named("root-403").file(&file).start().await;
    world.alert(Fired).await;
    world.message().await;
    world.thread().await;
    let id = world.incidents().await[0].id.to_string();
    let file = file.to_str().unwrap();
    let store = ["--store", file];
    let look = |words: &[&str]| {
        let words: Vec<String> = words.iter().chain(&store).map(|word| (*word).to_owned()).collect();
        async move { run(&words.iter().map(String::as_str).collect::<Vec<_>>()).await }
    };
    look(&["list"]).await.ends(0).prints(&id).prints("Unhealthy").prints("1 open incident");
    look(&["show", &id]).await.ends(0).prints("probe-path-refused");
    look(&["audit", &id]).await.ends(0).prints("Opened by an alert").prints("Diagnosed: a fix is offered");
    let json = look(&["list", "--output", "json"]).await.ends(0);
    let json: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((&json["schema"], &json["incidents"][0]["id"]), (&"agw.list/1".into(), &id.clone().into()));
    let json = look(&["show", &id, "-o", "json"]).await.ends(0);
    let json: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(
        (&json["schema"], &json["incident"]["status"]),
        (&"agw.incident/1".into(), &"Unhealthy".into())
    );
    let json = look(&["audit", &id, "-o", "json"]).await.ends(0);
    let json: Value = serde_json::from_str(&json.out).unwrap();
    assert!(json["entries"].as_array().is_some_and(|entries| entries.len() >= 3), "{json}");
    look(&["code", &id]).await.ends(0).prints("Nothing is written yet").prints("Terraform:");
    let bicep = look(&["code", &id, "--as", "bicep"]).await.ends(0);
    assert!(bicep.out.starts_with("// Belongs in the properties of agw-prod"), "{}", bicep.out);
    let json = look(&["code", &id, "-o", "json"]).await.ends(0);
    let json: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((&json["schema"], &json["undo"]), (&"agw.code/1".into(), &false.into()));
    assert_eq!(json["code"]["bicep"].as_str(), bicep.out.strip_suffix('\n'));
    assert!(json["code"]["az"].as_str().is_some_and(|az| az.contains("probe create")));
    let json = look(&["code", &id, "--as", "az", "-o", "json"]).await.ends(0);
    let json: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json["code"].as_object().map(serde_json::Map::len), Some(1));
    look(&["code", "INC-0000"]).await.ends(1).complains("agw list");
    look(&["show", "INC-0000"]).await.ends(1).complains("agw list");
    look(&["show", "agw-prod"]).await.ends(1).complains("INC-7K2F");
    world.finish().await;
    run(&["list", "--store", "nowhere.db"]).await.ends(1).complains("nowhere.db");
}

#[tokio::test]
async fn a_start_that_cannot_work_ends_with_a_sentence() {
    let azure = ["serve", "--store", "azure"];
    run(&azure).await.ends(1).complains("AzureWebJobsStorage__accountName").complains("store.account");
    let key = ("AzureWebJobsStorage", "AccountName=a;AccountKey=c2VjcmV0");
    let told = agw(AGW, &azure, &[key]).await.ends(1).complains("connection string");
    assert!(!told.err.contains("c2VjcmV0"));
    let port = ("FUNCTIONS_CUSTOMHANDLER_PORT", "none");
    agw(AGW, &["serve"], &[port]).await.ends(1).complains("FUNCTIONS_CUSTOMHANDLER_PORT");
}

#[tokio::test]
async fn promise_6_azure_is_not_spoken_to_without_encryption() {
    run(&["diagnose", "--arm", "http://management.example"]).await.ends(1).complains("https");
}

#[tokio::test]
async fn the_manifest_of_the_slack_app_is_printed_for_a_host_that_slack_can_call() {
    let made = run(&["manifest", "slack", "--url", "https://bot.example.com"]).await.ends(0);
    let made: Value = serde_json::from_str(&made.out).unwrap();
    assert_eq!(
        made["settings"]["interactivity"]["request_url"],
        "https://bot.example.com/api/slack/interactions"
    );
    let refused = run(&["manifest", "slack", "--url", "http://bot.example.com"]).await.ends(2);
    refused.complains("https");
}
