//! What goes into the thread of an incident's message.

use crate::card::{Card, Fact, Text, Tone};
use crate::diagnosis::{Diagnosis, Outcome};
use crate::incident::{Incident, State};
use crate::say::servers::server_lines;
use crate::say::snippets;

/// The details of an incident's diagnosis, for the thread.
#[must_use]
pub fn details(incident: &Incident) -> Option<Card> {
    incident.diagnosis.as_ref().map(in_full)
}

/// A diagnosis in full, even where the message had to be shortened: each finding with its evidence, each server
/// in the gateway's own words, and what was not seen.
#[must_use]
pub fn in_full(found: &Diagnosis) -> Card {
    let lead = Text::of("What was read at ").time(found.at).say(", way by way.");
    let mut card = Card::new(Tone::Neutral, "Details", found.gateway.name().as_str(), lead);
    for path in &found.paths {
        let way =
            format!("{} → {} → {} ({}) → {}", path.listener, path.rule, path.setting, path.probe, path.pool);
        card.facts.push(Fact::new("Way", Text::of(way)));
    }
    for finding in &found.findings {
        let mut line = Text::of(sentence_case(finding.verdict.in_words())).say(", ").code(&finding.cause);
        if let Some(setting) = &finding.setting {
            line = line.say(" (HTTP setting ").code(setting).say(")");
        }
        card.evidence.push(line.say(": ").text(finding.sentence.clone()));
        card.evidence.extend(finding.evidence.iter().cloned());
    }
    card.evidence.extend(server_lines(&found.paths));
    if let Outcome::AddEndpoint { path, .. } = &found.outcome {
        card.snippets = snippets::endpoint(path);
    }
    card.evidence.extend(found.gaps.iter().map(|gap| Text::of(format!("Not seen: {gap}"))));
    card
}

fn sentence_case(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// So many servers that the message may have no room for them all.
const MANY: usize = 12;

/// Each server as it was measured after the write, where there are many.
fn measured(incident: &Incident) -> Vec<Text> {
    let (State::Fixed(done) | State::NotFixed(done)) = &incident.state else { return Vec::new() };
    let lines = server_lines(&done.paths);
    if lines.len() > MANY { lines } else { Vec::new() }
}

/// What happened, for the thread, and what keeps it from happening again.
#[must_use]
pub fn history(incident: &Incident) -> Option<Card> {
    let done = incident.approved()?;
    let mut card =
        Card::new(Tone::Neutral, "History", incident.id.to_string(), Text::of("What happened, in UTC."));
    let entries = incident.timeline.iter().filter(|entry| !entry.refused);
    card.evidence = entries.map(|entry| Text::new().time(entry.at).say(" ").say(&entry.what)).collect();
    for planned in done.plan().probes() {
        let probe = &planned.probe;
        let often = format!(
            " light and free of logins: each instance of the gateway asks for it every {} s.",
            probe.interval_s
        );
        card.notes.push(Text::of("Keep ").code(&probe.path).say(often));
    }
    card.notes.dedup();
    card.evidence.extend(measured(incident));
    if !done.plan().is_beside() {
        let name = incident.gateway.name();
        card.notes.push(
            Text::of("For next time: alerts, such as one on UnhealthyHostCount (")
                .code(format!("/agw watch {name}"))
                .say("), and the access and firewall logs sent to Log Analytics (")
                .code(format!("/agw logs {name}"))
                .say("). Each looks first at what is there."),
        );
    }
    Some(card)
}
