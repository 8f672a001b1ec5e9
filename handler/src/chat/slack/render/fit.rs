//! What fits: Slack's limits on a whole message, and what is left out when they bind.

use domain::card::{Card, Text};
use serde_json::Value;

use super::mrkdwn::{fenced, length, line};
use super::{FIELD, FIELDS, LABEL, SECTION, section};

/// The blocks of a message, as JSON. Slack names no number and counts in its own way: people report
/// `msg_blocks_too_long` from some 12 000 characters on (slackapi/bolt-js issues 2509 and 2867).
const MESSAGE: usize = 11_000;
/// A section around its text, as JSON.
const AROUND: usize = 70;
/// A line of evidence; the gateway's own logs stay well below.
const EVIDENCE_LINE: usize = 700;
/// A snippet, whatever room there is.
const SNIPPET: usize = 2500;
/// Most blocks for one thing, so that a message stays far below 50.
const BLOCKS: usize = 8;

/// Where the rest of a card is that does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Rest {
    /// In the thread of the message.
    Thread,
    /// In a file that comes after the message.
    File,
    /// Nowhere in Slack.
    Nowhere,
}

/// The room that is left for what may be left out.
pub(super) struct Room {
    left: usize,
    rest: Rest,
    whole: bool,
}

impl Room {
    /// What these blocks leave.
    pub(super) fn left_by(taken: [&[Value]; 3], rest: Rest) -> Self {
        let taken = taken.iter().flat_map(|blocks| blocks.iter()).map(weight).sum::<usize>();
        Self { left: MESSAGE.saturating_sub(taken), rest, whole: true }
    }

    /// Whether nothing was left out so far.
    pub(super) fn is_whole(&self) -> bool {
        self.whole
    }

    /// Says that there is more, and where.
    fn left_out(&mut self, count: usize) -> Option<Value> {
        self.whole &= count == 0;
        let words = match self.rest {
            Rest::Thread => format!("_… {count} more in the thread_"),
            Rest::File => format!("_… {count} more in the file below_"),
            Rest::Nowhere => format!("_… {count} more do not fit here_"),
        };
        (count > 0).then(|| section(&words)).flatten()
    }

    /// Code to copy, as much of it as fits.
    pub(super) fn snippets(&mut self, card: &Card) -> Vec<Value> {
        let mut blocks = Vec::new();
        for snippet in &card.snippets {
            let lines: Vec<_> = snippet.code.lines().map(str::to_owned).collect();
            let label = line(&Text::new().bold(&snippet.label), LABEL);
            let text = format!("{label}\n{}", fenced(&lines, SNIPPET));
            let Some(rest) = self.left.checked_sub(length(&text) + AROUND).filter(|_| blocks.len() < BLOCKS)
            else {
                break;
            };
            self.left = rest;
            blocks.extend(section(&text));
        }
        blocks.extend(self.left_out(card.snippets.len() - blocks.len()));
        blocks
    }

    /// Evidence as a list, as many lines as fit.
    pub(super) fn evidence(&mut self, card: &Card) -> Vec<Value> {
        let lines: Vec<_> =
            card.evidence.iter().map(|text| format!("• {}", line(text, EVIDENCE_LINE))).collect();
        let (mut blocks, shown) = paragraphs(&lines, self.left, BLOCKS);
        blocks.extend(self.left_out(lines.len() - shown));
        blocks
    }
}

/// Lines in as few sections as hold them, and how many lines fitted.
pub(super) fn paragraphs(lines: &[String], room: usize, most: usize) -> (Vec<Value>, usize) {
    let (mut texts, mut used, mut shown) = (Vec::<String>::new(), AROUND, 0);
    for line in lines {
        let cost = length(line) + 2;
        if used + cost > room {
            break;
        }
        let full = texts.len() == most;
        match texts.last_mut() {
            Some(text) if length(text) + cost <= SECTION => {
                text.push('\n');
                text.push_str(line);
            }
            _ if full => break,
            _ => texts.push(line.clone()),
        }
        used += cost;
        shown += 1;
    }
    (texts.iter().filter_map(|text| section(text)).collect(), shown)
}

/// The parts that fit, with something between them.
pub(super) fn joined(parts: &[String], between: &str, limit: usize) -> String {
    let mut out = String::new();
    for part in parts {
        let gap = if out.is_empty() { "" } else { between };
        if length(&out) + length(gap) + length(part) > limit {
            break;
        }
        out.push_str(gap);
        out.push_str(part);
    }
    out
}

/// Whether no part of a card is shortened by its own limit, whatever room there is.
pub(super) fn is_uncut(card: &Card) -> bool {
    let fits = |text: &Text, limit| line(text, limit) == line(text, usize::MAX);
    let code = |lines: &[String], limit| fenced(lines, limit) == fenced(lines, usize::MAX);
    let diff: Vec<String> =
        card.diff.iter().map(|line| format!("{} {}", line.sign.as_char(), line.text)).collect();
    card.facts.len() <= FIELDS
        && card.facts.iter().all(|fact| fits(&fact.value, FIELD))
        && card.evidence.iter().all(|text| fits(text, EVIDENCE_LINE))
        && code(&diff, SECTION)
        && card.snippets.iter().all(|snippet| {
            let lines: Vec<String> = snippet.code.lines().map(str::to_owned).collect();
            code(&lines, SNIPPET)
        })
}

/// How much of a message a block takes.
fn weight(block: &Value) -> usize {
    length(&block.to_string())
}
