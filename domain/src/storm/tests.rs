use super::*;
use crate::alert::Condition;
use crate::approval::Policy;
use crate::incident::{Event, Rules, Shown, Timing};
use crate::plan::ProbeDefaults;
use crate::request::{Platform, RequestId};

const LEASE: SignedDuration = SignedDuration::from_secs(60);

fn channel() -> Channel {
    Channel { platform: Platform::Slack, id: "C1".to_owned() }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

fn rules() -> Rules {
    Rules {
        approval: Policy::default().into(),
        probe: ProbeDefaults::default(),
        timing: Timing::default(),
        oncall: crate::incident::OnCall::default(),
    }
}

/// An incident that an alert opened at this second.
fn incident(n: usize, second: i64) -> Incident {
    let request = RequestId::of(&[&n.to_string()]);
    let id = IncidentId::of(&request, 0);
    let gateway = format!(
        "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg/providers/Microsoft.Network/applicationGateways/agw-{n}"
    );
    let gateway = GatewayId::parse(&gateway).unwrap();
    let incident = Incident::open(id, gateway, None, vec![channel()], at(second));
    let event = Event::Alerted {
        fingerprint: serde_json::from_value("rule".into()).unwrap(),
        rule: "rule".to_owned(),
        severity: "Sev1".to_owned(),
        summary: String::new(),
        condition: Condition::Fired,
        shown: Shown::In(vec![channel()]),
    };
    incident.take(&request, event, &rules(), at(second))
}

fn message() -> MessageRef {
    MessageRef { channel: channel(), id: "1".to_owned() }
}

fn list(storms: &mut Storms, incident: &Incident, now: i64) -> Telling {
    storms.list(incident, &channel(), &StormRule::default(), at(now), LEASE)
}

fn said(told: Telling) -> Digest {
    match told {
        Telling::Say { digest, .. } => *digest,
        other => panic!("nothing is to be said: {other:?}"),
    }
}

#[test]
fn five_gateways_within_two_minutes_are_a_storm() {
    let rule = StormRule::default();
    let is_met = |seconds: &[i64], mine: usize| {
        let all: Vec<Incident> = seconds.iter().enumerate().map(|(n, at)| incident(n, *at)).collect();
        rule.is_met(&all[mine], &channel(), &all)
    };
    assert!(is_met(&[0, 30, 60, 90, 120], 4));
    assert!(is_met(&[0, 30, 60, 90, 120], 0), "whoever was not shown yet");
    assert!(!is_met(&[0, 30, 60, 90, 121], 4));
    assert!(!is_met(&[0, 0, 0, 0], 3));
    assert!(!is_met(&[0, 0, 0, 0, 0, 600], 5), "long after it");
    let elsewhere = Channel { id: "C2".to_owned(), ..channel() };
    let all: Vec<Incident> = (0..9).map(|n| incident(n, 0)).collect();
    assert!(!rule.is_met(&all[0], &elsewhere, &all), "another channel is calm");
    assert!(!StormRule { after: 0, ..rule }.is_met(&all[0], &channel(), &all), "switched off");
}

#[test]
fn somebody_who_asks_about_many_gateways_makes_no_storm() {
    let mut asked: Vec<Incident> = (0..9).map(|n| incident(n, 0)).collect();
    asked.iter_mut().for_each(|incident| incident.alerts.clear());
    assert!(!StormRule::default().is_met(&incident(9, 0), &channel(), &asked));
}

#[test]
fn one_posts_and_the_others_wait_for_it() {
    let mut storms = Storms::default();
    let digest = said(list(&mut storms, &incident(0, 0), 0));
    assert_eq!(list(&mut storms, &incident(1, 0), 0), Telling::Wait);
    assert_eq!(list(&mut storms, &incident(2, 0), 0), Telling::Wait);
    storms.told(&incident(0, 0).id, message(), &digest);
    // What came meanwhile is shown together, by one of them.
    let digest = said(list(&mut storms, &incident(1, 0), 2));
    assert_eq!(digest.lines.len(), 3);
    assert_eq!(list(&mut storms, &incident(2, 0), 2), Telling::Wait);
    storms.told(&incident(1, 0).id, message(), &digest);
    for n in 0..3 {
        assert_eq!(list(&mut storms, &incident(n, 0), 3), Telling::Done);
    }
}

#[test]
fn whoever_dies_while_posting_is_replaced_after_a_while() {
    let mut storms = Storms::default();
    said(list(&mut storms, &incident(0, 0), 0));
    assert_eq!(list(&mut storms, &incident(1, 0), 59), Telling::Wait);
    assert_eq!(said(list(&mut storms, &incident(1, 0), 60)).lines.len(), 2);
}

#[test]
fn a_message_that_is_gone_is_posted_anew() {
    let mut storms = Storms::default();
    let digest = said(list(&mut storms, &incident(0, 0), 0));
    storms.told(&incident(0, 0).id, message(), &digest);
    storms.not_told(&incident(0, 0).id, true);
    assert!(matches!(list(&mut storms, &incident(0, 0), 1), Telling::Say { message: None, .. }));
}

#[test]
fn a_storm_is_over_when_nothing_comes_for_a_while_and_the_next_has_a_message_of_its_own() {
    let (mut storms, rule) = (Storms::default(), StormRule::default());
    let first = said(list(&mut storms, &incident(0, 0), 0));
    storms.told(&incident(0, 0).id, message(), &first);
    assert!(storms.take(&incident(1, 120), &rule));
    assert!(!storms.take(&incident(2, 300), &rule));
    assert!(storms.take(&incident(0, 0), &rule), "what is listed stays listed");
    let second = said(list(&mut storms, &incident(2, 300), 300));
    assert_eq!((second.lines.len(), second.message), (1, None));
}

#[test]
fn a_slow_worker_does_not_put_an_old_state_over_a_new_one() {
    let mut storms = Storms::default();
    let old = incident(0, 0);
    let mut new = old.clone();
    new.state = crate::incident::State::Failed { why: "no".to_owned() };
    new.conversations[0].wanted = old.conversations[0].wanted + 1;
    said(list(&mut storms, &new, 0));
    assert_eq!(list(&mut storms, &old, 1), Telling::Wait);
    storms.not_told(&old.id, false);
    assert_eq!(said(list(&mut storms, &old, 2)).lines[0].status, "Failed");
}

#[test]
fn a_channel_does_not_keep_digests_for_ever() {
    let mut storms = Storms::default();
    for n in 0..20 {
        let at = i64::try_from(n).unwrap() * 1000;
        said(list(&mut storms, &incident(n, at), at));
    }
    assert_eq!(storms.0.len(), DIGESTS_AT_MOST);
}
