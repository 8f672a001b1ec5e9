//! A card as Teams shows it: an Adaptive Card 1.5, within Teams' limits, with nothing in it that Teams would obey.
//!
//! Most of it is `RichTextBlock`, which knows no markdown at all. Headings, facts and the fallback text are
//! marked up by Teams, in a way that differs between its clients: see `quiet` in `text`.

use domain::card::{Card, Fact, Text, Tone};
use domain::plan::{DiffLine, Sign};
use serde_json::{Value, json};

use fit::Room;
use text::{Look, block, code, fact_value, quiet, words};

mod button;
mod fit;
mod text;

/// Everything but evidence and snippets has a limit of its own, so that what may never be left out always fits.
/// All of these are UTF-16 units of JSON, as Teams counts.
const HEADING: usize = 300;
const LEAD: usize = 3000;
const PATH: usize = 2500;
const FACTS: usize = 10;
const LABEL: usize = 80;
const FACT: usize = 400;
const NOTES: usize = 6;
const NOTE: usize = 1000;
const FOOTER: usize = 2500;
const FALLBACK: usize = 3000;
/// What a card is sure to hold in one line, in letters of one width.
const NARROW: usize = 50;
const SUMMARY: usize = 400;

/// Draws a card. When there is too much of it, evidence goes first, then code to copy; the lead, the change
/// and the buttons stay.
#[must_use]
pub fn card(card: &Card) -> Value {
    let (lead, end) = (lead(card), end(card));
    let mut drawn = json!({
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": "1.5",
        "fallbackText": fallback(card),
        "body": [],
        "actions": button::all(&card.actions),
    });
    let mut room = Room::left_by(&[&drawn, &json!(lead), &json!(end)]);
    let change = room.change(&card.diff);
    let snippets = room.snippets(card);
    let evidence = room.evidence(card);
    if let Some(body) = drawn.get_mut("body") {
        *body = Value::from([lead, evidence, change, snippets, end].concat());
    }
    drawn
}

/// The card in a line or two, for a notification: the activity's `summary`. It is plain text; where it is sent
/// as `text`, the activity says `"textFormat": "plain"`.
#[must_use]
pub fn summary(card: &Card) -> String {
    words(&format!("{}: {}. {}", card.title, card.status, card.lead.plain()), SUMMARY)
}

/// The whole card in words, for a client that cannot draw it.
fn fallback(card: &Card) -> String {
    let lines = card.plain();
    let lines = lines.lines().filter(|line| !line.trim().is_empty()).map(|line| quiet(line, NOTE));
    fit::joined(lines, "\n\n", FALLBACK)
}

/// Heading, finding, way and facts.
fn lead(card: &Card) -> Vec<Value> {
    let mut body = vec![heading(card)];
    body.extend(block(&card.lead, LEAD, Look::default()));
    body.extend(block(&card.path, PATH, Look::default()));
    let facts: Vec<_> = card.facts.iter().take(FACTS).map(fact).collect();
    if !facts.is_empty() {
        body.push(json!({ "type": "FactSet", "facts": facts }));
    }
    body
}

/// The status in words and by a shape; the colour only repeats it.
fn heading(card: &Card) -> Value {
    let title = format!("{} {}: {}", symbol(card.tone), card.status, card.title);
    json!({
        "type": "TextBlock", "text": quiet(&title, HEADING), "style": "heading", "size": "Large",
        "weight": "Bolder", "wrap": true, "color": colour(card.tone),
    })
}

fn fact(fact: &Fact) -> Value {
    json!({ "title": quiet(&fact.label, LABEL), "value": fact_value(&fact.value, FACT) })
}

/// A line of the change. The sign says what becomes of it; the colour only repeats it.
fn changed(line: &DiffLine, limit: usize) -> Value {
    let colour = match line.sign {
        Sign::Added => "Good",
        Sign::Removed => "Attention",
        Sign::Context => "Default",
    };
    code(&format!("{} {}", line.sign.as_char(), breakable(&line.text)), limit, colour)
}

/// Long places can be broken behind a slash, else they would run out of the card.
fn breakable(text: &str) -> String {
    let word = |word: &str| match word.chars().count() {
        0..=NARROW => word.to_owned(),
        _ => word.replace('/', "/\u{200b}"),
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// Notes and small print.
fn end(card: &Card) -> Vec<Value> {
    let notes = card.notes.iter().take(NOTES).filter_map(|note| block(note, NOTE, Look::default()));
    notes.chain(footer(card)).collect()
}

/// The title as a link, where it leads somewhere, and the small print.
fn footer(card: &Card) -> Option<Value> {
    let link = card.link.as_ref().map(|url| Text::new().link(&card.title, url));
    let parts = link.iter().chain(&card.footer).filter(|part| !part.is_empty());
    let text = parts.fold(Text::new(), |text, part| {
        let text = if text.is_empty() { text } else { text.say(" · ") };
        text.text(part.clone())
    });
    block(&text, FOOTER, Look::small())
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

fn colour(tone: Tone) -> &'static str {
    match tone {
        Tone::Trouble => "Attention",
        Tone::Attention => "Warning",
        Tone::Working => "Accent",
        Tone::Good => "Good",
        Tone::Neutral => "Default",
    }
}

#[cfg(test)]
mod tests;
