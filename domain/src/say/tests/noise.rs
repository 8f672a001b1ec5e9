//! What is said where less is to be said: snoozes and storms.

use super::*;
use crate::say;
use crate::snooze::Snooze;
use crate::storm::{StormRule, Storms, Telling};
use jiff::SignedDuration;

fn shop() -> crate::id::GatewayId {
    gateway().id().clone()
}

fn snooze() -> Snooze {
    let until = now() + SignedDuration::from_hours(2);
    Snooze { gateway: shop(), until, by: alex(), at: now() }
}

fn alerted(incident: Incident, shown: Shown, condition: crate::alert::Condition) -> Incident {
    let event = Event::Alerted {
        fingerprint: serde_json::from_value("unhealthy-hosts".into()).unwrap(),
        rule: "unhealthy-hosts".to_owned(),
        severity: "Sev1".to_owned(),
        summary: "UnhealthyHostCount 2 > 0".to_owned(),
        condition,
        shown,
    };
    step(incident, event, &rules(), now() + SignedDuration::from_mins(3))
}

fn snoozed_incident() -> Incident {
    let incident = Incident::open_snoozed(opened().id, shop(), &snooze(), now());
    (0..3).fold(incident, |incident, _| {
        alerted(incident, Shown::Later(snooze()), crate::alert::Condition::Fired)
    })
}

#[test]
fn an_incident_that_waits_for_the_end_of_a_snooze() {
    insta::assert_snapshot!(say::incident(&snoozed_incident()).plain(), @"
    agw-shop: Snoozed
    Snoozed by Alex until 2026-11-22 05:04 UTC. Alerts are counted, and shown then if they still fire. Nothing was read so far.
    Alert: Sev1 unhealthy-hosts, fired 3 times, latest 2026-11-22 03:07 UTC
    /agw diagnose agw-shop looks at it now; /agw snooze agw-shop off ends the silence.
    INC-7K2F · opened by an alert · 2026-11-22 03:04 UTC
    ");
    let over = alerted(snoozed_incident(), Shown::Later(snooze()), crate::alert::Condition::Resolved);
    assert!(!over.is_open());
    insta::assert_snapshot!(say::incident(&over).plain(), @"
    agw-shop: Snoozed
    Snoozed by Alex until 2026-11-22 05:04 UTC. Its alerts have resolved, and nobody was told of them.
    Alert: Sev1 unhealthy-hosts, fired 3 times, latest 2026-11-22 03:07 UTC, resolved 2026-11-22 03:07 UTC
    INC-7K2F · opened by an alert · 2026-11-22 03:04 UTC
    ");
}

#[test]
fn answers_to_a_snooze() {
    let nobody = Refusal::NotAnApprover;
    let elsewhere = Refusal::WrongChannel { instead: vec![channel()] };
    let cards = [
        say::snoozed(&snooze()),
        say::snooze_ended(&shop()),
        say::not_snoozed(&shop()),
        say::snooze_refused(&shop(), &nobody),
        say::snooze_refused(&shop(), &elsewhere),
    ];
    insta::assert_snapshot!(cards.map(|card| card.plain()).join("\n\n"), @"
    agw-shop: Snoozed
    Alerts about agw-shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop) are kept and counted, and nothing is posted, until 2026-11-22 05:04 UTC. What still fires then is shown.
    /agw diagnose agw-shop looks at it now; /agw snooze agw-shop off ends the silence.

    agw-shop: Not snoozed
    Alerts about agw-shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop) are shown again, from now on.

    agw-shop: Not snoozed
    Alerts about agw-shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop) are not snoozed.

    agw-shop: Not done
    Only who may approve changes of agw-shop may snooze its alerts, and you are not on that list (approval.approvers in agw.toml).

    agw-shop: Not done
    You may snooze alerts about agw-shop, but not from here: use the channel C1 in Slack (approval.channels in agw.toml).
    ");
}

#[test]
fn lists_name_what_is_snoozed() {
    let snooze = snooze();
    insta::assert_snapshot!(say::list(&[], &[], &[&snooze]).plain(), @"
    agw: Snoozed
    There is no open incident.
    - Snoozed: agw-shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop) until 2026-11-22 05:04 UTC, by Alex
    ");
    insta::assert_snapshot!(say::list(&[snoozed_incident()], &[], &[&snooze]).plain(), @"
    agw: Open
    1 open incident:
    - INC-7K2F agw-shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop): Snoozed, since 2026-11-22 03:04 UTC
    - Snoozed: agw-shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop) until 2026-11-22 05:04 UTC, by Alex
    ");
    insta::assert_snapshot!(say::status(&[shop()], &[], &[&snooze]).plain(), @"
    agw: Status
    1 gateway, 0 open incidents.
    agw-shop: no open incident; snoozed until 2026-11-22 05:04 UTC, by Alex
    ");
}

fn storm(count: usize) -> crate::storm::Digest {
    let mut storms = Storms::default();
    for n in 0..count {
        let text = shop().to_string().replace("agw-shop", &format!("agw-{n:02}"));
        let gateway = crate::id::GatewayId::parse(&text).unwrap();
        let incident_id = IncidentId::of(&crate::request::RequestId::of(&[&n.to_string()]), 0);
        let at = now() + SignedDuration::from_secs(i64::try_from(n).unwrap());
        let mut incident = Incident::open(incident_id, gateway, None, vec![channel()], at);
        if n % 3 == 1 {
            incident.state = State::Failed { why: "The gateway could not be read.".to_owned() };
        }
        storms.list(&incident, &channel(), &StormRule::default(), now(), SignedDuration::ZERO);
        if n + 1 == count {
            let told = storms.list(&incident, &channel(), &StormRule::default(), now(), SignedDuration::ZERO);
            let Telling::Say { digest, .. } = told else { panic!("{told:?}") };
            return *digest;
        }
    }
    panic!("an empty storm")
}

#[test]
fn a_digest_lists_those_in_trouble_first() {
    insta::assert_snapshot!(say::digest(&storm(5)).plain(), @"
    5 gateways: Storm
    Alerts came in on many gateways at once, so they share this message. It began at 2026-11-22 03:04 UTC; the latest came at 2026-11-22 03:04 UTC.
    State: 2 Failed, 3 Diagnosing
    - INC-3X8D agw-01 (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-01): Failed, since 2026-11-22 03:04 UTC
    - INC-AM00 agw-04 (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-04): Failed, since 2026-11-22 03:04 UTC
    - INC-KAXR agw-00 (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-00): Diagnosing, since 2026-11-22 03:04 UTC
    - INC-5FDA agw-02 (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-02): Diagnosing, since 2026-11-22 03:04 UTC
    - INC-HCWB agw-03 (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-03): Diagnosing, since 2026-11-22 03:04 UTC
    /agw show INC-3X8D shows one with its evidence and its plan, /agw diagnose agw-01 gives it a message of its own.
    ");
}

#[test]
fn a_digest_of_very_many_stays_short() {
    let plain = say::digest(&storm(120)).plain();
    assert_eq!(plain.lines().filter(|line| line.starts_with("- INC-")).count(), 25);
    assert!(plain.contains("and 95 more; /agw list shows them"), "{plain}");
    assert!(plain.contains("40 Failed, 80 Diagnosing"), "{plain}");
}
