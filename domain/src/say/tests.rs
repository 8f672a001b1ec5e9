use jiff::Timestamp;

use super::*;
use crate::approval::{Approver, Mode, PlanRef, Policy, Refusal};
use crate::card::Card;
use crate::command::{self, Command};
use crate::diagnosis::{Outcome, Overall, diagnose, paths};
use crate::evidence::fixture::{NO_CONNECTION, health, log_of};
use crate::evidence::{Evidence, Reading, Seen, Visit, WhyNot};
use crate::gateway::Gateway;
use crate::gateway::fixture::{ID, id, shop, shop_with};
use crate::health::Health;
use crate::id::Name;
use crate::incident::{Effect, Event, Incident, OnCall, Pending, Rules, Shown, State, Timing, step};
use crate::plan::{ProbeDefaults, ReadBack};
use crate::request::{Channel, Person, Platform, Press, ReplyTo};

mod answers;
mod code;
mod errand;
mod fixes;
mod home;
mod noise;
mod states;

fn now() -> Timestamp {
    "2026-11-22T03:04:05Z".parse().unwrap()
}

fn alex() -> Person {
    Person { platform: Platform::Slack, id: "U07ALEX001".to_owned(), name: Some("Alex".to_owned()) }
}

fn channel() -> Channel {
    Channel { platform: Platform::Slack, id: "C1".to_owned() }
}

fn from() -> ReplyTo {
    ReplyTo::new(alex(), channel(), None)
}

fn rules() -> Rules {
    let approvers = vec![Approver::Person { platform: Platform::Slack, id: alex().id }];
    let approval = Policy { approvers, ..Policy::default() };
    Rules {
        approval: approval.into(),
        probe: ProbeDefaults::default(),
        timing: Timing::default(),
        oncall: OnCall::default(),
    }
}

fn gateway() -> Gateway {
    shop_with(|_| {})
}

fn opened() -> Incident {
    let id = IncidentId::parse("INC-7K2F").unwrap();
    Incident::open(id, gateway().id().clone(), Some(alex()), vec![channel()], now())
}

/// Does the one effect of a kind, with this result.
fn done(incident: Incident, wanted: fn(&Effect) -> bool, event: Event) -> Incident {
    done_by(incident, wanted, event, &rules())
}

fn done_by(mut incident: Incident, wanted: fn(&Effect) -> bool, event: Event, rules: &Rules) -> Incident {
    let claimed = incident.claim(Timestamp::MAX, jiff::SignedDuration::ZERO);
    let pending: &Pending = claimed.iter().find(|pending| wanted(&pending.effect)).unwrap();
    incident.complete(pending, event, rules, now())
}

fn pressed(incident: Incident, verb: Verb) -> Incident {
    let plan = match &incident.state {
        State::Proposed(proposal) => PlanRef::Offer(proposal.id.clone()),
        _ => PlanRef::Unnamed,
    };
    step(incident, Event::Pressed(Press::new(verb, plan, from(), now())), &rules(), now())
}

fn visit(seen: Seen) -> Visit {
    Visit { listener: Name::new("shop"), url: "https://shop.example/".to_owned(), seen }
}

/// The web pool refuses `/`, and the health path answers with this status.
fn refused_by_servers(healthz: u16) -> Evidence {
    let log = log_of(403);
    let evidence =
        Evidence::healthy(gateway()).seen("web", "https", &[&log]).tried("web", "https", "/", &[&log]);
    let mut evidence = evidence.tried("web", "https", "/healthz", &[&log_of(healthz)]);
    evidence.visits = vec![visit(Seen::GatewayError { status: 502 })];
    evidence
}

fn diagnosed(evidence: &Evidence) -> Incident {
    let found = diagnose(evidence, &ProbeDefaults::default());
    done(opened(), |effect| *effect == Effect::Diagnose, Event::Diagnosed(Box::new(found)))
}

fn proposed() -> Incident {
    diagnosed(&refused_by_servers(200))
}

/// Two have to approve, and one has.
fn approved_in_part() -> Incident {
    let mut rules = rules();
    rules.approval.everywhere.approvals = 2;
    let proposed = approved_by_alex(proposed_by(&rules), &rules);
    assert!(matches!(&proposed.state, State::Proposed(offer) if offer.missing() == 1));
    proposed
}

/// The policy lets the bot only look.
fn observed() -> Incident {
    let mut rules = rules();
    rules.approval.everywhere.mode = Mode::Observe;
    proposed_by(&rules)
}

fn proposed_by(rules: &Rules) -> Incident {
    let found = diagnose(&refused_by_servers(200), &ProbeDefaults::default());
    let event = Event::Diagnosed(Box::new(found));
    done_by(opened(), |effect| *effect == Effect::Diagnose, event, rules)
}

/// Alex presses Approve.
fn approved_by_alex(incident: Incident, rules: &Rules) -> Incident {
    let State::Proposed(offer) = &incident.state else { panic!("nothing is on offer") };
    let plan = PlanRef::Offer(offer.id.clone());
    step(incident, Event::Pressed(Press::new(Verb::Approve, plan, from(), now())), rules, now())
}

fn approved() -> Incident {
    pressed(proposed(), Verb::Approve)
}

fn verifying(others: &[&str]) -> Incident {
    let applying = step(approved(), Event::Intended { before: Box::new(shop()) }, &rules(), now());
    let unexpected = others.iter().map(|pointer| crate::plan::Difference {
        pointer: (*pointer).to_owned(),
        before: None,
        after: None,
    });
    let back = ReadBack { applied: true, missing: Vec::new(), unexpected: unexpected.collect() };
    step(applying, Event::ReadBack(back), &rules(), now())
}

/// The servers after the write: those of the web pool say `log`, the others are well.
fn measured(log: &str, healthy: bool) -> Incident {
    let gateway = gateway();
    let found =
        health(&gateway, |pool, _| if *pool == Name::new("web") { log.to_owned() } else { log_of(200) });
    let event = Event::HealthRead {
        healthy: Ok(healthy),
        paths: paths(&gateway, &Reading::Read(found)),
        visits: vec![visit(Seen::Answer { status: if healthy { 200 } else { 502 } })],
    };
    let late = now() + jiff::SignedDuration::from_mins(10);
    step(verifying(&[]), event, &rules(), if healthy { now() } else { late })
}

fn every_state() -> Vec<Incident> {
    let fixed = measured(&log_of(200), true);
    let expired = step(proposed(), Event::OfferEnded, &rules(), now() + jiff::SignedDuration::from_mins(30));
    let undone = {
        let offered = pressed(fixed.clone(), Verb::Undo);
        let approved = pressed(offered, Verb::Approve);
        let applying = step(approved, Event::Intended { before: Box::new(shop()) }, &rules(), now());
        let back = ReadBack { applied: true, missing: Vec::new(), unexpected: Vec::new() };
        step(applying, Event::ReadBack(back), &rules(), now())
    };
    let mut unread = refused_by_servers(200);
    unread.health = Reading::NotRead(WhyNot::TooSlow { seconds: 60 });
    vec![
        opened(),
        proposed(),
        diagnosed(&refused_by_servers(404)),
        diagnosed(&unread),
        diagnosed(&Evidence::healthy(gateway())),
        diagnosed(&Evidence::healthy(gateway()).seen("api", "http", &[NO_CONNECTION, &log_of(200)])),
        approved_in_part(),
        observed(),
        pressed(proposed(), Verb::Reject),
        expired,
        approved(),
        step(approved(), Event::Voided { why: "somebody changed it".to_owned() }, &rules(), now()),
        step(approved(), Event::GaveUp { why: "The gateway could not be read.".to_owned() }, &rules(), now()),
        verifying(&["/tags/owner"]),
        fixed.clone(),
        pressed(fixed, Verb::Undo),
        measured(&log_of(500), false),
        undone,
    ]
}

/// What holds for every card.
fn check(card: &Card) {
    assert!(!card.status.is_empty() && !card.title.is_empty() && !card.lead.plain().is_empty());
    let texts = card.evidence.iter().chain(&card.notes).chain(&card.footer);
    let facts = card.facts.iter().inspect(|fact| assert!(!fact.label.is_empty())).map(|fact| &fact.value);
    for text in texts.chain(facts).chain([&card.lead]) {
        let plain = text.plain();
        assert!(!plain.trim().is_empty(), "something empty in {}", card.plain());
        assert!(!plain.contains("..") && !plain.contains("  ") && !plain.contains(" ."), "{plain}");
    }
    for action in &card.actions {
        assert!(!action.label.is_empty() && action.value.len() <= 100);
        let click: Click = action.value.parse().unwrap();
        assert_eq!(click.verb, action.verb);
        let (incident, code) = match command::parse(&action.command).unwrap() {
            Command::Approve { incident, code } => (incident, code),
            Command::Recheck { incident } => (incident, None),
            Command::Reject { incident, reason } | Command::Undo { incident, reason } => {
                assert_eq!(reason, None, "the command would say something that the button does not");
                (incident, None)
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(IncidentId::parse(&incident).unwrap(), click.incident);
        assert_eq!(code.is_some(), action.verb == Verb::Approve);
        assert!(action.verb != Verb::Approve || click.offer.is_some());
    }
}

#[test]
fn every_card_is_whole_and_every_button_has_its_command() {
    for state in every_state() {
        check(&incident(&state));
        details(&state).iter().chain(&history(&state)).chain(&code(&state)).for_each(check);
        check(&no_code(&state));
        for card in [
            open_already(&state),
            busy_writing(&state),
            decided_already(&state),
            nothing_to_undo(&state),
            closed_already(&state),
        ] {
            check(&card);
        }
        for refusal in every_refusal() {
            check(&refused(&state, &refusal));
        }
    }
}

fn every_refusal() -> Vec<Refusal> {
    let elsewhere = |ids: &[&str]| Refusal::WrongChannel {
        instead: ids.iter().map(|id| Channel { id: (*id).to_owned(), ..channel() }).collect(),
    };
    vec![
        Refusal::NotAnApprover,
        elsewhere(&["C2"]),
        elsewhere(&["C2", "C3"]),
        Refusal::OnlyObserving,
        Refusal::NoWriter,
        Refusal::AskedForIt,
        Refusal::Counted { at: now(), missing: 1 },
        Refusal::Counted { at: now(), missing: 2 },
        Refusal::OutsideWindow { opens: Some(now()) },
        Refusal::OutsideWindow { opens: None },
        Refusal::Expired { at: now() },
        Refusal::AnotherPlan,
        Refusal::WhichPlan,
    ]
}

#[test]
fn every_time_says_that_it_is_utc() {
    for state in every_state() {
        let plain = incident(&state).plain();
        assert_eq!(plain.matches("2026-11-22").count(), plain.matches("UTC").count(), "{plain}");
    }
}

#[test]
fn the_same_incident_gives_the_same_card() {
    for state in every_state() {
        assert_eq!(incident(&state), incident(&state.clone()));
    }
}

#[test]
fn a_card_survives_being_stored() {
    for state in every_state() {
        let card = incident(&state);
        assert_eq!(serde_json::from_str::<Card>(&serde_json::to_string(&card).unwrap()).unwrap(), card);
    }
}
