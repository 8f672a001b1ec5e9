//! What the bot says about wake-ups that it had to give up, and about audit trails.

use crate::card::{Card, Text, Tone, Verb};
use crate::dead_letter::{About, DeadLetter};
use crate::id::GatewayId;
use crate::incident::{Actor, Entry, Incident, IncidentId};
use crate::request::{Ask, Request};

/// A request in words: what was given up is told to people who may not have sent it.
#[must_use]
pub fn request_in_words(request: &Request) -> String {
    match &request.ask {
        Ask::Command { command, from } => format!("the command /agw {command} of {}", from.person.shown()),
        Ask::Typed { from, .. } => format!("what {} typed", from.person.shown()),
        Ask::Home { person } => format!("the home tab of {}", person.shown()),
        Ask::Click { click, from, .. } => {
            let button = match click.verb {
                Verb::Approve => "Approve",
                Verb::Reject => "Reject",
                Verb::Recheck => "Re-check",
                Verb::Undo => "Undo",
            };
            format!("the press of {button} on {} by {}", click.incident, from.person.shown())
        }
        Ask::TestAlert { test, .. } => format!("the test alert {}", test.rule),
        Ask::Alert(alert) => {
            let gateways: Vec<String> = alert.gateways.iter().map(|id| id.name().to_string()).collect();
            format!("the alert {} about {}", alert.rule, gateways.join(", "))
        }
    }
}

/// An incident in words.
#[must_use]
pub fn incident_in_words(incident: &Incident) -> String {
    format!("what is due in {} about {}", incident.id, incident.gateway.name())
}

/// A message in the queue that no program of ours wrote.
#[must_use]
pub fn unreadable_in_words() -> String {
    "a message in the bot's queue that the bot did not write".to_owned()
}

/// Something was tried again and again, and given up.
#[must_use]
pub fn dead_letter(letter: &DeadLetter) -> Card {
    let lead = Text::of(format!("I tried several times and gave up on {}.", letter.what));
    let mut card = Card::new(Tone::Trouble, "Dead letter", "agw", lead);
    card.notes.push(match &letter.about {
        About::Request(_) => {
            let after = Text::of("Nothing came of it. Send it again; after an alert, ");
            after.code("/agw diagnose").say(" and the gateway's name do the same.")
        }
        About::Incident(id) => Text::of("The incident is kept, and I go on trying. To see how far it is: ")
            .code(format!("/agw show {id}"))
            .say("."),
        About::Unreadable => {
            Text::of("Nothing was lost. Find out who else can write to the storage account of this bot.")
        }
    });
    card.notes
        .push(Text::of("The log says why it failed; search it for this id: ").code(&letter.id).say("."));
    card.footer.push(
        Text::of("Given up at ").time(letter.at).say("; ").code("/agw list").say(" shows it for 7 days."),
    );
    card
}

/// A line of a list.
pub(super) fn line(letter: &DeadLetter) -> Text {
    Text::new().bold("Dead letter").say(format!(": {}, given up at ", letter.what)).time(letter.at)
}

/// Everything that ever happened to an incident.
#[must_use]
pub fn trail(id: &IncidentId, gateway: &GatewayId, entries: &[Entry]) -> Card {
    let lead = Text::of("Audit trail of the incident about ").text(super::gateway(gateway)).say(", in UTC.");
    let mut card = Card::new(Tone::Neutral, "Audit", id.to_string(), lead);
    card.evidence = entries.iter().map(deed).collect();
    card
}

/// What happened, and by whom, from where, with which plan.
fn deed(entry: &Entry) -> Text {
    let text = Text::new().time(entry.at).say(" ").say(&entry.what);
    let text = match &entry.by {
        None => text,
        Some(Actor { person, channel, message }) => {
            let text = text.say(" · ").code(&person.id).say(format!(" of {}, channel ", channel.platform));
            let text = text.code(&channel.id);
            message.as_ref().map_or_else(|| text.clone(), |id| text.clone().say(", message ").code(id))
        }
    };
    entry.plan.as_ref().map_or_else(|| text.clone(), |plan| text.clone().say(" · plan ").code(plan))
}
