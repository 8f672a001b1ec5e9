//! The life of a handler: it starts, is killed, is asked to go.

use std::time::Duration;

use tests::Deployed;
use tests::functions::HostState;

#[tokio::test]
#[ignore = "needs a package and Azurite: cargo xtask test"]
async fn a_handler_that_dies_is_replaced_and_loses_nothing() {
    let mut deployed = Deployed::into("agwtest08", 1).await;
    deployed.pace.visibility_timeout = Some(Duration::from_secs(1));
    deployed.pace.tick = Some(Duration::from_secs(1));
    deployed.start().await;
    deployed.alert().await;
    deployed.hosts[0].kill_handler();
    deployed.until("a second start", |here| (here.hosts[0].starts() == 2).then_some(())).await;
    deployed.until_status("Unhealthy").await;
    let approve = deployed.talk.button("Approve");
    deployed.talk.press("alex", &approve).await;
    deployed.hosts[0].kill_handler();
    deployed.until_status("Fixed").await;
    assert_eq!(deployed.azure.puts(), 1);
    assert_eq!(deployed.hosts[0].state(), HostState::Running);
    deployed.finish();
}

#[tokio::test]
#[ignore = "needs a package and Azurite: cargo xtask test"]
async fn asked_to_go_it_goes_at_once_and_says_that_all_is_well() {
    let mut deployed = Deployed::into("agwtest09", 1).await;
    deployed.start().await;
    let stopped = deployed.hosts[0].stop().await;
    assert_eq!(stopped.code, Some(0), "{}", deployed.said());
    assert!(stopped.took < Duration::from_secs(2), "{:?}", stopped.took);
    assert!(deployed.hosts[0].errors().is_empty(), "{:?}", deployed.hosts[0].errors());
}

/// An exit code of 0 would be taken for intended, and the host would not start it again.
#[tokio::test]
#[ignore = "needs a package and Azurite: cargo xtask test"]
async fn a_policy_with_a_mistake_ends_the_start_with_a_sentence() {
    let deployed = Deployed::into("agwtest10", 1).await;
    std::fs::write(deployed.package().join("agw.toml"), "[approval]\naprovers = []\n").unwrap();
    let host = deployed.attempt().await;
    assert!(matches!(host.state(), HostState::Dead(_)), "{:?}", host.state());
    assert_eq!(host.starts(), 3, "the host tries three times");
    let told = host.errors().join("\n");
    assert!(told.contains("agw.toml:2") && told.contains("aprovers"), "{told}");
}

/// Whatever is switched on has to have its secrets, and the log says which one is missing.
#[tokio::test]
#[ignore = "needs a package and Azurite: cargo xtask test"]
async fn a_reference_to_a_secret_that_is_not_there_ends_the_start_with_its_name() {
    let mut deployed = Deployed::into("agwtest13", 1).await;
    deployed.vault.retain(|(name, _)| *name != "slack-bot-token");
    let host = deployed.attempt().await;
    assert!(matches!(host.state(), HostState::Dead(_)), "{:?}", host.state());
    let told = host.errors().join("\n");
    assert!(told.contains("AGW_SLACK_BOT_TOKEN") && told.contains("Key Vault Secrets User"), "{told}");
}
