//! Several gateways behind one control plane.

use std::{collections::HashSet, time::Duration};

use anyhow::{Context, Result};
use futures::{StreamExt, TryStreamExt, stream};
use reqwest::Method;
use serde_json::{Value, json};
use simulator::{Fault, LockLevel, Options, Pace, Scenario};

use crate::support::{Azure, add_probe};

const LIST: &str = "providers/Microsoft.Network/applicationGateways";
const FIRST: &str = "agw-prod";
const SECOND: &str = "agw-prod-002";

async fn stage(scenario: &str, copies: usize) -> Result<Azure> {
    Azure::copies(Scenario::named(scenario)?, copies).await
}

async fn states(azure: &Azure, gateway: &str) -> Result<HashSet<String>> {
    Ok(azure.at(gateway).health().await?.into_iter().map(|(_, health, _)| health).collect())
}

fn all(state: &str) -> HashSet<String> {
    HashSet::from([state.to_owned()])
}

#[tokio::test]
async fn two_gateways_are_mended_one_by_one() -> Result<()> {
    let azure = stage("root-403", 2).await?;
    let before = azure.gateway().await?;
    let second = azure.at(SECOND);
    assert_eq!(states(&azure, SECOND).await?, all("Unhealthy"));
    second.edit(add_probe).await?;
    assert_eq!(states(&azure, SECOND).await?, all("Healthy"));
    assert_eq!(states(&azure, FIRST).await?, all("Unhealthy"));
    assert_eq!(azure.at(FIRST).gateway().await?, before);
    assert_eq!(second.gateway().await?["properties"]["probes"][0]["name"], "healthz");
    let puts = |name: &str| azure.simulator.puts_of(name);
    assert_eq!((azure.simulator.puts(), puts(FIRST), puts(SECOND), puts("other")), (0, 0, 1, 0));
    Ok(())
}

#[tokio::test]
async fn lists_show_all_gateways() -> Result<()> {
    let azure = stage("root-403", 3).await?;
    let subscription = format!("/subscriptions/{}", simulator::SUBSCRIPTION);
    let ids = azure.simulator.gateway_ids();
    for scope in [subscription.clone(), format!("{subscription}/resourceGroups/rg-web")] {
        let page: Value = azure.send(Method::GET, &format!("{scope}/{LIST}"), None).await?.json().await?;
        let listed: Vec<&str> =
            page["value"].as_array().into_iter().flatten().filter_map(|g| g["id"].as_str()).collect();
        assert_eq!(listed, ids);
        assert_eq!(page["value"][2], azure.simulator.gateway_of("AGW-prod-003").context("no third")?);
    }
    assert!(ids[2].ends_with("/agw-prod-003"), "{ids:?}");
    assert_eq!(azure.simulator.gateway_of(&ids[0].to_uppercase()), Some(azure.simulator.gateway()));
    assert_eq!(azure.simulator.gateway_of("agw-prod-004"), None);
    assert_eq!(azure.simulator.gateway_of(&ids[1].replace("rg-web", "rg-other")), None);
    let answer = azure.at("agw-prod-004").send(Method::GET, "", None).await?;
    assert_eq!(answer.status(), 404);
    assert_eq!(answer.json::<Value>().await?["error"]["code"], "ResourceNotFound");
    Ok(())
}

#[tokio::test]
async fn visitors_reach_the_gateway_they_name() -> Result<()> {
    let azure = stage("root-403", 3).await?;
    azure.at(SECOND).edit(add_probe).await?;
    for (url, status) in [
        ("http://shop.example.com/", 502),
        ("http://shop-002.example.com/", 200),
        ("http://shop-003.example.com/", 502),
        ("http://20.50.1.10/", 502),
        ("http://20.50.2.10/", 200),
        ("http://20.50.3.10/", 502),
        ("http://corner-shop.westeurope.cloudapp.azure.com/", 502),
        ("http://corner-shop-002.westeurope.cloudapp.azure.com/", 200),
    ] {
        assert_eq!(azure.visit(url).await?.0, status, "{url}");
    }
    assert_eq!(azure.visit("http://shop-004.example.com/").await?.1, "simulated internet: no such host");
    let door = azure.simulator.sites_of(SECOND)[0].clone();
    assert_eq!(door.public_url.as_str(), "http://shop-002.example.com/");
    let client = reqwest::Client::builder().no_proxy().build()?;
    assert_eq!(client.get(door.loopback_url).send().await?.status(), 200);
    assert_eq!(client.get(azure.simulator.sites()[0].loopback_url.clone()).send().await?.status(), 502);
    Ok(())
}

#[tokio::test]
async fn the_gateway_that_names_a_host_comes_before_one_with_a_pattern() -> Result<()> {
    let scenario = Scenario::named("all-healthy")?.with_gateway(|gateway| {
        gateway["properties"]["httpListeners"][0]["properties"]["hostNames"] = json!(["*.example.com"]);
    });
    let azure = Azure::copies(scenario, 2).await?;
    azure.simulator.change_of(SECOND, |gateway| gateway["properties"]["requestRoutingRules"] = json!([]));
    for (host, status) in [
        ("www.example.com", 200),
        ("shop.example.com", 200),
        ("shop-002.example.com", 502),
        ("www-002.example.com", 502),
    ] {
        assert_eq!(azure.visit(&format!("http://{host}/")).await?.0, status, "{host}");
    }
    Ok(())
}

#[tokio::test]
async fn each_operation_belongs_to_its_gateway() -> Result<()> {
    let azure = stage("root-403", 2).await?;
    let (one, two) = (azure.at(FIRST), azure.at(SECOND));
    let (of_one, of_two) = (one.gateway().await?, two.gateway().await?);
    azure.simulator.inject(Fault::PutSuperseded);
    let superseded = two.put(&of_two).await?;
    let accepted = one.put(&of_one).await?;
    assert_eq!(two.outcome(&superseded).await?["status"], "Canceled");
    assert_eq!(one.outcome(&accepted).await?["status"], "Succeeded");
    assert_eq!((azure.simulator.puts_of(&one.id), azure.simulator.puts_of(&two.id)), (1, 1));
    let nowhere = format!(
        "/subscriptions/{}/providers/Microsoft.Network/locations/westeurope/operations/none",
        simulator::SUBSCRIPTION
    );
    let answer = azure.send(Method::GET, &nowhere, None).await?;
    assert_eq!(answer.json::<Value>().await?["error"]["code"], "OperationNotFound");
    Ok(())
}

#[tokio::test]
async fn an_etag_is_good_for_its_own_gateway_only() -> Result<()> {
    let azure = stage("root-403", 2).await?;
    let etag = |name: &str| azure.simulator.gateway_of(name).map(|gateway| gateway["etag"].clone());
    let (one, two) = (etag(FIRST), etag(SECOND));
    assert_ne!(one, two);
    assert!(azure.simulator.change_of(SECOND, |gateway| gateway["tags"] = json!({"a": "b"})));
    assert!(!azure.simulator.change_of("agw-prod-003", |_| unreachable!()));
    assert_eq!(etag(FIRST), one);
    assert_ne!(etag(SECOND), two);
    Ok(())
}

#[tokio::test]
async fn addresses_locks_and_candidates_are_those_of_the_gateway() -> Result<()> {
    let scenario = Scenario::named("root-403")?.with_lock("freeze", LockLevel::CanNotDelete);
    let azure = Azure::copies(scenario, 2).await?;
    let two = azure.at(SECOND);
    let gateway = two.gateway().await?;
    let front = &gateway["properties"]["frontendIPConfigurations"][0]["properties"];
    let id = front["publicIPAddress"]["id"].as_str().context("no address")?;
    let address: Value = azure.send(Method::GET, id, None).await?.json().await?;
    assert_eq!(address["properties"]["ipAddress"], "20.50.2.10");
    assert_eq!(
        address["properties"]["ipConfiguration"]["id"],
        gateway["properties"]["frontendIPConfigurations"][0]["id"]
    );
    let network = id.replace("publicIPAddresses/pip-agw-prod-002", "virtualNetworks/vnet-web");
    assert_eq!(azure.send(Method::GET, &network, None).await?.status(), 200);

    let locks: Value =
        two.send(Method::GET, "providers/Microsoft.Authorization/locks", None).await?.json().await?;
    assert_eq!(locks["value"].as_array().map(Vec::len), Some(1));
    assert!(locks["value"][0]["id"].as_str().is_some_and(|id| id.starts_with(&format!("{}/", two.id))));

    let part = |collection: &str| json!({"id": gateway["properties"][collection][0]["id"]});
    let candidate = json!({"protocol": "Http", "path": "/healthz", "timeout": 30,
        "pickHostNameFromBackendHttpSettings": true, "backendAddressPool": part("backendAddressPools"),
        "backendHttpSettings": part("backendHttpSettingsCollection")});
    let answer = two.ask("getBackendHealthOnDemand", &candidate).await?;
    assert_eq!(answer["backendHealthHttpSettings"]["servers"][0]["health"], "Healthy");
    let named = answer["backendHealthHttpSettings"]["backendHttpSettings"]["id"].as_str();
    assert!(named.is_some_and(|id| id.starts_with(&two.id)));
    Ok(())
}

#[tokio::test]
async fn what_is_deployed_behind_one_gateway_is_not_behind_the_other() -> Result<()> {
    let azure = stage("missing-healthz", 2).await?;
    azure.at(FIRST).edit(add_probe).await?;
    azure.at(SECOND).edit(add_probe).await?;
    assert!(azure.simulator.set_route_of(SECOND, "*", "/healthz", 200));
    assert!(!azure.simulator.set_route_of("other", "*", "/healthz", 200));
    assert_eq!(states(&azure, FIRST).await?, all("Unhealthy"));
    assert_eq!(states(&azure, SECOND).await?, all("Healthy"));
    Ok(())
}

/// Every scenario begins in each copy as it does in the first.
#[tokio::test]
async fn every_scenario_can_be_copied() -> Result<()> {
    for scenario in Scenario::all() {
        let azure = Azure::copies(scenario.with_all_permitted(), 3).await?;
        let first = azure.at(FIRST).health().await?;
        assert_eq!(azure.at(SECOND).health().await?, first);
        assert_eq!(azure.at("agw-prod-003").health().await?, first);
    }
    Ok(())
}

#[tokio::test]
async fn fifty_gateways_start_and_are_mended() -> Result<()> {
    let azure = stage("root-403", 50).await?;
    let ids = azure.simulator.gateway_ids();
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 50);
    assert!(ids[49].ends_with("/agw-prod-050"));
    let clients: Vec<_> = ids.iter().map(|id| azure.at(id.rsplit('/').next().unwrap_or_default())).collect();
    // A few at a time: a process may have as few as 256 sockets.
    let mended = clients.iter().map(|gateway| async move {
        gateway.edit(add_probe).await?;
        gateway.health().await
    });
    let answers: Vec<_> = stream::iter(mended).buffer_unordered(16).try_collect().await?;
    assert!(answers.iter().flatten().all(|(_, health, _)| health == "Healthy"), "{answers:?}");
    assert_eq!(answers.len(), 50);
    assert!(ids.iter().all(|id| azure.simulator.puts_of(id) == 1));
    Ok(())
}

/// The prober of each gateway works on its own; more of them probe than may at one time.
#[tokio::test]
async fn gateways_are_probed_in_the_background() -> Result<()> {
    let options = Options { copies: 40, pace: Pace::Brisk, ..Options::new(Scenario::named("root-403")?) };
    let azure = Azure::with(options).await?;
    azure.simulator.change_of("agw-prod-040", add_probe);
    let healed = async {
        while azure.visit("http://shop-040.example.com/").await?.0 != 200 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(Duration::from_secs(20), healed).await.context("it does not heal")??;
    assert_eq!(azure.visit("http://shop-039.example.com/").await?.0, 502);
    Ok(())
}
