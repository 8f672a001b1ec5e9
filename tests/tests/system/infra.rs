//! What is deployed fits the bot: the settings that it reads, the alerts that it would make itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use domain::id::ResourceId;
use serde_json::{Value, json};
use tests::Stage;
use tests::settings::SettingsFile;

/// Settings that the Functions host or the platform reads. The bot reads the storage account's too.
const OF_THE_HOST: [&str; 6] = [
    "AzureWebJobsStorage__blobServiceUri",
    "AzureWebJobsStorage__queueServiceUri",
    "AzureWebJobsStorage__credential",
    "AzureWebJobsStorage__clientId",
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
];

/// Variables of the OpenTelemetry specification, which the exporter reads by itself.
const OF_OPENTELEMETRY: [&str; 4] = [
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_HEADERS",
    "OTEL_SERVICE_NAME",
    "OTEL_RESOURCE_ATTRIBUTES",
];

/// Secrets that are not deployed, as something better stands for them.
const NOT_DEPLOYED: [&str; 2] = [
    "AGW_TEAMS_APP_SECRET", // a managed identity is the bot to Teams
    "AGW_ALERT_KEY",        // the function's own key guards the route
];

/// Every text in the sources of the bot that could name a variable of its environment.
fn named_in(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            named_in(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with("tests.rs") {
            let text = fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap().to_owned();
            found.extend(text.split('"').filter(|text| text.starts_with("AGW_")).map(str::to_owned));
        }
    }
}

fn read_by_the_bot() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    named_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../handler/src"), &mut found);
    assert!(found.contains("AGW_SLACK_BOT_TOKEN"), "{found:?}");
    found
}

#[test]
fn every_setting_that_is_deployed_is_read() {
    let (file, read) = (SettingsFile::read(), read_by_the_bot());
    let names = file.names();
    assert!(names.len() > 15, "{names:?}");
    let known = |name: &str| OF_THE_HOST.contains(&name) || OF_OPENTELEMETRY.contains(&name);
    let unknown: Vec<&&str> = names.iter().filter(|name| !known(name) && !read.contains(**name)).collect();
    assert!(unknown.is_empty(), "settings.bicep writes {unknown:?}, which nobody reads");
}

#[test]
fn every_secret_that_the_bot_reads_can_be_deployed() {
    let secrets = include_str!("../../../handler/src/config/secrets.rs");
    let names: BTreeSet<&str> = secrets.split('"').filter(|text| text.starts_with("AGW_")).collect();
    assert!(names.len() >= 5, "{names:?}");
    let file = SettingsFile::read();
    let deployed = file.names();
    let missing: Vec<&&str> =
        names.iter().filter(|name| !deployed.contains(name) && !NOT_DEPLOYED.contains(name)).collect();
    assert!(missing.is_empty(), "settings.bicep has nothing for {missing:?}");
}

/// An alert as far as the baseline goes, by its name.
fn alert(made: &Value) -> (String, Value) {
    let own = &made["properties"];
    let condition = &own["criteria"]["allOf"][0];
    let baseline = json!({
        "metric": condition["metricName"],
        "says": own["description"].as_str().unwrap().strip_prefix("agw-prod ").unwrap(),
        "aggregation": condition["timeAggregation"],
        "operator": condition["operator"],
        "threshold": condition["threshold"],
        "severity": own["severity"],
        "every": own["evaluationFrequency"],
        "dimensions": condition["dimensions"],
    });
    (made["name"].as_str().unwrap().to_owned(), baseline)
}

/// So `/agw watch` finds nothing to do after a deployment, and both tell of trouble in the same words.
#[tokio::test]
async fn the_deployed_alerts_are_those_that_agw_watch_makes() {
    let stage = Stage::named("all-healthy").config(|config| {
        let id = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-ops/providers\
                  /Microsoft.Insights/actionGroups/ag-ops";
        config.monitoring.action_group = Some(ResourceId::parse(id).unwrap());
    });
    let world = stage.start().await;
    world.slack("bob", "/agw watch").await;
    world.message().await;
    world.click("alex", "Approve").await;
    assert_eq!(world.message().await.status(), "Set up");
    let made: BTreeMap<String, Value> = world.azure.written().iter().map(alert).collect();
    let file = include_str!("../../../infra/alerts.json");
    let deployed: Vec<Value> = serde_json::from_str(file).unwrap();
    let name = |one: &Value| format!("agw-prod-{}", one["metric"].as_str().unwrap());
    let deployed: BTreeMap<String, Value> = deployed.into_iter().map(|one| (name(&one), one)).collect();
    assert_eq!(deployed, made);
    world.thread().await;
    world.finish().await;
}
