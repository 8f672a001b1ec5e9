//! The change of an incident as code, so that the next deployment keeps it.

use crate::card::{Card, Snippet, Text, Tone};
use crate::incident::{Incident, State};
use crate::keep::{self, Language};
use crate::plan::Plan;

/// The most characters that every platform shows of one snippet without shortening it.
const LONGEST: usize = 2200;

/// The change of an incident as code: what is in place or on offer, or the way back that was taken. None if
/// there is no change.
#[must_use]
pub fn code(incident: &Incident) -> Option<Card> {
    let (plan, lead) = change(incident)?;
    let status = if plan.is_undo() { "Undo it in code" } else { "Keep it in code" };
    let mut card = Card::new(Tone::Neutral, status, incident.gateway.name().as_str(), Text::of(lead));
    card.link = Some(incident.gateway.resource().portal_url());
    card.snippets = Language::ALL.iter().flat_map(|language| snippets(plan, *language)).collect();
    let alone = Text::new().code(format!("agw code {} --as bicep", incident.id));
    card.notes.push(alone.say(" prints one of them alone, in a terminal."));
    card.footer.push(Text::new().code(&incident.id));
    Some(card)
}

/// The plan that [`code`] is about.
#[must_use]
pub fn code_of(incident: &Incident) -> Option<&Plan> {
    change(incident).map(|(plan, _)| plan)
}

/// Somebody wants the change of an incident as code, and there is none.
#[must_use]
pub fn no_code(incident: &Incident) -> Card {
    let lead = Text::of("There is no change of this incident to put into code.");
    Card::new(Tone::Neutral, "No change", incident.id.to_string(), lead)
}

/// The plan that the code is for, and why it is shown.
fn change(incident: &Incident) -> Option<(&Plan, &'static str)> {
    if let State::Undone(done) = &incident.state {
        let lead = "The change was taken back. If your code has it already, its next deployment would make it again. The way back, for your code:";
        return Some((done.approved.plan(), lead));
    }
    if let Some(done) = &incident.in_place {
        let lead =
            "The next deployment of this gateway would take the change back. The same change for your code:";
        return Some((done.approved.plan(), lead));
    }
    if let Some(approved) = incident.approved() {
        return Some((approved.plan(), "The change is being written. The same change for your code:"));
    }
    match &incident.state {
        State::Proposed(proposal) => {
            Some((&proposal.plan, "Nothing is written yet. The change on offer, for your code:"))
        }
        _ => None,
    }
}

/// A text in one language, in as few parts as can be shown whole.
fn snippets(plan: &Plan, language: Language) -> Vec<Snippet> {
    let parts = parts(&keep::pieces(plan, language));
    let all = parts.len();
    let label = |number| match all {
        0 | 1 => language.label().to_owned(),
        _ => format!("{}, part {number} of {all}", language.label()),
    };
    (1..).zip(parts).map(|(number, code)| Snippet { label: label(number), code }).collect()
}

fn parts(pieces: &[String]) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for piece in pieces {
        match parts.last_mut() {
            Some(part) if part.chars().count() + piece.chars().count() < LONGEST => {
                part.push('\n');
                part.push_str(piece);
            }
            _ => parts.push(piece.clone()),
        }
    }
    parts
}
