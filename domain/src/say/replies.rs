//! Answers to one person alone.

use crate::approval::{Purpose, Refusal};
use crate::card::{Card, Confirm, Question, Text, Tone};
use crate::incident::{Incident, IncidentId, State};
use crate::request::{Channel, Person};
use crate::say::NO_WRITER;

fn reply(incident: &Incident, tone: Tone, status: &str, lead: Text) -> Card {
    Card::new(tone, status, incident.id.to_string(), lead)
}

/// Somebody asked for a diagnosis where the incident is shown already.
#[must_use]
pub fn open_already(incident: &Incident) -> Card {
    let lead = if incident.is_writing() {
        Text::of("A change to ")
            .code(incident.gateway.name())
            .say(" is being made; its message here shows how it goes.")
    } else if let State::Proposed(_) = &incident.state {
        Text::of("There is an open incident for ")
            .code(incident.gateway.name())
            .say(", and its message here offers a fix. To read the gateway again: ")
            .code(format!("/agw recheck {}", incident.id))
            .say(".")
    } else {
        Text::of("There is an open incident for ")
            .code(incident.gateway.name())
            .say(". The gateway is read again, and its message here is updated.")
    };
    reply(incident, Tone::Neutral, "Open already", lead)
}

/// Somebody wants something that has to wait for the write.
#[must_use]
pub fn busy_writing(incident: &Incident) -> Card {
    let lead = Text::of("A change is being made. Its result will be shown in the incident's message.");
    reply(incident, Tone::Neutral, "Busy", lead)
}

/// Somebody wants something of an incident that is closed.
#[must_use]
pub fn closed_already(incident: &Incident) -> Card {
    let lead = Text::of("This incident is closed. ")
        .code(format!("/agw diagnose {}", incident.gateway.name()))
        .say(" looks at the gateway as it is now.");
    reply(incident, Tone::Neutral, "Closed", lead)
}

/// Somebody decided about a plan that is not on offer any more.
#[must_use]
pub fn decided_already(incident: &Incident) -> Card {
    let lead = match &incident.state {
        State::Rejected { by, at, .. } => {
            Text::of("The plan was rejected by ").person(by).say(" at ").time(*at).say(".")
        }
        State::Expired { at } => {
            Text::of("The offer expired at ").time(*at).say(". Re-check to get a new one.")
        }
        State::Failed { .. } if incident.is_open() => {
            Text::of("There is no plan on offer. Re-check to get one.")
        }
        State::Diagnosing | State::Superseded { .. } => Text::of(
            "The gateway is being read again, and no plan is on offer. Wait for the message to change, then decide.",
        ),
        _ => match incident.approved() {
            Some(approved) => Text::of("Already approved by ")
                .people(approved.by())
                .say(" at ")
                .time(approved.at())
                .say("."),
            None => Text::of("There is no plan on offer."),
        },
    };
    reply(incident, Tone::Neutral, "Decided already", lead)
}

/// Somebody wants to undo, and there is nothing.
#[must_use]
pub fn nothing_to_undo(incident: &Incident) -> Card {
    let lead = match &incident.state {
        State::Proposed(proposal) if proposal.purpose == Purpose::Undo => {
            Text::of("The way back is on offer already: approve it in the incident's message.")
        }
        _ if incident.is_writing() => {
            Text::of("A change is being made. Undo is possible once its result is known.")
        }
        _ if incident.in_place.is_some() => Text::of(
            "The gateway is being looked at. Wait for the result, or decide about the plan on offer; then undo.",
        ),
        _ => Text::of("There is no change of this incident to take back."),
    };
    reply(incident, Tone::Neutral, "Nothing to undo", lead)
}

/// Somebody pressed Approve, where the platform asks a second time by a message of its own.
#[must_use]
pub fn sure_to_approve(incident: &IncidentId) -> Confirm {
    Confirm {
        title: "Write the change?".to_owned(),
        body: format!("The plan that the message of {incident} shows is written once, as it is shown there."),
        yes: "Write it".to_owned(),
        no: "Back".to_owned(),
    }
}

/// Somebody pressed Undo, and may say why.
#[must_use]
pub fn why_undo(incident: &IncidentId) -> Question {
    let lead = Text::of("The way back of ").code(incident).say(
        " is put on offer in the incident's message. Nothing is written before somebody approves it there.",
    );
    Question {
        title: "Undo the change?".to_owned(),
        lead,
        label: "Reason".to_owned(),
        hint: "It is shown in the message and kept in the audit trail.".to_owned(),
        yes: "Offer the undo".to_owned(),
        no: "Back".to_owned(),
    }
}

/// Somebody may not do what they tried, or not that way.
#[must_use]
pub fn refused(incident: &Incident, refusal: &Refusal) -> Card {
    let lead = match refusal {
        Refusal::NotAnApprover => Text::of("You are not on the list of approvers for ")
            .code(incident.gateway.name())
            .say(". The list is approval.approvers in agw.toml. Nothing was changed."),
        Refusal::WrongChannel { instead } => Text::of("You may decide about ")
            .code(incident.gateway.name())
            .say(", but not from here: ")
            .text(elsewhere(instead))
            .say(" (approval.channels in agw.toml). Nothing was changed."),
        Refusal::OnlyObserving => Text::of("You may decide about ").code(incident.gateway.name()).say(
            ", but I may not write to it: approval.mode in agw.toml is \"observe\". Nothing was changed.",
        ),
        Refusal::NoWriter => Text::of("You may decide about ")
            .code(incident.gateway.name())
            .say(format!(", but I may not write to it: {NO_WRITER}. Nothing was changed.")),
        Refusal::Counted { at, missing } => Text::of("You approved this plan at ")
            .time(*at)
            .say(format!("; that counts once. It takes {} more.", people(*missing))),
        Refusal::OutsideWindow { opens } => {
            let closed = Text::of("No change window is open for ").code(incident.gateway.name());
            let closed = match opens {
                Some(opens) => closed.say("; the next one opens at ").time(*opens).say("."),
                None => closed.say("."),
            };
            closed.say(" Nothing was written. The windows are approval.windows in agw.toml.")
        }
        Refusal::AskedForIt => Text::of(
            "You asked for this, and the policy wants somebody else to approve it. Nothing was written.",
        ),
        Refusal::Expired { at } => Text::of("The offer expired at ")
            .time(*at)
            .say("; nothing was written. Re-check to get a new one."),
        Refusal::AnotherPlan => Text::of(
            "The plan on offer is not the one you named. Look at the incident's message again, then decide.",
        ),
        Refusal::WhichPlan => which_plan(incident),
    };
    reply(incident, Tone::Attention, "Not done", lead)
}

/// Somebody is to be answered alone, and their platform does not let the bot do that. Everybody reads this, so it
/// says nothing of the answer.
#[must_use]
pub fn not_in_private(person: &Person) -> Card {
    let lead = Text::of("I have an answer for ").person(person).say(
        " alone, and may not write to them: add me for yourself in the Apps of Teams, and ask or press again.",
    );
    Card::new(Tone::Attention, "Not delivered", "agw", lead)
}

pub(super) fn elsewhere(channels: &[Channel]) -> Text {
    let text = Text::of(if channels.len() == 1 { "use the channel " } else { "use one of the channels " });
    channels.iter().enumerate().fold(text, |text, (index, channel)| {
        let text = if index == 0 { text } else { text.say(", ") };
        text.code(&channel.id).say(format!(" in {}", channel.platform))
    })
}

/// `one person`, `2 people`.
fn people(number: u32) -> String {
    if number == 1 { "one person".to_owned() } else { format!("{number} people") }
}

fn which_plan(incident: &Incident) -> Text {
    match &incident.state {
        State::Proposed(proposal) => Text::of("Say which plan: ")
            .code(format!("/agw approve {} {}", incident.id, proposal.plan.hash().short()))
            .say("."),
        _ => Text::of("Say which plan: its code stands in the incident's message."),
    }
}
