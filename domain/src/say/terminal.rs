//! What the command line says.

use crate::card::{Card, Text, Tone};
use crate::diagnosis::{Diagnosis, Outcome};
use crate::health::Symptom;
use crate::incident::{Incident, IncidentId, State};
use crate::request::RequestId;
use crate::say;

/// A diagnosis that nobody keeps: the incident's message, without what only an incident has.
#[must_use]
pub fn diagnosis(found: &Diagnosis) -> Card {
    let id = IncidentId::of(&RequestId::of(&["terminal"]), 0);
    let mut incident = Incident::open(id, found.gateway.clone(), None, Vec::new(), found.at);
    incident.state = State::Explained;
    incident.diagnosis = Some(found.clone());
    let mut card = say::incident(&incident);
    card.actions.clear();
    card.footer = vec![Text::of("Read at ").time(found.at).say("; nothing was changed.")];
    if let Outcome::Offer(plan) = &found.outcome {
        card.diff = plan.preview();
        card.notes = vec![
            Text::of("This change would mend it. Ask for it in chat with ")
                .code(format!("/agw diagnose {}", found.gateway.name()))
                .say(": there it has an Approve button, and can be undone."),
        ];
    }
    card
}

/// What a probe message means, and what would settle the cause.
#[must_use]
pub fn explained(symptom: &Symptom) -> Card {
    let tone = if symptom.is_healthy() { Tone::Good } else { Tone::Attention };
    let lead = Text::of(format!("The server {}.", symptom.in_words()));
    let mut card = Card::new(tone, symptom.slug(), "Probe message", lead);
    card.notes.push(Text::of(settles(symptom)));
    card
}

/// What to look at next: the words alone never decide a cause.
fn settles(symptom: &Symptom) -> &'static str {
    match symptom {
        Symptom::Healthy { .. } => {
            "The latest probe succeeded. A redirect to a sign-in page counts as success too."
        }
        Symptom::StatusMismatch { .. } => {
            "Look at what the probed path answers, and whether a path without a login answers 200: agw diagnose tries both through the gateway."
        }
        Symptom::BodyMismatch { .. } => "Compare the answer's body with the text that the probe expects.",
        Symptom::Timeout => {
            "Find out first whether the server can be reached at all; only then whether it is slow."
        }
        Symptom::CannotConnect => {
            "A closed port, a network security group, a route, a missing peering and DNS all look like this. Connect to the port from a machine in the gateway's network."
        }
        Symptom::Dns => {
            "Resolve the server's name from the gateway's network: its DNS servers, private zones and their links decide."
        }
        Symptom::ProxyProtocol => "The server must accept the PROXY header that the probe sends.",
        Symptom::StatusUnavailable => {
            "Azure cannot reach the gateway's own status ports: look at the network security group and routes of its subnet, and at the DNS names in the pool."
        }
        Symptom::NoHealthyServer => "Read the backend health: each server has its own reason there.",
        Symptom::Unrecognised { .. } | Symptom::NotReported => {
            "This wording is not known. Read the backend health of the gateway."
        }
        _ => "Look at the certificate chain that the server presents: names, dates, order and issuer.",
    }
}
