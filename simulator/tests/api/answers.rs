//! Answers that a scenario holds ready, and who may have them.

use anyhow::Result;
use reqwest::Method;
use serde_json::{Value, json};
use simulator::{Options, Pace};

use crate::support::{Azure, id, scenario};

const METRICS: &str = "extends = \"shop\"

[[answers]]
path = \"{gateway}/providers/Microsoft.Insights/metrics\"
body = '''{\"value\": [{\"name\": {\"value\": \"Throughput\"}}, {\"name\": {\"value\": \"CapacityUnits\"}}]}'''

[[answers]]
path = \"{group}/providers/Microsoft.OperationalInsights/workspaces/law/query\"
method = \"POST\"
body = '''{\"tables\": []}'''

[[answers]]
path = \"{group}/providers/Microsoft.Network/privateDnsZones/x/virtualNetworkLinks\"
status = 500
body = '''{\"error\": {\"code\": \"InternalServerError\"}}'''
";

#[tokio::test]
async fn lists_and_queries_are_answered_as_the_scenario_says() -> Result<()> {
    let azure = Azure::start(scenario(METRICS)?).await?;
    let metrics = azure.read("providers/microsoft.insights/metrics").await?;
    assert_eq!(metrics["value"].as_array().map(Vec::len), Some(2));
    let query = "&metricnames=capacityUnits,Gone";
    let answer = azure.send_with(Method::GET, "providers/Microsoft.Insights/metrics", query, None).await?;
    assert_eq!(answer.json::<Value>().await?["value"], json!([{"name": {"value": "CapacityUnits"}}]));
    let law = id("Microsoft.OperationalInsights/workspaces/law/query");
    assert_eq!(azure.send(Method::POST, &law, Some(&json!({"query": ""}))).await?.status(), 200);
    assert_eq!(azure.send(Method::GET, &law, None).await?.status(), 404);
    let links = id("Microsoft.Network/privateDnsZones/x/virtualNetworkLinks");
    assert_eq!(azure.send(Method::GET, &links, None).await?.status(), 500);
    Ok(())
}

#[tokio::test]
async fn queries_to_one_place_are_told_apart_by_what_they_ask() -> Result<()> {
    let firewall = "[[answers]]
path = \"{group}/providers/Microsoft.OperationalInsights/workspaces/law/query\"
method = \"POST\"
contains = \"AGWFirewallLogs\"
body = '''{\"tables\": [{\"rows\": [[\"{now-25m}\"]]}]}'''
";
    let azure = Azure::start(scenario(&format!("{METRICS}\n{firewall}"))?).await?;
    let law = id("Microsoft.OperationalInsights/workspaces/law/query");
    let span = "2026-11-22T02:34:00Z/2026-11-22T03:04:00Z";
    let ask = async |query: &str| -> Result<Value> {
        let body = json!({"query": query, "timespan": span});
        Ok(azure.send(Method::POST, &law, Some(&body)).await?.json().await?)
    };
    assert_eq!(ask("AGWAccessLogs | count").await?["tables"], json!([]));
    assert_eq!(ask("AGWFirewallLogs | count").await?["tables"][0]["rows"][0][0], "2026-11-22T02:39:00Z");
    Ok(())
}

#[tokio::test]
async fn effective_rules_and_routes_take_a_while() -> Result<()> {
    let options = Options { pace: Pace::Brisk, ..Options::new(scenario("extends = \"shop\"")?) };
    let azure = Azure::with(options).await?;
    let nic = id("Microsoft.Network/networkInterfaces/nic-web-1");
    let accepted = azure.send(Method::POST, &format!("{nic}/effectiveRouteTable"), Some(&json!({}))).await?;
    assert_eq!(accepted.status(), 202);
    let link = accepted.headers()["location"].to_str()?.to_owned();
    assert!(link.contains("/operationResults/"), "{link}");
    let mut routes = Value::Null;
    for _ in 0..200 {
        let answer = reqwest::get(&link).await?;
        if answer.status() == 200 {
            routes = answer.json().await?;
            break;
        }
        assert_eq!(answer.status(), 202);
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(routes["value"][0]["nextHopType"], "VnetLocal");
    let groups = Azure::start(scenario("extends = \"shop\"")?).await?;
    let answer = groups.ask(&format!("{nic}/effectiveNetworkSecurityGroups"), &json!({})).await?;
    assert_eq!(answer["value"][0]["effectiveSecurityRules"][0]["access"], "Allow");
    Ok(())
}

#[tokio::test]
async fn an_answer_can_be_slow() -> Result<()> {
    let slow = METRICS.replacen("body = ", "delay_ms = 30000\nbody = ", 1);
    let azure = Azure::with(Options::new(scenario(&slow)?)).await?;
    let begin = std::time::Instant::now();
    azure.read("providers/Microsoft.Insights/metrics").await?;
    assert!(begin.elapsed() >= std::time::Duration::from_millis(500));
    Ok(())
}

#[tokio::test]
async fn only_what_is_allowed_may_be_done() -> Result<()> {
    let rest = "extends = \"shop\"
allowed = [\"Microsoft.Network/applicationGateways/*\", \"Microsoft.Network/locations/operationResults/read\", \"Microsoft.Compute/*\"]
denied = [\"Microsoft.Network/applicationGateways/write\", \"Microsoft.Compute/virtualMachines/instance*\"]
";
    let azure = Azure::start(scenario(rest)?).await?;
    assert_eq!(azure.health().await?.len(), 2);
    let machine = id("Microsoft.Compute/virtualMachines/vm-web-1");
    let network = id("Microsoft.Network/virtualNetworks/vnet-web");
    for (path, status) in [(machine.clone(), 200), (format!("{machine}/instanceView"), 403), (network, 403)] {
        assert_eq!(azure.send(Method::GET, &path, None).await?.status().as_u16(), status, "{path}");
    }
    assert_eq!(azure.put(&azure.gateway().await?).await?.status(), 403);
    Ok(())
}

#[tokio::test]
async fn a_subnet_lists_the_network_interfaces_in_it() -> Result<()> {
    let azure = Azure::start(scenario("extends = \"shop\"")?).await?;
    let network = id("Microsoft.Network/virtualNetworks/vnet-web");
    let subnet = format!("{network}/subnets/snet-web");
    let nic = id("Microsoft.Network/networkInterfaces/nic-web-1/ipConfigurations/ipconfig1");
    let configurations = |document: &Value| document["properties"]["ipConfigurations"].clone();
    assert_eq!(configurations(&azure.read(&subnet).await?)[0], json!({"id": nic}));
    let full = json!({"id": nic, "name": "ipconfig1", "properties": {"privateIPAddress": "10.0.1.4"}});
    let read = async |path: &str, query: &str| -> Result<Value> {
        Ok(azure.send_with(Method::GET, path, query, None).await?.json().await?)
    };
    assert_eq!(configurations(&read(&subnet, "&$expand=ipConfigurations").await?)[0], full);
    let whole = read(&network, "&$expand=subnets/ipConfigurations").await?;
    assert_eq!(configurations(&whole["properties"]["subnets"][1])[0], full);
    assert_eq!(configurations(&whole["properties"]["subnets"][0]), Value::Null);
    Ok(())
}

#[tokio::test]
async fn copies_have_their_own_answers() -> Result<()> {
    let azure = Azure::copies(scenario(METRICS)?, 2).await?;
    let second = azure.at("agw-prod-002");
    assert_eq!(
        second.read("providers/Microsoft.Insights/metrics").await?["value"].as_array().map(Vec::len),
        Some(2)
    );
    assert!(azure.at("agw-prod-003").read("providers/Microsoft.Insights/metrics").await.is_err());
    Ok(())
}
