//! The story that the bot is for, as it is deployed.

use tests::deployed::{READ, WRITE};
use tests::functions::{Mode, Outcome};
use tests::{Deployed, user};

async fn from_alert_to_fixed(account: &str, mode: Mode) {
    let mut deployed = Deployed::into(account, 1).await;
    deployed.mode = mode;
    deployed.start().await;
    deployed.alert().await;
    deployed.until_status("Unhealthy").await.says("probe-path-refused").says("agw-unhealthy-hosts");
    let heard = deployed.talk.slack("bob", "/agw diagnose agw-prod").await;
    assert!(heard.contains("agw-prod"), "{heard}");
    deployed.until("an answer", |here| here.talk.slack.read_private(&user("bob")).pop()).await;
    let approve = deployed.talk.button("Approve");
    deployed.talk.press("alex", &approve).await;
    deployed.until_status("Fixed").await.says("all 2 servers are Healthy");
    assert_eq!(deployed.azure.puts(), 1);
    assert_eq!(deployed.talk.slack.messages().len(), 1, "one message, brought up to date");
    assert_eq!(deployed.identity.given_to("https://management.azure.com"), [READ, WRITE]);
    assert_eq!(deployed.identity.given_to("https://storage.azure.com"), [READ]);
    assert!(deployed.identity.was_asked_once_for_each(), "tokens are kept");
    what_is_kept(&deployed).await;
    let host = &deployed.hosts[0];
    let failed: Vec<_> =
        host.invocations().into_iter().filter(|call| call.outcome != Outcome::Succeeded).collect();
    assert!(failed.is_empty(), "{failed:?}");
    deployed.finish();
}

/// The incident and its trail, as a person at a desk finds them, and nothing of a secret in any blob.
async fn what_is_kept(deployed: &Deployed) {
    let list = deployed.agw(&["list", "--store", "azure"]).await.ends(0).prints("Fixed");
    let id = list.out.split_whitespace().find(|word| word.starts_with("INC-")).unwrap().to_owned();
    let audit = deployed.agw(&["audit", &id, "--store", "azure"]).await.ends(0);
    audit.prints("Opened by an alert").prints("alex approved plan").prints("Healthy");
    for blob in deployed.storage.list_blobs("agw", "").await.unwrap() {
        let content = deployed.storage.get_blob("agw", &blob.name).await.unwrap().unwrap_or_default();
        let content = String::from_utf8_lossy(&content);
        for secret in [tests::canary::SIGNING, tests::canary::TOKEN, tests::canary::ALERT_KEY] {
            assert!(!content.contains(secret), "{secret} is in {}", blob.name);
        }
    }
}

#[tokio::test]
#[ignore = "needs a package and Azurite: cargo xtask test"]
async fn through_a_host_that_proxies() {
    from_alert_to_fixed("agwtest00", Mode::Proxying).await;
}

#[tokio::test]
#[ignore = "needs a package and Azurite: cargo xtask test"]
async fn through_an_older_host_that_forwards() {
    from_alert_to_fixed("agwtest01", Mode::Forwarding).await;
}

/// A deployment that grants nobody to write: the change is shown, and offered to nobody.
#[tokio::test]
#[ignore = "needs a package and Azurite: cargo xtask test"]
async fn without_an_identity_to_write_with_it_observes() {
    let mut deployed = Deployed::into("agwtest13", 1).await;
    deployed.writing = false;
    deployed.start().await;
    deployed.alert().await;
    deployed.until_status("Unhealthy").await.says("I only observe this gateway").says("custom-healthz");
    assert_eq!(deployed.identity.given_to("https://management.azure.com"), [READ]);
    assert_eq!(deployed.azure.puts(), 0);
    deployed.finish();
}

/// Without a host: the bot polls the queue by itself.
#[tokio::test]
#[ignore = "needs a package and Azurite: cargo xtask test"]
async fn without_a_host() {
    let deployed = Deployed::into("agwtest02", 1).await;
    let alone = deployed.alone(&["serve", "--store", "azure", "--listen", "127.0.0.1:0"]).await;
    deployed.alert().await;
    deployed.until_status("Unhealthy").await;
    let approve = deployed.talk.button("Approve");
    deployed.talk.press("alex", &approve).await;
    deployed.until_status("Fixed").await;
    assert_eq!(deployed.azure.puts(), 1);
    drop(alone);
    deployed.finish();
}
