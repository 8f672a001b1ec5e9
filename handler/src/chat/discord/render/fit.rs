//! What fits into an embed's description, and what is left out when there is too much.

use domain::card::{Card, Snippet};

use super::markdown::{fenced, filled, length, line};

/// A description, whatever room there is.
const DESCRIPTION: usize = 4000;
/// A line of evidence; the gateway's own logs stay well below.
const EVIDENCE_LINE: usize = 600;
const NOTES: usize = 900;
const NOTE: usize = 450;
const LABEL: usize = 75;
/// Room for the words that say what was left out, twice.
const LEFT_OUT: usize = 80;

/// What a card rests on: evidence, change, code to copy and notes, in that order.
pub(super) struct Details {
    room: usize,
}

impl Details {
    /// With this much room.
    pub(super) fn within(room: usize) -> Self {
        Self { room: room.min(DESCRIPTION) }
    }

    /// Draws them. Notes and the change are given their room first.
    pub(super) fn of(mut self, card: &Card) -> String {
        let notes = notes(card);
        self.room = self.room.saturating_sub(length(&notes) + LEFT_OUT);
        let change = self.change(card);
        let snippets = self.snippets(&card.snippets);
        let evidence = self.evidence(card);
        let parts = [evidence, change, snippets, notes];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
    }

    fn change(&mut self, card: &Card) -> String {
        if card.diff.is_empty() {
            return String::new();
        }
        let lines = card.diff.iter().map(|line| format!("{} {}", line.sign.as_char(), line.text)).collect();
        let text = fenced("diff", lines, self.room);
        self.take(&text);
        text
    }

    /// As many snippets as fit whole.
    fn snippets(&mut self, snippets: &[Snippet]) -> String {
        let drawn = snippets.iter().map(|snippet| {
            let lines = snippet.code.lines().map(str::to_owned).collect();
            format!("**{}**\n{}", filled(&snippet.label, LABEL), fenced("", lines, usize::MAX))
        });
        self.fitting(drawn)
    }

    /// Evidence as a list, as many lines as fit.
    fn evidence(&mut self, card: &Card) -> String {
        self.fitting(card.evidence.iter().map(|text| format!("• {}", line(text, EVIDENCE_LINE))))
    }

    /// Says that there is more. The whole of it is posted below the message.
    fn fitting(&mut self, parts: impl ExactSizeIterator<Item = String>) -> String {
        let count = parts.len();
        let mut shown: Vec<_> = parts.take_while(|part| self.take(part)).collect();
        let missing = count - shown.len();
        if missing > 0 {
            shown.push(format!("*… {missing} more in the thread*"));
        }
        shown.join("\n")
    }

    /// Takes the room of a part and of the line break behind it.
    fn take(&mut self, part: &str) -> bool {
        let rest = self.room.checked_sub(length(part) + 1);
        self.room = rest.unwrap_or(self.room);
        rest.is_some()
    }
}

fn notes(card: &Card) -> String {
    let mut out = String::new();
    for note in card.notes.iter().map(|note| line(note, NOTE)).filter(|note| !note.trim().is_empty()) {
        if length(&out) + length(&note) + 1 > NOTES {
            break;
        }
        out.push_str(if out.is_empty() { "" } else { "\n" });
        out.push_str(&note);
    }
    out
}
