//! What goes wrong on purpose goes wrong once.

use anyhow::Result;
use reqwest::Method;
use serde_json::{Value, json};
use simulator::Fault;

use crate::support::{Azure, add_probe};

#[tokio::test]
async fn a_refused_put_changes_nothing_and_the_next_one_is_taken() -> Result<()> {
    let azure = Azure::stage("root-403").await?;
    for (fault, status, code) in [
        (Fault::PutThrottled429, 429, "RetryableErrorDueToAnotherOperation"),
        (Fault::PutConflict409, 409, "AnotherOperationInProgress"),
        (Fault::PutServerError500, 500, "InternalServerError"),
    ] {
        azure.simulator.inject(fault);
        assert_eq!(azure.refused(add_probe).await?, (status, code.to_owned(), String::new()));
    }
    assert_eq!(azure.simulator.puts(), 0);
    azure.edit(add_probe).await
}

#[tokio::test]
async fn an_accepted_put_can_still_fail() -> Result<()> {
    let azure = Azure::stage("root-403").await?;
    let mut wanted = azure.gateway().await?;
    add_probe(&mut wanted);
    azure.simulator.inject(Fault::PutSuperseded);
    let accepted = azure.put(&wanted).await?;
    assert_eq!(azure.outcome(&accepted).await?["status"], "Canceled");
    assert_eq!(azure.gateway().await?["properties"]["probes"], json!([]));
    azure
        .simulator
        .inject(Fault::PutFails { code: "InternalServerError".into(), message: "An error occurred.".into() });
    let accepted = azure.put(&wanted).await?;
    assert_eq!(azure.outcome(&accepted).await?["error"]["code"], "InternalServerError");
    let after = azure.gateway().await?;
    assert_eq!(
        (&after["properties"]["probes"], &after["properties"]["provisioningState"]),
        (&json!([]), &json!("Failed"))
    );
    Ok(())
}

#[tokio::test]
async fn a_dropped_connection_hides_a_success() -> Result<()> {
    let azure = Azure::stage("root-403").await?;
    let mut wanted = azure.gateway().await?;
    add_probe(&mut wanted);
    azure.simulator.inject(Fault::PutDropsConnectionAfterAccept);
    assert!(azure.put(&wanted).await.is_err());
    assert_eq!(azure.simulator.puts(), 1);
    assert_eq!(azure.gateway().await?["properties"]["probes"][0]["name"], "healthz");
    let dropped = azure.simulator.exchanges().into_iter().find(|exchange| exchange.method == "PUT");
    assert_eq!(dropped.map(|exchange| exchange.status), Some(0));
    Ok(())
}

#[tokio::test]
async fn reading_can_fail() -> Result<()> {
    let azure = Azure::stage("root-403").await?;
    azure.simulator.inject(Fault::GetThrottled429 { retry_after: 7 });
    azure.simulator.inject(Fault::GetForbidden);
    let answer = azure.send(Method::GET, "", None).await?;
    assert_eq!((answer.status().as_u16(), answer.headers()["retry-after"].to_str()?), (429, "7"));
    assert_eq!(azure.send(Method::GET, "", None).await?.status(), 403);
    assert_eq!(azure.send(Method::GET, "", None).await?.status(), 200);
    Ok(())
}

#[tokio::test]
async fn health_can_be_unknown() -> Result<()> {
    let azure = Azure::stage("root-403").await?;
    azure.simulator.inject(Fault::HealthUnknown);
    assert!(
        azure
            .health()
            .await?
            .iter()
            .all(|(_, health, log)| health == "Unknown" && log.contains("65200-65535"))
    );
    azure.simulator.inject(Fault::HealthForbidden);
    let answer = azure.send(Method::POST, "backendhealth", None).await?;
    assert_eq!(answer.json::<Value>().await?["error"]["code"], "AuthorizationFailed");
    Ok(())
}

#[tokio::test]
async fn somebody_else_changes_the_gateway() -> Result<()> {
    let azure = Azure::stage("root-403").await?;
    let before = azure.gateway().await?;
    azure.simulator.change(add_probe);
    let after = azure.gateway().await?;
    assert_ne!(before["etag"], after["etag"]);
    assert_eq!(azure.visit("http://shop.example.com/").await?.0, 200);
    assert_eq!(azure.simulator.puts(), 0);
    azure.simulator.change(|gateway| gateway["properties"]["provisioningState"] = json!("Updating"));
    assert_eq!(azure.gateway().await?["properties"]["provisioningState"], "Updating");
    Ok(())
}
