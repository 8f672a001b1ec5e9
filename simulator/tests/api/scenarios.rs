//! Each scenario begins as its truth says, and its fix mends it.

use std::collections::BTreeSet;

use anyhow::Result;
use reqwest::Method;
use serde_json::{Value, json};
use simulator::{SUBSCRIPTION, Scenario};

use crate::support::{Azure, add_probe};

const SHOP: &str = "http://shop.example.com/";

async fn begins_as_the_truth_says(name: &str) -> Result<Azure> {
    let azure = Azure::stage(name).await?;
    let scenario = Scenario::named(name)?;
    let mut expected: Vec<(String, &str)> = Vec::new();
    expected.extend(scenario.truth().healthy.iter().map(|address| (address.clone(), "Healthy")));
    expected.extend(scenario.truth().unhealthy.iter().map(|address| (address.clone(), "Unhealthy")));
    expected.extend(scenario.truth().unknown.iter().map(|address| (address.clone(), "Unknown")));
    let mut seen: Vec<(String, String)> = azure.health().await?.into_iter().map(|(a, h, _)| (a, h)).collect();
    seen.sort();
    seen.dedup();
    expected.sort();
    assert_eq!(seen.iter().map(|(a, h)| (a.clone(), h.as_str())).collect::<Vec<_>>(), expected, "{name}");
    Ok(azure)
}

/// The log of the first server.
async fn log(azure: &Azure) -> Result<String> {
    Ok(azure.health().await?.first().map(|(_, _, log)| log.clone()).unwrap_or_default())
}

async fn is_mended_by_a_probe(azure: &Azure, url: &str) -> Result<()> {
    let (status, page) = azure.visit(url).await?;
    assert_eq!(status, 502);
    assert!(
        page.contains("502 Bad Gateway") && page.contains("Microsoft-Azure-Application-Gateway/v2"),
        "{page}"
    );
    azure.edit(add_probe).await?;
    assert!(
        azure
            .health()
            .await?
            .iter()
            .all(|(_, health, log)| health == "Healthy" && log == "Success. Received 200 status code")
    );
    assert_eq!(azure.visit(url).await?.0, 200);
    Ok(())
}

#[tokio::test]
async fn root_403() -> Result<()> {
    let azure = begins_as_the_truth_says("root-403").await?;
    assert_eq!(
        log(&azure).await?,
        "Received invalid status code: 403 in the backend server's HTTP response. As per the health probe configuration, \
         200-399 is the acceptable status code. Either modify probe configuration or resolve backend issues."
    );
    is_mended_by_a_probe(&azure, SHOP).await?;
    assert!(azure.visit(SHOP).await?.1.contains("The Corner Shop"));
    assert_eq!(azure.visit("http://20.50.1.10/").await?.0, 200);
    assert_eq!(azure.visit("http://corner-shop.westeurope.cloudapp.azure.com/").await?.0, 200);
    Ok(())
}

#[tokio::test]
async fn root_401() -> Result<()> {
    let azure = begins_as_the_truth_says("root-401").await?;
    assert!(log(&azure).await?.starts_with("Received invalid status code: 401"));
    is_mended_by_a_probe(&azure, SHOP).await
}

#[tokio::test]
async fn root_404() -> Result<()> {
    let azure = begins_as_the_truth_says("root-404").await?;
    assert!(log(&azure).await?.starts_with("Received invalid status code: 404"));
    is_mended_by_a_probe(&azure, SHOP).await
}

#[tokio::test]
async fn missing_healthz_needs_the_page_before_the_probe() -> Result<()> {
    let azure = begins_as_the_truth_says("missing-healthz").await?;
    azure.edit(add_probe).await?;
    assert!(log(&azure).await?.starts_with("Received invalid status code: 404"));
    azure.simulator.set_route("*", "/healthz", 200);
    assert!(azure.health().await?.iter().all(|(_, health, _)| health == "Healthy"));
    assert_eq!(azure.visit(SHOP).await?.0, 200);
    Ok(())
}

#[tokio::test]
async fn connection_refused() -> Result<()> {
    let azure = begins_as_the_truth_says("connection-refused").await?;
    assert!(log(&azure).await?.starts_with("Cannot connect to backend server."));
    azure
        .edit(|gateway| {
            gateway["properties"]["backendHttpSettingsCollection"][0]["properties"]["port"] = json!(8080)
        })
        .await?;
    assert_eq!(azure.visit(SHOP).await?.0, 200);
    Ok(())
}

#[tokio::test]
async fn empty_pool() -> Result<()> {
    let azure = begins_as_the_truth_says("empty-pool").await?;
    assert_eq!(azure.visit(SHOP).await?.0, 502);
    azure
        .edit(|gateway| {
            gateway["properties"]["backendAddressPools"][0]["properties"]["backendAddresses"] =
                json!([{"ipAddress": "10.0.1.4"}]);
        })
        .await?;
    assert_eq!(azure.visit(SHOP).await?.0, 200);
    Ok(())
}

#[tokio::test]
async fn slow_backend() -> Result<()> {
    let azure = begins_as_the_truth_says("slow-backend").await?;
    assert!(log(&azure).await?.starts_with("Time taken by the backend"));
    azure.edit(|gateway| gateway["properties"]["probes"][0]["properties"]["timeout"] = json!(30)).await?;
    assert_eq!(azure.visit(SHOP).await?.0, 200);
    Ok(())
}

#[tokio::test]
async fn all_healthy() -> Result<()> {
    let azure = begins_as_the_truth_says("all-healthy").await?;
    assert_eq!(azure.visit(SHOP).await?.0, 200);
    Ok(())
}

#[tokio::test]
async fn two_pools() -> Result<()> {
    let azure = begins_as_the_truth_says("two-pools").await?;
    assert_eq!(azure.visit(SHOP).await?.0, 200);
    is_mended_by_a_probe(&azure, "http://shop.example.com/api/prices").await?;
    assert_eq!(azure.visit("http://api.example.com/prices").await?.0, 200);
    Ok(())
}

const NO_CONNECTION: &str = "Cannot connect to backend server.";
const TOO_LATE: &str = "Time taken by the backend";

/// What is wrong is outside of the gateway: it says this of every server, and visitors get 502.
async fn is_out_of_reach(name: &str, words: &str) -> Result<()> {
    let azure = begins_as_the_truth_says(name).await?;
    for (address, health, log) in azure.health().await? {
        assert!(health == "Unhealthy" && log.starts_with(words), "{name}, {address}: {log}");
    }
    assert_eq!(azure.visit(SHOP).await?.0, 502);
    Ok(())
}

#[tokio::test]
async fn security_groups() -> Result<()> {
    is_out_of_reach("nsg-denies-backend", NO_CONNECTION).await?;
    is_out_of_reach("nsg-by-default", TOO_LATE).await?;
    is_out_of_reach("nsg-outbound", NO_CONNECTION).await
}

#[tokio::test]
async fn peerings() -> Result<()> {
    is_out_of_reach("peering-disconnected", TOO_LATE).await?;
    is_out_of_reach("peering-missing", NO_CONNECTION).await
}

#[tokio::test]
async fn routes() -> Result<()> {
    is_out_of_reach("route-black-hole", NO_CONNECTION).await?;
    is_out_of_reach("route-to-appliance", TOO_LATE).await
}

#[tokio::test]
async fn network_not_readable() -> Result<()> {
    is_out_of_reach("network-not-readable", NO_CONNECTION).await?;
    let azure = Azure::stage("network-not-readable").await?;
    let answer = azure.send(Method::GET, &network("virtualNetworks/vnet-web"), None).await?;
    assert_eq!(answer.status(), 403);
    assert!(answer.text().await?.contains("'Microsoft.Network/virtualNetworks/read'"));
    Ok(())
}

#[tokio::test]
async fn a_gateway_that_azure_cannot_ask_serves_on_and_its_servers_are_unknown() -> Result<()> {
    for name in ["gateway-nsg", "gateway-default-route"] {
        let azure = begins_as_the_truth_says(name).await?;
        assert!(log(&azure).await?.starts_with("The backend health status could not be retrieved."));
        assert_eq!(azure.visit(SHOP).await?.0, 200);
    }
    Ok(())
}

fn network(rest: &str) -> String {
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-web/providers/Microsoft.Network/{rest}")
}

/// The ids of networks, and of what stands in front of subnets, that a document names.
fn named(document: &Value, found: &mut BTreeSet<String>) {
    match document {
        Value::Object(fields) => {
            let id = fields.get("id").and_then(Value::as_str).unwrap_or_default();
            let kinds = ["/virtualNetworks/", "/networkSecurityGroups/", "/routeTables/"];
            if kinds.iter().any(|kind| id.contains(kind)) {
                found.insert(id.to_owned());
            }
            fields.values().for_each(|value| named(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| named(item, found)),
        _ => {}
    }
}

#[tokio::test]
async fn every_id_of_a_network_leads_to_a_resource() -> Result<()> {
    for scenario in Scenario::all().into_iter().map(Scenario::with_all_permitted) {
        let name = scenario.name().to_owned();
        let azure = Azure::start(scenario).await?;
        let (mut open, mut read) = (BTreeSet::new(), BTreeSet::new());
        named(&azure.gateway().await?, &mut open);
        assert!(!open.is_empty(), "{name}");
        while let Some(id) = open.pop_first() {
            let answer = azure.send(Method::GET, &id, None).await?;
            assert_eq!(answer.status(), 200, "{name}: {id}");
            let document: Value = answer.json().await?;
            assert!(
                document["id"] == id.as_str() && document["properties"].is_object(),
                "{name}: {document}"
            );
            read.insert(id);
            let mut more = BTreeSet::new();
            named(&document, &mut more);
            // The network that a subnet is part of has the others.
            more.extend(read.iter().filter_map(|id| Some(id.split_once("/subnets/")?.0.to_owned())));
            open.extend(more.difference(&read).cloned());
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_backend_that_hangs_and_one_whose_name_is_unknown() -> Result<()> {
    let text = include_str!("../../scenarios/root-403.toml");
    let hanging = text.replace("also_at = [\"10.0.1.5\"]\nport = 80", "port = 80\nhang = true");
    let scenario = Scenario::parse("hanging.toml", &hanging)?.with_gateway(|gateway| {
        gateway["properties"]["backendAddressPools"][0]["properties"]["backendAddresses"] =
            json!([{"ipAddress": "10.0.1.4"}, {"fqdn": "shop.internal.example"}, {"ipAddress": "10.0.1.9"}]);
    });
    let azure = Azure::start(scenario).await?;
    let logs: Vec<_> = azure.health().await?.into_iter().map(|(_, health, log)| (health, log)).collect();
    let expected =
        ["Time taken by the backend", "Application Gateway could not create a probe", "Cannot connect"];
    for ((health, log), expected) in logs.iter().zip(expected) {
        assert_eq!(health, "Unhealthy");
        assert!(log.starts_with(expected), "{log}");
    }
    Ok(())
}

#[tokio::test]
async fn a_healthy_server_that_is_slow_with_a_page_is_answered_for_with_504() -> Result<()> {
    let text = include_str!("../../scenarios/all-healthy.toml");
    let slow =
        text.replacen("path = \"/*\"\nstatus = 200", "path = \"/*\"\nstatus = 200\ndelay_ms = 25000", 1);
    let azure = Azure::start(Scenario::parse("slow.toml", &slow)?).await?;
    assert_eq!(azure.visit(SHOP).await?.0, 504);
    assert_eq!(azure.visit("http://shop.example.com/healthz").await?.0, 200);
    Ok(())
}

#[tokio::test]
async fn strangers_are_not_let_in() -> Result<()> {
    let azure = Azure::stage("two-pools").await?;
    let answer = azure.visit("http://elsewhere.example/").await?;
    assert_eq!(answer, (502, "simulated internet: no such host".to_owned()));
    assert_eq!(azure.visit("http://shop.example.com:81/").await?.1, "simulated internet: connection refused");
    Ok(())
}

#[tokio::test]
async fn a_listener_can_be_visited_on_its_own_port() -> Result<()> {
    let azure = Azure::stage("two-pools").await?;
    let sites = azure.simulator.sites();
    let names: Vec<_> = sites.iter().map(|site| (site.name.as_str(), site.public_url.as_str())).collect();
    assert_eq!(names, [("listener-shop", SHOP), ("listener-api", "http://api.example.com/")]);
    let client = reqwest::Client::builder().no_proxy().build()?;
    assert_eq!(client.get(sites[0].loopback_url.clone()).send().await?.status(), 200);
    assert_eq!(client.get(sites[1].loopback_url.clone()).send().await?.status(), 502);
    Ok(())
}
