//! What people are told about silence that somebody asked for.

use jiff::Timestamp;

use super::replies::elsewhere;
use crate::approval::Refusal;
use crate::card::{Card, Text, Tone};
use crate::id::GatewayId;
use crate::incident::Incident;
use crate::request::Person;
use crate::say;
use crate::snooze::Snooze;

/// An incident that waits for a snooze to be over.
pub(super) fn quiet(incident: &Incident, by: &Person, until: Timestamp) -> Card {
    let lead = Text::of("Snoozed by ").person(by).say(" until ").time(until);
    let lead = match incident.is_firing() {
        true => lead.say(". Alerts are counted, and shown then if they still fire. Nothing was read so far."),
        false => lead.say(". Its alerts have resolved, and nobody was told of them."),
    };
    let mut card = say::incident::card(incident, Tone::Neutral, "Snoozed", lead);
    if incident.is_open() {
        card.notes.push(now_instead(&incident.gateway));
    }
    card
}

/// The ways out.
fn now_instead(gateway: &GatewayId) -> Text {
    let name = gateway.name();
    Text::new()
        .code(format!("/agw diagnose {name}"))
        .say(" looks at it now; ")
        .code(format!("/agw snooze {name} off"))
        .say(" ends the silence.")
}

/// Alerts about a gateway are quiet from now on.
#[must_use]
pub fn snoozed(snooze: &Snooze) -> Card {
    let lead = Text::of("Alerts about ")
        .text(say::gateway(&snooze.gateway))
        .say(" are kept and counted, and nothing is posted, until ")
        .time(snooze.until)
        .say(". What still fires then is shown.");
    let mut card = Card::new(Tone::Neutral, "Snoozed", snooze.gateway.name().as_str(), lead);
    card.notes.push(now_instead(&snooze.gateway));
    card
}

/// They are shown again.
#[must_use]
pub fn snooze_ended(gateway: &GatewayId) -> Card {
    let lead = Text::of("Alerts about ").text(say::gateway(gateway)).say(" are shown again, from now on.");
    Card::new(Tone::Neutral, "Not snoozed", gateway.name().as_str(), lead)
}

/// There was nothing to end.
#[must_use]
pub fn not_snoozed(gateway: &GatewayId) -> Card {
    let lead = Text::of("Alerts about ").text(say::gateway(gateway)).say(" are not snoozed.");
    Card::new(Tone::Neutral, "Not snoozed", gateway.name().as_str(), lead)
}

/// Somebody may not decide what others hear of.
#[must_use]
pub fn snooze_refused(gateway: &GatewayId, refusal: &Refusal) -> Card {
    let lead = match refusal {
        Refusal::WrongChannel { instead } => Text::of("You may snooze alerts about ")
            .code(gateway.name())
            .say(", but not from here: ")
            .text(elsewhere(instead))
            .say(" (approval.channels in agw.toml)."),
        _ => Text::of("Only who may approve changes of ")
            .code(gateway.name())
            .say(" may snooze its alerts, and you are not on that list (approval.approvers in agw.toml)."),
    };
    Card::new(Tone::Attention, "Not done", gateway.name().as_str(), lead)
}

/// A snooze as a line of a list.
pub(super) fn line(snooze: &Snooze) -> Text {
    Text::of("Snoozed: ").text(say::gateway(&snooze.gateway)).text(since(snooze))
}

/// Who wanted it, and for how long.
pub(super) fn since(snooze: &Snooze) -> Text {
    Text::of(" until ").time(snooze.until).say(", by ").person(&snooze.by)
}
