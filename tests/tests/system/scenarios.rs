//! Every incident that can be staged, its diagnosis held against the truth, and what a fix leaves alone.

use domain::alert::Condition::Fired;
use simulator::Scenario;
use tests::{Stage, World, differences, put_unknown_everywhere};

use crate::story::PLAN;

/// What the bot should find out.
pub(crate) struct Expected {
    pub(crate) scenario: &'static str,
    /// What the scenario calls its cause.
    truth: &'static str,
    /// What the bot calls it, and how sure it is; none where all is well.
    pub(crate) finding: Option<(&'static str, &'static str)>,
    /// What comes of it.
    pub(crate) outcome: &'static str,
    /// What the message is headed by, and the buttons below it.
    shown: (&'static str, &'static [&'static str]),
}

const fn expected(
    scenario: &'static str,
    truth: &'static str,
    finding: Option<(&'static str, &'static str)>,
    outcome: &'static str,
    shown: (&'static str, &'static [&'static str]),
) -> Expected {
    Expected { scenario, truth, finding, outcome, shown }
}

const OFFER: (&str, &[&str]) = ("Unhealthy", &["Approve", "Reject"]);
const LOOK: (&str, &[&str]) = ("Unhealthy", &["Re-check"]);
const ADD: (&str, &[&str]) = ("Add the endpoint", &["Re-check"]);
const REFUSED: Option<(&str, &str)> = Some(("probe-path-refused", "confirmed"));

/// All of them.
pub(crate) const ALL: [Expected; 9] = [
    expected("root-403", "probe-path-refused", REFUSED, "offer", OFFER),
    expected("root-401", "login-required", REFUSED, "offer", OFFER),
    expected("root-404", "probe-path-missing", REFUSED, "offer", OFFER),
    expected("two-pools", "probe-path-refused", REFUSED, "offer", OFFER),
    expected("missing-healthz", "no-health-endpoint", REFUSED, "add-endpoint", ADD),
    expected(
        "connection-refused",
        "connection-refused",
        Some(("server-unreachable", "consistent")),
        "by-hand",
        LOOK,
    ),
    expected("empty-pool", "empty-pool", Some(("empty-pool", "confirmed")), "by-hand", LOOK),
    expected("slow-backend", "slow-backend", Some(("probe-timeout", "confirmed")), "by-hand", LOOK),
    expected("all-healthy", "none", None, "nothing", ("Healthy", &[])),
];

#[test]
fn no_scenario_is_left_out() {
    let mut known: Vec<String> = Scenario::all().iter().map(|one| one.name().to_owned()).collect();
    let mut tested: Vec<&str> = ALL.iter().map(|one| one.scenario).collect();
    known.sort_unstable();
    tested.sort_unstable();
    assert_eq!(known, tested);
    for one in ALL {
        assert_eq!(Scenario::named(one.scenario).unwrap().truth().cause, one.truth);
    }
}

#[tokio::test]
async fn every_scenario_is_told_as_it_is() {
    for one in ALL {
        let world = World::stage(one.scenario).await;
        world.slack("bob", "/agw diagnose agw-prod").await;
        let message = world.message().await;
        let name = one.scenario;
        assert_eq!(message.status(), one.shown.0, "{name}: {message}");
        assert_eq!(message.buttons(), one.shown.1, "{name}: {message}");
        if let Some((cause, verdict)) = one.finding {
            message.says(&format!("`{cause}`, {verdict}"));
        }
        // No server that is well is called sick, and none that is sick is called well.
        let truth = Scenario::named(name).unwrap().truth().clone();
        let details = world.thread().await.remove(0);
        for (servers, word) in [(&truth.healthy, "Healthy"), (&truth.unhealthy, "Unhealthy")] {
            for server in servers {
                details.says(&format!("{server}: {word}"));
            }
        }
        assert!(world.puts_sent().is_empty());
        world.finish().await;
    }
}

#[tokio::test]
async fn promise_4_every_fix_changes_only_what_its_plan_says() {
    for one in ALL.iter().filter(|one| one.outcome == "offer") {
        let world = World::stage(one.scenario).await;
        let before = world.azure.gateway();
        world.alert(Fired).await;
        world.click("alex", "Approve").await;
        let end = world.message().await;
        assert_eq!(end.status(), "Fixed", "{}: {end}", one.scenario);
        let changed = differences(&before, &world.azure.gateway());
        let said = |pointer: &str| {
            let parts: Vec<&str> = pointer.trim_start_matches("/properties/").split('/').collect();
            end.contains(&format!("{}[{}]", parts[0], parts[1]))
        };
        assert!(!changed.is_empty() && changed.iter().all(|pointer| said(pointer)), "{changed:?} in {end}");
        assert_eq!((world.azure.puts(), world.visit().await), (1, 200), "{}", one.scenario);
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
    let count = |gateway: &serde_json::Value| gateway.to_string().matches("fieldFromTheFuture").count();
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
