//! Azure Resource Graph.

use anyhow::Result;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Azure, scenario};

const GRAPH: &str = "/providers/Microsoft.ResourceGraph/resources";

async fn asked(azure: &Azure, query: &str) -> Result<(u16, Value)> {
    let body = json!({"query": query, "subscriptions": [simulator::SUBSCRIPTION]});
    let answer = azure.send(Method::POST, GRAPH, Some(&body)).await?;
    Ok((answer.status().as_u16(), answer.json().await?))
}

const BY_ADDRESS: &str = "Resources | where type =~ 'Microsoft.Network/networkInterfaces' and \
    tostring(properties.ipConfigurations) has '10.0.1.5' | project id, name, vm = properties.virtualMachine.id | take 5";

#[tokio::test]
async fn resources_are_found_by_what_they_say() -> Result<()> {
    let azure = Azure::start(scenario("extends = \"shop\"")?).await?;
    let (status, answer) = asked(&azure, BY_ADDRESS).await?;
    assert_eq!(
        (status, &answer["totalRecords"], &answer["resultTruncated"]),
        (200, &json!(1), &json!("false"))
    );
    assert_eq!(answer["data"][0]["name"], "nic-web-2");
    assert!(answer["data"][0]["vm"].as_str().is_some_and(|id| id.ends_with("/vm-web-2")), "{answer}");
    let (_, answer) =
        asked(&azure, "resources | where type =~ 'microsoft.network/applicationgateways'").await?;
    let row = &answer["data"][0];
    assert_eq!((&row["name"], &row["resourceGroup"]), (&json!("agw-prod"), &json!("rg-web")));
    assert_eq!(row["subscriptionId"], simulator::SUBSCRIPTION);
    let body = json!({"query": "resources", "subscriptions": ["somewhere-else"]});
    let elsewhere: Value = azure.send(Method::POST, GRAPH, Some(&body)).await?.json().await?;
    assert_eq!(elsewhere["count"], 0);
    Ok(())
}

#[tokio::test]
async fn what_may_not_be_read_is_left_out() -> Result<()> {
    let denied = "extends = \"shop\"\ndenied = [\"Microsoft.Network/networkInterfaces/read\"]";
    let azure = Azure::start(scenario(denied)?).await?;
    assert_eq!(asked(&azure, BY_ADDRESS).await?.1["count"], 0);
    let all = "extends = \"shop\"\ndenied = [\"Microsoft.ResourceGraph/resources/read\"]";
    assert_eq!(asked(&Azure::start(scenario(all)?).await?, BY_ADDRESS).await?.0, 403);
    Ok(())
}

#[tokio::test]
async fn a_query_it_does_not_understand_is_refused() -> Result<()> {
    let azure = Azure::start(scenario("extends = \"shop\"")?).await?;
    let (status, answer) = asked(&azure, "resources | summarize count() by type").await?;
    assert_eq!(status, 400);
    assert_eq!(answer["error"]["message"], "the operator `summarize` is not supported");
    Ok(())
}
