//! The home tab: what is open, for whoever opens it.

use jiff::Timestamp;

use crate::card::{Card, Text, Tone};
use crate::incident::{Incident, State};
use crate::say;

/// The most incidents that are shown whole.
const INCIDENTS_SHOWN: usize = 10;

/// The home tab at a moment: how much is open, then a card for each open incident, those that wait for a decision
/// first. Nothing else reads buttons aloud there, so each card says its commands.
#[must_use]
pub fn home(incidents: &[Incident], now: Timestamp) -> Vec<Card> {
    let waits = |incident: &&Incident| matches!(incident.state, State::Proposed(_));
    let (waiting, others): (Vec<_>, Vec<_>) = incidents.iter().partition(waits);
    let mut overview = overview(incidents.len(), waiting.len(), now);
    if let Some(more) = incidents.len().checked_sub(INCIDENTS_SHOWN).filter(|more| *more > 0) {
        let more = Text::of(format!("{} not shown here: ", say::count(more, "incident")));
        overview.notes.push(more.code("/agw list").say(" lists them all."));
    }
    let shown = waiting.into_iter().chain(others).take(INCIDENTS_SHOWN);
    std::iter::once(overview).chain(shown.map(in_brief)).collect()
}

fn overview(open: usize, waiting: usize, now: Timestamp) -> Card {
    let (tone, lead) = match (open, waiting) {
        (0, _) => (Tone::Good, Text::of("There is no open incident.")),
        (open, 0) => (Tone::Neutral, Text::of(format!("{}.", say::count(open, "open incident")))),
        (open, waiting) => {
            let of = if waiting == 1 { "1 waits".to_owned() } else { format!("{waiting} wait") };
            let lead = format!("{}; {of} for a decision.", say::count(open, "open incident"));
            (Tone::Attention, Text::of(lead))
        }
    };
    let status = if open == 0 { "Quiet" } else { "Open" };
    let mut card = Card::new(tone, status, "agw", lead);
    card.notes.push(
        Text::new()
            .code("/agw diagnose")
            .say(" and a gateway's name looks at one; ")
            .code("/agw help")
            .say(" says what else I do."),
    );
    card.footer.push(Text::of("As of ").time(now).say("; open this tab anew to bring it up to date"));
    card
}

/// An incident without its evidence; with the change, while it waits for a decision.
fn in_brief(incident: &Incident) -> Card {
    let mut card = say::incident(incident);
    card.evidence.clear();
    card.snippets.clear();
    if !matches!(incident.state, State::Proposed(_)) {
        card.facts.clear();
        card.diff.clear();
        card.notes.clear();
    }
    let commands = card.actions.iter().map(|action| &action.command);
    if !card.actions.is_empty() {
        card.notes.push(Text::of("The same as commands: ").codes(commands));
    }
    card
}
