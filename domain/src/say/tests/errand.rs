//! Something to set up: its cards, and how it makes way for trouble.

use serde_json::{Value, json};

use super::*;
use crate::alert::{Condition, Fingerprint};
use crate::command::Command;
use crate::id::ResourceId;
use crate::incident::Errand;
use crate::plan::Plan;

fn target(kind: &str) -> ResourceId {
    ResourceId::parse(&format!("/subscriptions/s/resourceGroups/rg-ops/providers/{kind}")).unwrap()
}

fn looking(errand: Errand) -> Incident {
    let id = IncidentId::parse("INC-7K2F").unwrap();
    Incident::open_errand(id, gateway().id().clone(), alex(), channel(), errand, now())
}

fn surveyed(errand: Errand, plan: Result<Box<Plan>, String>) -> Incident {
    done(looking(errand), |effect| *effect == Effect::Survey, Event::Surveyed(plan))
}

fn offer(errand: Errand) -> Incident {
    let none = json!({ "value": [] });
    let plan = match errand {
        Errand::Logs => {
            let waf = shop_with(|raw| raw["properties"]["sku"]["tier"] = json!("WAF_v2"));
            let workspace = target("Microsoft.OperationalInsights/workspaces/log-ops");
            Plan::logs(&waf, &none, &workspace)
        }
        Errand::Alerts => Plan::alerts(&gateway(), &none, &target("Microsoft.Insights/actionGroups/ag-ops")),
    };
    surveyed(errand, Ok(Box::new(plan.unwrap())))
}

fn written(offered: Incident) -> Incident {
    let approved = pressed(offered, Verb::Approve);
    let applying = step(approved, Event::Intended { before: Box::new(Value::Null) }, &rules(), now());
    let back = ReadBack { applied: true, missing: Vec::new(), unexpected: Vec::new() };
    step(applying, Event::ReadBack(back), &rules(), now())
}

/// A card without its diff, which the plan's own tests show.
fn told(incident: &Incident) -> String {
    let mut card = super::super::incident(incident);
    card.diff.clear();
    card.plain()
}

#[test]
fn logs_are_offered_set_up_and_deleted_again() {
    insta::assert_snapshot!(told(&looking(Errand::Logs)), @"
    agw-shop: Looking
    Reading where the gateway's logs go.
    INC-7K2F · asked by Alex · 2026-11-22 03:04 UTC
    ");
    insta::assert_snapshot!(told(&offer(Errand::Logs)), @"
    agw-shop: Set up?
    Logs that nobody keeps so far would go to the workspace log-ops, each to a table of its own: ApplicationGatewayAccessLog, ApplicationGatewayFirewallLog.
    Approve writes this beside agw-shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop), after reading it once more. The gateway itself stays as it is, and Undo deletes it again.
    Azure charges for the logs that it takes in: busy gateways write a lot. They show after 15 to 20 minutes.
    Approve: /agw approve INC-7K2F a86e458a
    Reject: /agw reject INC-7K2F
    Plan a86e458a · can be approved until 2026-11-22 03:34 UTC
    INC-7K2F · asked by Alex · 2026-11-22 03:04 UTC
    ");
    let done = written(offer(Errand::Logs));
    assert!(matches!(done.state, State::Fixed(_)) && !done.is_open());
    insta::assert_snapshot!(told(&done), @"
    agw-shop: Set up
    The logs ApplicationGatewayAccessLog, ApplicationGatewayFirewallLog go to the workspace log-ops now. The first lines show after 15 to 20 minutes.
    Approved by: Alex at 2026-11-22 03:04 UTC
    Undo: /agw undo INC-7K2F
    INC-7K2F · asked by Alex · 2026-11-22 03:04 UTC
    ");
    let undo = pressed(done, Verb::Undo);
    insta::assert_snapshot!(told(&undo), @"
    agw-shop: Undo?
    This deletes the diagnostic setting, so that the logs are kept no longer.
    Asked for by: Alex
    Approve deletes what was set up beside agw-shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop), if it is still as it was left. The gateway itself stays as it is.
    Approve: /agw approve INC-7K2F 40498b6c
    Reject: /agw reject INC-7K2F
    Plan 40498b6c · can be approved until 2026-11-22 03:34 UTC
    INC-7K2F · asked by Alex · 2026-11-22 03:04 UTC
    ");
    insta::assert_snapshot!(told(&written(undo)), @"
    agw-shop: Undone
    The diagnostic setting was deleted; what was logged until now stays.
    Approved by: Alex at 2026-11-22 03:04 UTC
    INC-7K2F · asked by Alex · 2026-11-22 03:04 UTC
    ");
}

#[test]
fn alerts_are_offered_and_set_up() {
    insta::assert_snapshot!(told(&looking(Errand::Alerts)), @"
    agw-shop: Looking
    Reading which metric alerts watch the gateway.
    INC-7K2F · asked by Alex · 2026-11-22 03:04 UTC
    ");
    insta::assert_snapshot!(told(&offer(Errand::Alerts)), @"
    agw-shop: Set up?
    9 metric alerts missing: agw-shop-UnhealthyHostCount, agw-shop-HealthyHostCount, agw-shop-FailedRequests, agw-shop-ResponseStatus, agw-shop-BackendResponseStatus, agw-shop-BackendConnectTime, agw-shop-ApplicationGatewayTotalTime, agw-shop-CapacityUnits, agw-shop-ComputeUnits. They tell the action group ag-ops.
    Approve writes this beside agw-shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop), after reading it once more. The gateway itself stays as it is, and Undo deletes it again.
    Azure charges for each time series that an alert watches. Alerts in other resource groups than the gateway's were not looked at.
    Approve: /agw approve INC-7K2F 18907b67
    Reject: /agw reject INC-7K2F
    Plan 18907b67 · can be approved until 2026-11-22 03:34 UTC
    INC-7K2F · asked by Alex · 2026-11-22 03:04 UTC
    ");
    let done = written(offer(Errand::Alerts));
    insta::assert_snapshot!(told(&done), @"
    agw-shop: Set up
    9 metric alerts are there now, and tell the action group ag-ops.
    Approved by: Alex at 2026-11-22 03:04 UTC
    Undo: /agw undo INC-7K2F
    INC-7K2F · asked by Alex · 2026-11-22 03:04 UTC
    ");
    insta::assert_snapshot!(told(&pressed(done, Verb::Undo)), @"
    agw-shop: Undo?
    This deletes the metric alerts, so that nobody is told by them any more.
    Asked for by: Alex
    Approve deletes what was set up beside agw-shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop), if it is still as it was left. The gateway itself stays as it is.
    Approve: /agw approve INC-7K2F e95b0cd6
    Reject: /agw reject INC-7K2F
    Plan e95b0cd6 · can be approved until 2026-11-22 03:34 UTC
    INC-7K2F · asked by Alex · 2026-11-22 03:04 UTC
    ");
}

#[test]
fn where_nothing_is_missing_or_nothing_may_be_written_it_says_so_and_ends() {
    let why = all_set_up(Errand::Alerts).to_owned();
    let nothing = surveyed(Errand::Alerts, Err(why));
    assert!(!nothing.is_open());
    insta::assert_snapshot!(told(&nothing), @"
    agw-shop: Nothing set up
    Nothing was set up: every metric of the baseline has its alert already.
    INC-7K2F · asked by Alex · 2026-11-22 03:04 UTC
    ");
    let rejected = pressed(offer(Errand::Logs), Verb::Reject);
    assert!(!rejected.is_open(), "nothing is wrong that would keep it open");
    let late = now() + jiff::SignedDuration::from_mins(30);
    assert!(!step(offer(Errand::Logs), Event::OfferEnded, &rules(), late).is_open());
}

fn fired(incident: Incident) -> Incident {
    let fingerprint: Fingerprint = serde_json::from_value(json!("unhealthy-hosts")).unwrap();
    let event = Event::Alerted {
        fingerprint,
        rule: "unhealthy-hosts".to_owned(),
        severity: "Sev1".to_owned(),
        summary: "UnhealthyHostCount 2 > 0".to_owned(),
        condition: Condition::Fired,
        shown: Shown::In(Vec::new()),
    };
    step(incident, event, &rules(), now())
}

#[test]
fn trouble_comes_first() {
    for early in [looking(Errand::Logs), offer(Errand::Logs)] {
        for incident in [fired(early.clone()), step(early, Event::Asked { from: from() }, &rules(), now())] {
            assert_eq!((&incident.state, incident.errand), (&State::Diagnosing, None));
            let left: Vec<&Effect> = incident.pending().iter().map(|pending| &pending.effect).collect();
            assert!(left.contains(&&Effect::Diagnose), "{left:?}");
            assert!(!left.contains(&&Effect::Survey) && !left.contains(&&Effect::Expire), "{left:?}");
        }
    }
    // What is being written is written to its end, and then the trouble is looked at.
    let writing = fired(pressed(offer(Errand::Logs), Verb::Approve));
    assert!(matches!(writing.state, State::Approved(_)));
    let applying = step(writing, Event::Intended { before: Box::new(Value::Null) }, &rules(), now());
    let back = ReadBack { applied: true, missing: Vec::new(), unexpected: Vec::new() };
    let after = step(applying, Event::ReadBack(back), &rules(), now());
    assert_eq!((&after.state, after.is_open()), (&State::Diagnosing, true));
    assert!(after.in_place.is_some(), "and can still be taken back");
}

#[test]
fn a_void_plan_is_made_anew_and_a_late_survey_changes_nothing() {
    let approved = pressed(offer(Errand::Logs), Verb::Approve);
    let void = step(approved, Event::Voided { why: "somebody made it".to_owned() }, &rules(), now());
    assert!(void.pending().iter().any(|pending| pending.effect == Effect::Survey));
    let proposed = offer(Errand::Logs);
    let again = step(proposed.clone(), Event::Surveyed(Err("late".to_owned())), &rules(), now());
    assert_eq!(again.state, proposed.state);
}

#[test]
fn every_card_of_an_errand_is_whole() {
    for errand in [Errand::Logs, Errand::Alerts] {
        let done = written(offer(errand));
        let undo = pressed(done.clone(), Verb::Undo);
        let states = [
            looking(errand),
            offer(errand),
            pressed(offer(errand), Verb::Approve),
            pressed(offer(errand), Verb::Reject),
            surveyed(errand, Err("the resource lock 'keep' forbids changing the gateway".to_owned())),
            done,
            undo.clone(),
            written(undo),
        ];
        for state in states {
            check(&super::super::incident(&state));
            history(&state).iter().for_each(check);
            check(&errand_must_wait(&Command::Logs { gateway: Some("agw-shop".to_owned()) }, &state));
        }
    }
}
