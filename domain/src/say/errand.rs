//! What people are told about something to set up.

use crate::approval::{Proposal, Purpose};
use crate::card::{Card, Text, Tone};
use crate::command::Command;
use crate::gateway::json;
use crate::incident::{Done, Errand, Incident};
use crate::plan::{Beside, FixKind, Plan};
use crate::say;
use crate::say::offer::decided;

/// What is being looked at before anything is offered.
pub(super) fn surveying(errand: Errand) -> Text {
    Text::of(match errand {
        Errand::Logs => "Reading where the gateway's logs go.",
        Errand::Alerts => "Reading which metric alerts watch the gateway.",
    })
}

/// Nothing is missing.
#[must_use]
pub fn all_set_up(errand: Errand) -> &'static str {
    match errand {
        Errand::Logs => "the workspace gets all of these logs already",
        Errand::Alerts => "every metric of the baseline has its alert already",
    }
}

/// Nothing is offered, and why.
pub(super) fn declined(incident: &Incident, why: &str) -> Card {
    let why = why.trim().trim_end_matches('.');
    let lead = Text::of(format!("Nothing was set up: {why}."));
    Card::new(Tone::Neutral, "Nothing set up", incident.gateway.name().as_str(), lead)
}

/// What a plan of this kind sets up, as the lead of its offer.
pub(super) fn offered(proposal: &Proposal) -> Text {
    let plan = &proposal.plan;
    let names: Vec<&str> = plan.beside().iter().map(Beside::name).collect();
    match plan.kind() {
        FixKind::Alerts => Text::of(format!("{} missing: ", say::count(names.len(), "metric alert")))
            .codes(names)
            .say(". They tell the action group ")
            .code(target(plan))
            .say("."),
        _ => Text::of("Logs that nobody keeps so far would go to the workspace ")
            .code(target(plan))
            .say(", each to a table of its own: ")
            .codes(categories(plan))
            .say("."),
    }
}

/// What to know before approving.
pub(super) fn promise(incident: &Incident, proposal: &Proposal) -> Vec<Text> {
    let plan = &proposal.plan;
    if proposal.purpose == Purpose::Undo {
        let gateway = say::gateway(&incident.gateway);
        let lead = Text::of("Approve deletes what was set up beside ").text(gateway);
        return vec![lead.say(", if it is still as it was left. The gateway itself stays as it is.")];
    }
    // Microsoft, "Azure Monitor pricing": logs by the amount taken in, metric alerts by the time series watched.
    let cost = match plan.kind() {
        FixKind::Alerts => {
            "Azure charges for each time series that an alert watches. Alerts in other resource groups than the gateway's were not looked at."
        }
        _ => {
            "Azure charges for the logs that it takes in: busy gateways write a lot. They show after 15 to 20 minutes."
        }
    };
    let gateway = say::gateway(&incident.gateway);
    vec![
        Text::of("Approve writes this beside ").text(gateway).say(
            ", after reading it once more. The gateway itself stays as it is, and Undo deletes it again.",
        ),
        Text::of(cost),
    ]
}

/// It is there.
pub(super) fn done(incident: &Incident, done: &Done) -> Card {
    let plan = done.approved.plan();
    let lead = match plan.kind() {
        FixKind::Alerts => Text::of(format!("{} there now, and ", are(plan.beside().len())))
            .say("tell the action group ")
            .code(target(plan))
            .say("."),
        _ => Text::of("The logs ")
            .codes(categories(plan))
            .say(" go to the workspace ")
            .code(target(plan))
            .say(" now. The first lines show after 15 to 20 minutes."),
    };
    let mut card = Card::new(Tone::Good, "Set up", incident.gateway.name().as_str(), lead);
    card.facts.push(decided(&done.approved));
    card.diff = plan.preview();
    card
}

fn are(alerts: usize) -> String {
    let verb = if alerts == 1 { "is" } else { "are" };
    format!("{} {verb}", say::count(alerts, "metric alert"))
}

/// The name of the workspace or action group that a plan names.
fn target(plan: &Plan) -> String {
    let first = plan.beside().iter().find_map(|beside| beside.after.as_ref().or(beside.before.as_ref()));
    let own = first.map(json::properties);
    let workspace = own.and_then(|own| json::text(own, "workspaceId"));
    let group = || json::text(json::list(own?, "actions").next()?, "actionGroupId");
    workspace.or_else(group).and_then(|id| id.rsplit('/').next()).unwrap_or_default().to_owned()
}

fn categories(plan: &Plan) -> Vec<String> {
    let bodies = plan.beside().iter().filter_map(|beside| beside.after.as_ref().or(beside.before.as_ref()));
    let logs = bodies.flat_map(|body| json::list(json::properties(body), "logs"));
    logs.filter_map(|log| json::text(log, "category")).map(str::to_owned).collect()
}

/// The gateway has trouble, or something else to be set up: that is to be seen to first.
#[must_use]
pub fn errand_must_wait(command: &Command, open: &Incident) -> Card {
    let lead = Text::new()
        .code(&open.id)
        .say(" is open for ")
        .text(say::gateway(&open.gateway))
        .say(". See to it first, and then ask for ")
        .code(format!("/agw {command}"))
        .say(" again.");
    Card::new(Tone::Attention, "Not now", open.gateway.name().as_str(), lead)
}
