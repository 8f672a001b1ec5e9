//! What somebody on the internet can reach.

use tests::{Deployed, canary, envelope};

#[tokio::test]
#[ignore = "needs a package and Azurite: cargo xtask test"]
async fn a_trigger_called_from_outside_with_a_perfect_envelope_is_refused() {
    let mut deployed = Deployed::into("agwtest03", 1).await;
    deployed.start().await;
    let json = ("content-type", "application/json; charset=utf-8");
    let host = ("user-agent", "Azure-Functions-Host/4.1052.200");
    for path in [
        "work",
        "sweep",
        "poison",
        "api/work",
        "api/sweep",
        "api/poison",
        "api/../work",
        "admin/functions/work",
    ] {
        let status =
            deployed.talk.post(&format!("/{path}"), &[json, host], envelope("who am I")).await.status;
        assert_eq!(status, 404, "{path}");
    }
    nothing_happened(deployed).await;
}

/// With an empty prefix and a route for everything, which is how samples are often written, the host passes
/// `/poison` on to the handler like any other path.
#[tokio::test]
#[ignore = "needs a package and Azurite: cargo xtask test"]
async fn not_even_a_host_that_passes_everything_on_opens_the_triggers() {
    let mut deployed = Deployed::into("agwtest04", 1).await;
    let edit = |file: &str, from: &str, to: &str| {
        let file = deployed.package().join(file);
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.contains(from), "{from} in {text}");
        std::fs::write(&file, text.replace(from, to)).unwrap();
    };
    edit("host.json", r#""routePrefix": "api""#, r#""routePrefix": """#);
    edit("slack-commands/function.json", "slack/commands", "{*path}");
    deployed.start().await;
    let json = ("content-type", "application/json; charset=utf-8");
    let host = ("user-agent", "Azure-Functions-Host/4.1052.200");
    for function in ["work", "sweep", "poison"] {
        let path = format!("/{function}");
        assert_eq!(
            deployed.talk.post(&path, &[json, host], envelope("who am I")).await.status,
            403,
            "{path}"
        );
    }
    nothing_happened(deployed).await;
}

#[tokio::test]
#[ignore = "needs a package and Azurite: cargo xtask test"]
async fn alerts_want_the_functions_key_and_slack_wants_its_signature() {
    let mut deployed = Deployed::into("agwtest05", 1).await;
    deployed.start().await;
    let json = ("content-type", "application/json");
    let alert = tests::AlertBody::about(deployed.azure.gateway_id()).json().to_string();
    let post = |path: &'static str, key: &'static str| {
        let (deployed, alert) = (&deployed, alert.clone());
        async move { deployed.talk.post(path, &[json, ("x-functions-key", key)], alert).await.status }
    };
    assert_eq!(post("/api/alerts", "wrong").await, 401);
    assert_eq!(post("/api/alerts?code=wrong", "").await, 401);
    assert_eq!(post("/api/check", canary::ALERT_KEY).await, 401, "that takes the master key");
    let body = deployed.talk.command_body("alex", "/agw diagnose agw-prod");
    for path in ["/api/slack/commands", "/api/slack/interactions", "/api/slack/events"] {
        assert_eq!(deployed.talk.signed(path, &body, 600).await.status, 401, "stale");
    }
    assert!(deployed.talk.slack.posted().is_empty());
    assert_eq!(post("/api/alerts", canary::ALERT_KEY).await, 200);
    deployed.until_status("Unhealthy").await;
    deployed.finish();
}

async fn nothing_happened(deployed: Deployed) {
    let triggered = ["work", "sweep", "poison"];
    let calls = deployed.hosts[0].invocations();
    assert!(!calls.iter().any(|call| triggered.contains(&call.function.as_str())), "{calls:?}");
    assert!(deployed.talk.slack.posted().is_empty());
    let kept = deployed.storage.list_blobs("agw", "").await.unwrap_or_default();
    assert!(kept.is_empty(), "{kept:?}");
    deployed.finish();
}
