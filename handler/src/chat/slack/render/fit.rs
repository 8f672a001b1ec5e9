//! What fits: Slack's limits on a whole message, and what is left out when they bind.

use domain::card::{Card, Text};
use serde_json::Value;

use super::mrkdwn::{fenced, length, line};
use super::{LABEL, SECTION, section};

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

/// The room that is left for what may be left out.
pub(super) struct Room(usize);

impl Room {
    /// What these blocks leave.
    pub(super) fn left_by(taken: [&[Value]; 3]) -> Self {
        Self(MESSAGE.saturating_sub(taken.iter().flat_map(|blocks| blocks.iter()).map(weight).sum::<usize>()))
    }

    /// Code to copy, as much of it as fits.
    pub(super) fn snippets(&mut self, card: &Card) -> Vec<Value> {
        let mut blocks = Vec::new();
        for snippet in &card.snippets {
            let lines: Vec<_> = snippet.code.lines().map(str::to_owned).collect();
            let label = line(&Text::new().bold(&snippet.label), LABEL);
            let text = format!("{label}\n{}", fenced(&lines, SNIPPET));
            let Some(rest) = self.0.checked_sub(length(&text) + AROUND).filter(|_| blocks.len() < BLOCKS)
            else {
                break;
            };
            self.0 = rest;
            blocks.extend(section(&text));
        }
        blocks.extend(left_out(card.snippets.len() - blocks.len()));
        blocks
    }

    /// Evidence as a list, as many lines as fit.
    pub(super) fn evidence(&mut self, card: &Card) -> Vec<Value> {
        let lines: Vec<_> =
            card.evidence.iter().map(|text| format!("• {}", line(text, EVIDENCE_LINE))).collect();
        let (mut blocks, shown) = paragraphs(&lines, self.0, BLOCKS);
        blocks.extend(left_out(lines.len() - shown));
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

/// Says that there is more. The whole of it is posted in the thread.
fn left_out(count: usize) -> Option<Value> {
    (count > 0).then(|| section(&format!("_… {count} more in the thread_"))).flatten()
}

/// How much of a message a block takes.
fn weight(block: &Value) -> usize {
    length(&block.to_string())
}
