//! The pace at which time passes.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::Value;
use simulator::{Options, Scenario, Simulator};

use crate::support::add_probe;

/// At brisk pace a write takes a second and the prober works on its own.
#[tokio::test]
async fn a_repair_at_brisk_pace() -> Result<()> {
    let azure = Simulator::start(Options::new(Scenario::named("root-403")?)).await?;
    let client = reqwest::Client::builder().no_proxy().build()?;
    let site = azure.sites()[0].loopback_url.clone();
    assert_eq!(client.get(site.clone()).send().await?.status(), 502);
    let mut gateway = azure.gateway();
    add_probe(&mut gateway);
    let url = azure.base_url().join(&format!("{}?api-version=2025-07-01", azure.gateway_id()))?;
    let begun = Instant::now();
    let updating: Value = client.put(url).json(&gateway).send().await?.json().await?;
    assert_eq!(updating["properties"]["provisioningState"], "Updating");
    while client.get(site.clone()).send().await?.status() != 200 {
        ensure!(begun.elapsed() < Duration::from_secs(20), "the site does not come back");
        tokio::task::yield_now().await;
    }
    assert!(begun.elapsed() >= Duration::from_secs(1), "the write took no time");
    assert_eq!(azure.gateway()["properties"]["provisioningState"], "Succeeded");
    azure.shutdown().await;
    assert!(client.get(site).send().await.is_err());
    Ok(())
}
