//! What the command line says.

use crate::card::{Card, Text, Tone};
use crate::cause::CATALOGUE;
use crate::diagnosis::{Diagnosis, Finding, Outcome, Verdict};
use crate::health::Symptom;
use crate::incident::{Incident, IncidentId, State};
use crate::plan::Plan;
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
            Text::of(mends(found, plan))
                .say(" Ask for it in chat with ")
                .code(format!("/agw diagnose {}", found.gateway.name()))
                .say(": there it has an Approve button, and can be undone."),
        ];
    }
    card
}

/// What a change would do about what was found.
fn mends(found: &Diagnosis, plan: &Plan) -> &'static str {
    let beside = |finding: &Finding| {
        finding.verdict == Verdict::Confirmed
            && finding.setting.as_ref().is_none_or(|setting| !plan.settings().contains(setting))
    };
    match found.findings.iter().any(beside) {
        true => "This change would mend the first of it; the rest stays as it is.",
        false => "This change would mend it.",
    }
}

/// What a probe message means, the causes that can be behind it, and what would settle each.
#[must_use]
pub fn explained(symptom: &Symptom) -> Card {
    let (tone, lead) = match symptom {
        Symptom::Healthy { .. } => (Tone::Good, told(symptom)),
        Symptom::Unrecognised { .. } | Symptom::NotReported => {
            (Tone::Neutral, Text::of("This wording is not known, so nothing is concluded from it."))
        }
        _ => (Tone::Attention, told(symptom)),
    };
    let mut card = Card::new(tone, symptom.class(), "Probe message", lead);
    // An empty text is a report without words in a diagnosis, and nothing at all when somebody pasted it.
    let read = !matches!(symptom, Symptom::Unrecognised { .. } | Symptom::NotReported);
    let causes =
        CATALOGUE.iter().filter(|_| read).filter_map(|cause| Some((cause, cause.explains(symptom)?)));
    card.evidence = causes
        .map(|(cause, settles)| {
            Text::of("Can be ").code(cause.id()).say(format!(": {} Settled by: {settles}", cause.about()))
        })
        .collect();
    card.notes.push(Text::of(settles(symptom)));
    card
}

fn told(symptom: &Symptom) -> Text {
    match symptom {
        // They are about the gateway or a pool, and not about one server.
        Symptom::StatusUnavailable => Text::of("The gateway has no health data about its servers."),
        Symptom::NoHealthyServer => Text::of("The pool has no healthy server."),
        _ => Text::of(format!("The server {}.", symptom.in_words())),
    }
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
            "Paste the whole message as the portal shows it under Backend health, or ask for a diagnosis of the gateway."
        }
        _ => "Look at the certificate chain that the server presents: names, dates, order and issuer.",
    }
}
