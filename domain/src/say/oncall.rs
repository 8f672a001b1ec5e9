//! What whoever is on call is told, in the thread of the incident's message.

use crate::card::{Card, Group, Text, Tone};
use crate::incident::{Incident, State};

/// Nobody decided about a fix for a while.
#[must_use]
pub fn undecided(incident: &Incident, group: &Group) -> Card {
    let lead = Text::new().group(group).say(": a fix for ").code(incident.gateway.name());
    let lead = match &incident.state {
        State::Proposed(offer) => lead
            .say(" has waited for a decision since ")
            .time(offer.offered_at)
            .say(". The message above has its buttons, until ")
            .time(offer.expires_at)
            .say("."),
        _ => lead.say(" waits for a decision. The message above has its buttons."),
    };
    Card::new(Tone::Attention, "Nobody has decided", incident.gateway.name().as_str(), lead)
}

/// The bot came to its end, and the gateway is not known to be well.
#[must_use]
pub fn failed_to_mend(incident: &Incident, group: &Group) -> Card {
    let lead = Text::new()
        .group(group)
        .say(": I could not mend ")
        .code(incident.gateway.name())
        .say(", and a person is needed. The message above says what was done and what is known.");
    Card::new(Tone::Trouble, "A person is needed", incident.gateway.name().as_str(), lead)
}
