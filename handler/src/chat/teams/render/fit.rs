//! What fits: Teams' limit on a whole message, and what is left out when it binds.

use domain::card::{Card, Text};
use domain::plan::DiffLine;
use serde_json::{Value, json};

use super::changed;
use super::text::{Look, block, code, length};

/// Teams takes 100 KB in UTF-16 (Microsoft Learn, "Format your bot messages"), which is 50 000 units. The rest is for
/// the activity around the card.
const MESSAGE: usize = 44_000;
/// A container around its items.
const AROUND: usize = 120;
/// A line of evidence, which may have links in it; the gateway's own logs stay well below.
const EVIDENCE_LINE: usize = 2500;
const EVIDENCE_LINES: usize = 40;
/// A line of code.
const CODE_LINE: usize = 1000;
const SNIPPETS: usize = 8;

/// The room that is left, in UTF-16 units of JSON.
pub(super) struct Room(usize);

impl Room {
    /// What these leave.
    pub(super) fn left_by(taken: &[&Value]) -> Self {
        Self(MESSAGE.saturating_sub(taken.iter().map(|value| weight(value)).sum()))
    }

    /// The change, shortened in its middle only where nothing else helps.
    pub(super) fn change(&mut self, diff: &[DiffLine]) -> Vec<Value> {
        let lines: Vec<_> = diff.iter().map(|line| changed(line, CODE_LINE)).collect();
        let lines = self.ends(lines);
        if lines.is_empty() { Vec::new() } else { vec![container(lines)] }
    }

    /// Code to copy, as many snippets as fit whole.
    pub(super) fn snippets(&mut self, card: &Card) -> Vec<Value> {
        let mut shown = Vec::new();
        for snippet in card.snippets.iter().take(SNIPPETS) {
            let label = block(&Text::of(&snippet.label), CODE_LINE, Look::bold());
            let lines = snippet.code.lines().map(|line| code(line, CODE_LINE, "Default"));
            let snippet = container(label.into_iter().chain(lines).collect());
            if !self.take(weight(&snippet)) {
                break;
            }
            shown.push(snippet);
        }
        let missing = card.snippets.len() - shown.len();
        shown.into_iter().chain(left_out(missing)).collect()
    }

    /// Evidence as a list, as many lines as fit.
    pub(super) fn evidence(&mut self, card: &Card) -> Vec<Value> {
        let lines = card.evidence.iter().take(EVIDENCE_LINES);
        let lines =
            lines.map(|text| block(&Text::of("• ").text(text.clone()), EVIDENCE_LINE, Look::listed()));
        let shown: Vec<_> =
            lines.take_while(|line| line.as_ref().is_none_or(|line| self.take(weight(line)))).collect();
        let missing = card.evidence.len() - shown.len();
        shown.into_iter().flatten().chain(left_out(missing)).collect()
    }

    /// Lines from both ends, as many as fit.
    fn ends(&mut self, lines: Vec<Value>) -> Vec<Value> {
        self.take(AROUND);
        let total = lines.len();
        let (mut first, mut last) = (Vec::new(), Vec::new());
        let mut lines = lines.into_iter();
        while let Some(line) = if first.len() > last.len() { lines.next_back() } else { lines.next() } {
            if !self.take(weight(&line)) {
                break;
            }
            if first.len() > last.len() { last.push(line) } else { first.push(line) }
        }
        let missing = total - first.len() - last.len();
        let gap = (missing > 0).then(|| code(&format!("… {missing} lines"), CODE_LINE, "Default"));
        first.into_iter().chain(gap).chain(last.into_iter().rev()).collect()
    }

    fn take(&mut self, cost: usize) -> bool {
        let rest = self.0.checked_sub(cost);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }
}

fn container(items: Vec<Value>) -> Value {
    json!({ "type": "Container", "style": "emphasis", "items": items })
}

/// Says that there is more. The whole of it is posted below the message.
fn left_out(count: usize) -> Option<Value> {
    let text = Text::of(format!("… {count} more in the thread"));
    (count > 0).then(|| block(&text, CODE_LINE, Look::small())).flatten()
}

/// How much of a message this takes.
fn weight(value: &Value) -> usize {
    // And the comma behind it.
    value.to_string().encode_utf16().count() + 1
}

/// The lines that fit, with something between them.
pub(super) fn joined(lines: impl Iterator<Item = String>, between: &str, limit: usize) -> String {
    let mut out = String::new();
    for line in lines {
        let gap = if out.is_empty() { "" } else { between };
        if length(&out) + 2 * gap.len() + length(&line) > limit {
            break;
        }
        out.push_str(gap);
        out.push_str(&line);
    }
    out
}
