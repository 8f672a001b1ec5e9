//! Every incident that can be staged, its diagnosis held against the truth, and what a fix leaves alone.

use domain::alert::Condition::Fired;
use serde_json::{Value, json};
use simulator::{Options, Pace, Scenario, Simulator};
use tests::{Expected, Stage, World, agw, differences, put_unknown_everywhere};

use crate::AGW;
use crate::story::PLAN;

const GROUP: &str = "network-security-group";
const PEERING: &str = "virtual-network-peering";
const ROUTE: &str = "user-defined-route";

#[tokio::test]
async fn every_scenario_is_told_as_it_is() {
    for scenario in Scenario::all() {
        let (name, truth) = (scenario.name().to_owned(), scenario.truth().clone());
        let expected = Expected::of(&truth);
        let world = World::stage(&name).await;
        world.slack("bob", "/agw diagnose agw-prod").await;
        let message = world.message().await;
        assert_eq!(message.buttons(), expected.buttons, "{name}: {message}");
        if let Some((cause, sure)) = expected.lead {
            let words: &[&str] =
                if sure { &["confirmed"] } else { &["consistent, not proven", "not checked"] };
            let said = words.iter().any(|verdict| message.contains(&format!("`{cause}`, {verdict}")));
            assert!(said, "{name}: no {cause}, {words:?} in {message}");
        } else {
            assert_eq!(message.status(), "Healthy", "{name}: {message}");
        }
        // No server that is well is called sick, and none that is sick is called well.
        let details = world.thread().await.remove(0);
        let blind = details.contains("Not seen: backend health:");
        let states =
            [(&truth.healthy, "Healthy"), (&truth.unhealthy, "Unhealthy"), (&truth.unknown, "Unknown")];
        for (servers, word) in states {
            for server in servers.iter().filter(|_| !blind) {
                details.says(&format!("{server}: {word}"));
            }
        }
        assert!(world.puts_sent().is_empty());
        world.finish().await;
    }
}

/// The findings of a diagnosis: cause, verdict, sentence.
async fn findings(scenario: Scenario) -> Vec<[String; 3]> {
    let options = Options { pace: Pace::Instant, ..Options::new(scenario) };
    let azure = Simulator::start(options).await.unwrap();
    let (arm, proxy) = (azure.base_url().to_string(), azure.site_proxy().to_string());
    let words = ["diagnose", "agw-prod", "--output", "json", "--arm", &arm, "--site-proxy", &proxy];
    let words = [&words[..], &["--site-root", azure.public_root()]].concat();
    let report: Value = serde_json::from_str(&agw(AGW, &words, &[]).await.out).unwrap();
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|one| ["cause", "verdict", "sentence"].map(|key| one[key].as_str().unwrap().to_owned()))
        .collect()
}

#[tokio::test]
async fn nothing_is_confirmed_but_the_truth() {
    for scenario in Scenario::all() {
        let (name, truth) = (scenario.name().to_owned(), Expected::of(scenario.truth()).causes);
        for [cause, verdict, sentence] in findings(scenario).await {
            assert!(verdict != "confirmed" || truth.contains(&cause), "{name}: {cause}: {sentence}");
        }
    }
}

#[tokio::test]
async fn an_open_network_is_read_and_not_blamed() {
    for scenario in ["connection-refused", "slow-backend"] {
        let findings = findings(Scenario::named(scenario).unwrap()).await;
        for wanted in [GROUP, PEERING, ROUTE] {
            let found = findings.iter().find(|[cause, ..]| cause == wanted);
            let [_, verdict, sentence] =
                found.unwrap_or_else(|| panic!("{scenario}: nothing about {wanted}"));
            assert_eq!(verdict, "ruled-out", "{scenario}: {sentence}");
        }
    }
}

#[tokio::test]
async fn a_network_that_may_not_be_read_is_not_checked_and_the_action_is_named() {
    let findings = findings(Scenario::named("network-not-readable").unwrap()).await;
    for wanted in [GROUP, PEERING, ROUTE] {
        let [_, verdict, sentence] = findings.iter().find(|[cause, ..]| cause == wanted).unwrap();
        assert_eq!(verdict, "not-checked", "{sentence}");
        assert!(sentence.contains("Microsoft.Network/virtualNetworks/read"), "{sentence}");
    }
}

/// A scenario that is built in, with a change to its text.
fn variant(text: &str, from: &str, to: &str) -> Scenario {
    assert!(text.contains(from), "{from}");
    Scenario::parse("variant.toml", &text.replacen(from, to, 1)).unwrap()
}

/// Without a way to the servers their addresses are no part of `VirtualNetwork`, so the default rules deny
/// them too. That is what follows from the peering, and no rule of the group mends it.
#[tokio::test]
async fn a_group_is_not_blamed_for_what_a_peering_does() {
    let group = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-web/providers\
                 /Microsoft.Network/networkSecurityGroups/nsg-plain";
    let nsg = json!({"id": group, "name": "nsg-plain", "properties": {"securityRules": []}});
    let subnet = "\"addressPrefix\": \"10.0.0.0/24\"";
    let with_group = format!("{subnet}, \"networkSecurityGroup\": {{\"id\": \"{group}\"}}");
    for text in [
        include_str!("../../../simulator/scenarios/peering-disconnected.toml"),
        include_str!("../../../simulator/scenarios/peering-missing.toml"),
    ] {
        let scenario = variant(text, subnet, &with_group).with_resource(nsg.clone());
        for [cause, verdict, sentence] in findings(scenario).await {
            assert!(verdict != "confirmed" || cause == PEERING, "{cause}: {sentence}");
        }
    }
}

/// `allowVirtualNetworkAccess` decides what `VirtualNetwork` stands for, and nothing else: what a rule allows
/// passes such a peering.
#[tokio::test]
async fn a_peering_that_keeps_to_itself_is_not_blamed() {
    let text = include_str!("../../../simulator/scenarios/nsg-by-default.toml");
    let key = "\"allowVirtualNetworkAccess\":";
    let scenario = variant(text, &format!("{key} true"), &format!("{key} false"));
    for [cause, verdict, sentence] in findings(scenario).await {
        assert!(verdict != "confirmed" || cause == GROUP, "{cause}: {sentence}");
    }
}

#[tokio::test]
async fn promise_4_every_fix_changes_only_what_its_plan_says() {
    for scenario in Scenario::all().iter().filter(|one| Expected::of(one.truth()).outcomes == ["offer"]) {
        let name = scenario.name();
        let world = World::stage(name).await;
        let before = world.azure.gateway();
        world.alert(Fired).await;
        world.click("alex", "Approve").await;
        if scenario.truth().fix == "exclude-path" {
            // The first of two steps, which leaves the gateway alone.
            world.message().await;
            assert_eq!(differences(&before, &world.azure.gateway()), [].into(), "{name}");
            world.click("alex", "Approve").await;
        }
        let end = world.message().await;
        assert_eq!(end.status(), "Fixed", "{name}: {end}");
        let mut changed = differences(&before, &world.azure.gateway());
        // Which HTTP settings use a probe the service notes by itself.
        changed.retain(|pointer| !pointer.ends_with("/properties/backendHttpSettings"));
        let said = |pointer: &str| {
            let parts: Vec<&str> = pointer.trim_start_matches("/properties/").split('/').collect();
            end.contains(&format!("{}[{}]", parts[0], parts[1]))
        };
        assert!(!changed.is_empty() && changed.iter().all(|pointer| said(pointer)), "{changed:?} in {end}");
        // What else is broken stays so.
        let served = world.visit().await;
        let served = !scenario.truth().also.is_empty() || !matches!(served, 502..=504);
        assert!(world.azure.puts() == 1 && served, "{name}");
        world.click("alex", "Undo").await;
        world.click("alex", "Approve").await;
        assert_eq!(world.message().await.status(), "Undone", "{name}");
        assert_eq!(differences(&before, &world.azure.gateway()), [].into(), "{name}");
        world.thread().await;
        world.finish().await;
    }
}

#[tokio::test]
async fn promise_4_fields_that_nobody_knows_survive_at_every_level() {
    let world = Stage::named("root-403").start().await;
    let mut planted = 0;
    world.azure.change(|gateway| planted = put_unknown_everywhere(gateway));
    assert!(planted > 20, "{planted} fields");
    let before = world.azure.gateway();
    let count = |gateway: &Value| gateway.to_string().matches("fieldFromTheFuture").count();
    assert_eq!(count(&before), planted);

    world.alert(Fired).await;
    world.click("alex", "Approve").await;
    assert_eq!(world.message().await.status(), "Fixed");
    let fixed = world.azure.gateway();
    let changed = differences(&before, &fixed);
    assert_eq!(changed.iter().map(String::as_str).collect::<Vec<_>>(), PLAN);
    assert_eq!(count(&fixed), planted);

    world.click("alex", "Undo").await;
    world.click("alex", "Approve").await;
    assert_eq!(world.message().await.status(), "Undone");
    assert_eq!(differences(&before, &world.azure.gateway()), [].into());
    world.thread().await;
    world.finish().await;
}
