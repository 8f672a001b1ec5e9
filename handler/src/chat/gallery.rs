//! Every kind of card that the bot posts, made by the domain itself: what the renderers are held against, and what
//! `cargo xtask cards` writes. A new card is one line here.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "made of fixed texts alone, and a test makes all of them"
)]

use domain::alert::TestAlert;
use domain::approval::Refusal;
use domain::card::{Card, Verb};
use domain::command;
use domain::dead_letter::{About, DeadLetter};
use domain::evidence::{Reading, WhyNot};
use domain::id::Name;
use domain::incident::{Errand, Event, IncidentId};
use domain::plan::Fix;
use domain::request::{Channel, Platform};
use domain::say;

use stage::{Stage, at, gateway_id, minutes};

mod others;
mod stage;

/// A card, and what it is called: a file's name without its ending.
#[derive(Debug, Clone)]
pub struct Shown {
    /// Its name, such as `incident-fixed`.
    pub name: String,
    /// The card.
    pub card: Card,
}

fn shown(name: &str, card: Card) -> Shown {
    Shown { name: name.to_owned(), card }
}

/// All of them, as they are posted on a platform.
#[must_use]
pub fn cards(platform: Platform) -> Vec<Shown> {
    let stage = Stage::on(platform);
    let ours = [incidents, fixes, errands, beside, answers, refusals];
    let ours = ours.iter().flat_map(|cards| cards(&stage));
    ours.chain([shown("written-by-others", others::card())]).collect()
}

/// The message of an incident, state by state.
fn incidents(stage: &Stage) -> Vec<Shown> {
    let proposed = stage.proposed();
    let approved = stage.pressed(proposed.clone(), Verb::Approve);
    let fixed = stage.fixed();
    let undo = stage.pressed(fixed.clone(), Verb::Undo);
    let mut unread = stage.refused(200);
    unread.health = Reading::NotRead(WhyNot::TooSlow { seconds: 60 });
    let shown = |name: &str, incident| shown(&format!("incident-{name}"), say::incident(&incident));
    vec![
        shown("diagnosing", stage.opened()),
        shown("offered", proposed.clone()),
        shown("offered-half-approved", stage.half_approved()),
        shown("observed", stage.observed()),
        shown("add-endpoint", stage.diagnosed(&stage.refused(404))),
        shown("by-hand", stage.diagnosed(&stage.unreachable())),
        shown("unclear", stage.diagnosed(&unread)),
        shown("well", stage.diagnosed(&stage.well())),
        shown("rejected", stage.pressed(proposed.clone(), Verb::Reject)),
        shown("expired", stage.after(proposed, Event::OfferEnded, minutes(30))),
        shown("approved", approved.clone()),
        shown(
            "void",
            stage.next(approved.clone(), Event::Voided { why: "somebody changed the gateway".to_owned() }),
        ),
        shown(
            "failed",
            stage.next(approved, Event::GaveUp { why: "The gateway could not be read.".to_owned() }),
        ),
        shown("verifying", stage.verifying()),
        shown("fixed", fixed),
        shown("not-fixed", stage.not_fixed()),
        shown("undo-offered", undo.clone()),
        shown("undone", stage.written(undo)),
    ]
}

/// What is offered beside a health probe.
fn fixes(stage: &Stage) -> Vec<Shown> {
    let fixes = [
        Fix::UseProbe { probe: Name::new("status") },
        Fix::PickHost { probe_too: false },
        Fix::RaiseTimeout { timeout_s: 20 },
    ];
    let offers = fixes.iter().map(|fix| {
        let name = format!("fix-{}", fix.kind().as_str());
        shown(&name, say::incident(&stage.offer(fix)))
    });
    offers.collect()
}

/// What is set up on request.
fn errands(stage: &Stage) -> Vec<Shown> {
    let all = [("logs", Errand::Logs), ("alerts", Errand::Alerts)].map(|(name, errand)| {
        let offered = stage.errand(errand);
        let done = stage.written(offered.clone());
        [("offered", offered), ("done", done)]
            .map(|(state, incident)| shown(&format!("{name}-{state}"), say::incident(&incident)))
    });
    let locked = "the resource lock 'keep' forbids changing the gateway";
    let declined = stage.declined(Errand::Logs, locked);
    all.concat().into_iter().chain([shown("logs-declined", say::incident(&declined))]).collect()
}

/// What is posted below an incident's message, or asked for about it.
fn beside(stage: &Stage) -> Vec<Shown> {
    let (proposed, fixed) = (stage.proposed(), stage.fixed());
    let made = [
        ("details", say::details(&proposed)),
        ("history", say::history(&fixed)),
        ("code-offered", say::code(&proposed)),
        ("code-in-place", say::code(&fixed)),
    ];
    let made = made.map(|(name, card)| shown(name, card.expect("a card")));
    let trail = say::trail(&fixed.id, &fixed.gateway, &fixed.timeline);
    made.into_iter().chain([shown("audit", trail), shown("no-code", say::no_code(&stage.opened()))]).collect()
}

/// What commands are answered with.
fn answers(stage: &Stage) -> Vec<Shown> {
    let other = gateway_id("agw-blog");
    let open = [stage.proposed(), stage.opened_for("INC-0001", &other)];
    let known = [open[0].gateway.clone(), other];
    let dead = [DeadLetter {
        id: "800ae4b3".to_owned(),
        at: at(),
        about: About::Incident(open[0].id.clone()),
        what: say::incident_in_words(&open[0]),
        told: false,
    }];
    let test = TestAlert { rule: "test-metricAlertRule".to_owned() };
    let diagnose = command::parse("diagnose agw-shop").expect("a command");
    let mistyped = command::parse("diagnos agw-shop").expect_err("no command");
    vec![
        shown("help", say::help(None)),
        shown("acknowledged", say::acknowledged(&diagnose)),
        shown("not-understood", say::not_understood(&mistyped)),
        shown("click-not-understood", say::click_not_understood()),
        shown("not-accepted", say::not_accepted()),
        shown("gave-up", say::gave_up("no answer from Azure within 30 s")),
        shown("gateway-not-found", say::gateway_not_found("agw-shp", &known)),
        shown("gateway-ambiguous", say::ambiguous_gateway(&known)),
        shown("no-gateways", say::no_gateways()),
        shown("incident-not-found", say::incident_not_found("INC-0000")),
        shown("list", say::list(&open, &[], &[])),
        shown("list-quiet", say::list(&[], &[], &[])),
        shown("list-given-up", say::list(&[], &dead, &[])),
        shown("status", say::status(&known, &open, &[])),
        shown("dead-letter", say::dead_letter(&dead[0])),
        shown("test-alert", say::test_alert(&test, Some(2))),
    ]
}

/// What one person is told alone.
fn refusals(stage: &Stage) -> Vec<Shown> {
    let proposed = stage.proposed();
    let channel = |id: &str| Channel { platform: stage.platform(), id: id.to_owned() };
    let refusals = [
        ("not-an-approver", Refusal::NotAnApprover),
        (
            "wrong-channel",
            Refusal::WrongChannel { instead: vec![channel("C05OPS0001"), channel("C09OTHER02")] },
        ),
        ("only-observing", Refusal::OnlyObserving),
        ("no-writer", Refusal::NoWriter),
        ("asked-for-it", Refusal::AskedForIt),
        ("counted", Refusal::Counted { at: at(), missing: 1 }),
        ("outside-window", Refusal::OutsideWindow { opens: Some(at()) }),
        ("expired", Refusal::Expired { at: at() }),
        ("another-plan", Refusal::AnotherPlan),
        ("which-plan", Refusal::WhichPlan),
    ];
    let refused = refusals
        .iter()
        .map(|(name, refusal)| shown(&format!("refused-{name}"), say::refused(&proposed, refusal)));
    let approved = stage.pressed(proposed.clone(), Verb::Approve);
    let late = [
        ("open-already", say::open_already(&proposed)),
        ("busy-writing", say::busy_writing(&approved)),
        ("approved-already", say::decided_already(&approved)),
        ("rejected-already", say::decided_already(&stage.pressed(proposed.clone(), Verb::Reject))),
        ("nothing-to-undo", say::nothing_to_undo(&proposed)),
        ("closed-already", say::closed_already(&stage.fixed())),
    ];
    refused.chain(late.map(|(name, card)| shown(name, card))).collect()
}

/// The incident of every card here.
fn incident_id(id: &str) -> IncidentId {
    IncidentId::parse(id).expect("an incident's id")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_card_has_a_name_of_its_own_and_says_something() {
        for platform in [Platform::Slack, Platform::Teams, Platform::Discord, Platform::Console] {
            let cards = cards(platform);
            let names: HashSet<&str> = cards.iter().map(|shown| shown.name.as_str()).collect();
            assert_eq!(names.len(), cards.len(), "{names:?}");
            for Shown { name, card } in &cards {
                assert!(!card.lead.is_empty() && !card.status.is_empty(), "{name}");
            }
        }
    }

    #[test]
    fn the_fix_is_offered_with_two_buttons_and_can_be_taken_back() {
        let all = cards(Platform::Slack);
        let buttons = |name: &str| {
            let found = all.iter().find(|shown| shown.name == name).expect("a card");
            found.card.actions.iter().map(|action| action.label.clone()).collect::<Vec<_>>()
        };
        assert_eq!(buttons("incident-offered"), ["Approve", "Reject"]);
        assert_eq!(buttons("incident-fixed"), ["Undo"]);
        assert_eq!(buttons("fix-raise-timeout"), ["Approve", "Reject"]);
    }
}
