//! Diagnostic settings and metric alerts: written, listed, refused and deleted.

use anyhow::Result;
use reqwest::Method;
use serde_json::{Value, json};
use simulator::LockLevel;

use crate::support::{Azure, scenario};

fn setting(workspace: &str, category: &str) -> Value {
    json!({"properties": {
        "workspaceId": format!("/subscriptions/s/resourceGroups/r/providers/Microsoft.OperationalInsights/workspaces/{workspace}"),
        "logs": [{"category": category, "enabled": true}],
    }})
}

fn settings(azure: &Azure) -> String {
    format!("{}/providers/Microsoft.Insights/diagnosticSettings", azure.simulator.gateway_id())
}

async fn status(azure: &Azure, method: Method, path: &str, body: Option<&Value>) -> Result<u16> {
    Ok(azure.send(method, path, body).await?.status().as_u16())
}

async fn names(azure: &Azure, path: &str) -> Result<Vec<String>> {
    let list: Value = azure.send(Method::GET, path, None).await?.error_for_status()?.json().await?;
    let names = list["value"].as_array().into_iter().flatten();
    Ok(names.filter_map(|one| one["name"].as_str()).map(str::to_owned).collect())
}

#[tokio::test]
async fn a_setting_is_there_until_it_is_deleted() -> Result<()> {
    let azure = Azure::stage("all-healthy").await?;
    let list = settings(&azure);
    let (one, access) = (format!("{list}/mine"), "ApplicationGatewayAccessLog");
    assert_eq!(names(&azure, &list).await?, [""; 0]);
    assert_eq!(status(&azure, Method::GET, &one, None).await?, 404);
    assert_eq!(status(&azure, Method::PUT, &one, Some(&setting("log", access))).await?, 200);
    assert_eq!(names(&azure, &list).await?, ["mine"]);
    let shown: Value = azure.send(Method::GET, &one, None).await?.json().await?;
    assert_eq!(shown["properties"]["logs"][0]["enabled"], true);
    assert_eq!(shown["properties"]["logs"].as_array().map(Vec::len), Some(3), "every category, on or off");
    // Neither the same category to the same place twice, nor a sixth setting.
    let again = format!("{list}/again");
    assert_eq!(status(&azure, Method::PUT, &again, Some(&setting("LOG", access))).await?, 409);
    assert_eq!(status(&azure, Method::PUT, &again, Some(&json!({"properties": {}}))).await?, 400);
    for number in 0..4 {
        let path = format!("{list}/more{number}");
        let other = setting(&format!("log{number}"), access);
        assert_eq!(status(&azure, Method::PUT, &path, Some(&other)).await?, 200);
    }
    assert_eq!(status(&azure, Method::PUT, &again, Some(&setting("sixth", access))).await?, 409);
    assert_eq!(
        status(&azure, Method::DELETE, &one.to_uppercase().replace("/SUBSCRIPTIONS", "/subscriptions"), None)
            .await?,
        200
    );
    assert_eq!(status(&azure, Method::DELETE, &one, None).await?, 204);
    assert_eq!((names(&azure, &list).await?.len(), azure.simulator.written().len()), (4, 4));
    Ok(())
}

#[tokio::test]
async fn an_alert_is_global_and_whole() -> Result<()> {
    let azure = Azure::stage("all-healthy").await?;
    let id = azure.simulator.gateway_id().to_string();
    let group = id.split("/providers/").next().unwrap_or_default().to_owned();
    let list = format!("{group}/providers/Microsoft.Insights/metricAlerts");
    let mut alert = json!({"location": "global", "properties": {
        "severity": 1, "enabled": true, "scopes": [id], "evaluationFrequency": "PT1M", "windowSize": "PT5M",
        "criteria": {"odata.type": "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria", "allOf": []},
    }});
    let one = format!("{list}/mine");
    assert_eq!(status(&azure, Method::PUT, &one, Some(&alert)).await?, 200);
    assert_eq!(names(&azure, &list).await?, ["mine"]);
    alert["location"] = json!("westeurope");
    assert_eq!(status(&azure, Method::PUT, &one, Some(&alert)).await?, 400);
    Ok(())
}

#[tokio::test]
async fn who_may_not_write_and_what_is_locked_is_refused() -> Result<()> {
    let denied =
        scenario("extends = \"shop\"\ndenied = [\"Microsoft.Insights/diagnosticSettings/write\"]\n")?;
    let locked = scenario("extends = \"shop\"\n")?.with_lock("keep", LockLevel::ReadOnly);
    for (scenario, expected) in [(denied, 403), (locked, 409)] {
        let azure = Azure::start(scenario).await?;
        let one = format!("{}/mine", settings(&azure));
        let body = setting("log", "ApplicationGatewayAccessLog");
        assert_eq!(status(&azure, Method::PUT, &one, Some(&body)).await?, expected);
    }
    Ok(())
}
