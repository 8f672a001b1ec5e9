//! The one message of a storm: a line for each incident.

use crate::card::{Card, Fact, Text, Tone};
use crate::say;
use crate::storm::{Digest, Line};

/// The most incidents that a digest names, those in trouble first.
const LINES_SHOWN: usize = 25;

/// Alerts on many gateways at once, and how each of them is.
#[must_use]
pub fn digest(digest: &Digest) -> Card {
    let gateways = say::count(digest.lines.len(), "gateway");
    let lead = Text::of("Alerts came in on many gateways at once, so they share this message. It began at ")
        .time(digest.since)
        .say("; the latest came at ")
        .time(digest.latest)
        .say(".");
    let mut card = Card::new(tone(&digest.lines), "Storm", gateways, lead);
    card.facts.push(Fact::new("State", Text::of(counts(&digest.lines))));
    let mut lines: Vec<&Line> = digest.lines.iter().collect();
    lines.sort_by_key(|line| urgency(line.tone));
    card.evidence.extend(lines.iter().take(LINES_SHOWN).map(|line| one(line)));
    if let Some(more) = lines.len().checked_sub(LINES_SHOWN).filter(|more| *more > 0) {
        card.evidence.push(Text::of(format!("and {more} more; ")).code("/agw list").say(" shows them"));
    }
    if let Some(first) = lines.first() {
        let (id, name) = (&first.incident, first.gateway.name());
        card.notes.push(
            Text::new()
                .code(format!("/agw show {id}"))
                .say(" shows one with its evidence and its plan, ")
                .code(format!("/agw diagnose {name}"))
                .say(" gives it a message of its own."),
        );
    }
    card
}

fn one(line: &Line) -> Text {
    Text::new()
        .code(&line.incident)
        .say(" ")
        .text(say::gateway(&line.gateway))
        .say(": ")
        .bold(&line.status)
        .say(", since ")
        .time(line.opened_at)
}

/// `3 Unhealthy, 1 Fixed`, in the order of the list.
fn counts(lines: &[Line]) -> String {
    let mut counts: Vec<(&str, u8, usize)> = Vec::new();
    for line in lines {
        match counts.iter_mut().find(|(status, ..)| *status == line.status) {
            Some((.., count)) => *count += 1,
            None => counts.push((&line.status, urgency(line.tone), 1)),
        }
    }
    counts.sort_by_key(|(_, urgency, _)| *urgency);
    let counts: Vec<String> = counts.iter().map(|(status, _, count)| format!("{count} {status}")).collect();
    counts.join(", ")
}

/// As the most urgent of them.
fn tone(lines: &[Line]) -> Tone {
    lines.iter().map(|line| line.tone).min_by_key(|tone| urgency(*tone)).unwrap_or(Tone::Neutral)
}

fn urgency(tone: Tone) -> u8 {
    match tone {
        Tone::Trouble => 0,
        Tone::Attention => 1,
        Tone::Working => 2,
        Tone::Neutral => 3,
        Tone::Good => 4,
    }
}
