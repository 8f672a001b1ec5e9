//! A card as Slack shows it: Block Kit, within Slack's limits, with nothing in it that Slack would obey.

use domain::card::{Card, Fact, Span, Text, Tone};
use serde::Serialize;
use serde_json::{Value, json};

use fit::Room;
use mrkdwn::{escaped, fenced, line, plain};

mod button;
mod fit;
mod mrkdwn;
mod view;

pub(super) use fit::Rest;
pub(super) use view::{dialog, home};

/// A message as the methods of the Web API take it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SlackMessage {
    /// What notifications and screen readers get: the whole card in words.
    pub text: String,
    /// What is seen.
    pub blocks: Vec<Value>,
}

/// `chat.update` refuses more than 4000.
const TEXT: usize = 3900;
const HEADER: usize = 150;
/// The text of a section, and of everything else that is marked up.
const SECTION: usize = 3000;
const FIELDS: usize = 10;
/// Slack takes 2000; a value this long is no longer a fact.
const FIELD: usize = 280;
const LEAD: usize = 2000;
const PATH: usize = 600;
const NOTES: usize = 1500;
const FOOTER: usize = 800;
const LABEL: usize = 75;

/// Draws a card. When there is too much of it, evidence goes first, then code to copy; the lead, the change
/// and the buttons stay.
#[must_use]
pub fn message(card: &Card) -> SlackMessage {
    draw(card, Rest::Thread).0
}

/// Draws a card, says where the rest of it is, and whether there is no such rest.
pub(super) fn draw(card: &Card, rest: Rest) -> (SlackMessage, bool) {
    let (lead, change, end) = (lead(card), change(card), end(card));
    let mut room = Room::left_by([&lead, &change, &end], rest);
    let snippets = room.snippets(card);
    let evidence = room.evidence(card);
    let blocks = [lead, evidence, change, snippets, end].concat();
    let whole = room.is_whole() && fit::is_uncut(card);
    (SlackMessage { text: words(card), blocks }, whole)
}

/// The whole card in words. Whoever is to be told is mentioned here as well, because notifications are made of this.
fn words(card: &Card) -> String {
    let groups = card.lead.0.iter().filter_map(|span| match span {
        Span::Group(group) => mrkdwn::mention(group),
        _ => None,
    });
    let mentions: String = groups.map(|mention| mention + " ").collect();
    let room = TEXT.saturating_sub(mentions.len());
    mentions + &escaped(&card.plain(), room)
}

/// Header, finding, way and facts.
fn lead(card: &Card) -> Vec<Value> {
    let title = format!("{} {}: {}", symbol(card.tone), card.status, card.title);
    let mut blocks = vec![json!({ "type": "header", "text": plain(&title, HEADER) })];
    blocks.extend(section(&line(&card.lead, LEAD)));
    blocks.extend(section(&line(&card.path, PATH)));
    let fields: Vec<_> = card.facts.iter().take(FIELDS).map(fact).collect();
    if !fields.is_empty() {
        blocks.push(json!({ "type": "section", "fields": fields }));
    }
    blocks
}

fn fact(fact: &Fact) -> Value {
    let label = Text::new().bold(&fact.label);
    mrkdwn(&format!("{}\n{}", line(&label, LABEL), line(&fact.value, FIELD)))
}

fn change(card: &Card) -> Vec<Value> {
    let lines: Vec<_> =
        card.diff.iter().map(|line| format!("{} {}", line.sign.as_char(), line.text)).collect();
    let fence = |lines: &[String]| section(&fenced(lines, SECTION));
    if lines.is_empty() { Vec::new() } else { Vec::from_iter(fence(&lines)) }
}

/// Notes, buttons and small print.
fn end(card: &Card) -> Vec<Value> {
    let notes: Vec<_> = card.notes.iter().map(|note| line(note, NOTES / 2)).collect();
    let mut blocks = fit::paragraphs(&notes, NOTES + NOTES / 4, 1).0;
    let buttons = button::all(&card.actions);
    if !buttons.is_empty() {
        blocks.push(json!({ "type": "actions", "block_id": "agw", "elements": buttons }));
    }
    blocks.extend(footer(card));
    blocks
}

/// The title as a link, where it leads somewhere, and the small print.
fn footer(card: &Card) -> Option<Value> {
    let link = card.link.as_ref().map(|url| line(&Text::new().link(&card.title, url), FOOTER / 2));
    let print = card.footer.iter().map(|text| line(text, FOOTER / 3));
    let parts: Vec<_> = link.into_iter().chain(print).filter(|part| !part.is_empty()).collect();
    let text = fit::joined(&parts, " · ", FOOTER);
    (!text.is_empty()).then(|| json!({ "type": "context", "elements": [mrkdwn(&text)] }))
}

fn section(text: &str) -> Option<Value> {
    (!text.trim().is_empty()).then(|| json!({ "type": "section", "text": mrkdwn(text) }))
}

/// Text that Slack marks up. `verbatim` keeps it from making links and mentions of its own.
fn mrkdwn(text: &str) -> Value {
    json!({ "type": "mrkdwn", "text": text, "verbatim": true })
}

/// Shapes that differ without colour, always beside the word.
fn symbol(tone: Tone) -> &'static str {
    match tone {
        Tone::Trouble => "❌",
        Tone::Attention => "⚠️",
        Tone::Working => "⏳",
        Tone::Good => "✅",
        Tone::Neutral => "ℹ️",
    }
}

#[cfg(test)]
mod tests;
