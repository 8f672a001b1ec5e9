//! A card as Discord shows it: a message with embeds and buttons, within Discord's limits, with nothing in it that
//! Discord would obey.
//!
//! Status and finding are the message's own text, so that a notification has them; the rest stands in embeds. All
//! lengths are UTF-16 units, the stricter way to count.

use domain::card::{Action, Card, Tone};
use serde_json::{Map, Value, json};

use fit::Details;
use markdown::{escaped, filled, length, line, plain};

mod button;
mod fit;
mod markdown;

/// Discord takes 2000 of content; the status and the finding are never cut for anything else.
const HEADING: usize = 250;
const LEAD: usize = 1700;
/// Over all embeds Discord takes 6000, counted in its own way.
const EMBEDS: usize = 5900;
const TITLE: usize = 200;
const PATH: usize = 600;
const FIELDS: usize = 8;
/// Discord takes 256 and 1024; a value this long is no longer a fact.
const FIELD_NAME: usize = 70;
const FIELD: usize = 200;
const FOOTER: usize = 400;
/// The bit that shows a message to one person alone.
const EPHEMERAL: u32 = 1 << 6;

/// Draws a card: the body of a new message or of an edit. When there is too much of it, evidence goes first, then
/// code to copy; the finding, the change and the buttons stay.
#[must_use]
pub fn message(card: &Card) -> Value {
    json!({
        "content": content(card),
        "embeds": embeds(card),
        "components": button::rows(&card.actions),
        "allowed_mentions": { "parse": [] },
    })
}

/// The second question of a button that has one, for the person who pressed it alone. Its own button comes back with
/// the same value: the first press was on a message for everybody, this one is not.
#[must_use]
pub fn question(action: &Action) -> Option<Value> {
    let confirm = action.confirm.as_ref()?;
    let content = format!("**{}**\n{}", filled(&confirm.title, HEADING), escaped(&confirm.body, LEAD));
    let sure = Action { label: confirm.yes.clone(), ..action.clone() };
    Some(json!({
        "content": content,
        "components": button::rows(&[sure]),
        "flags": EPHEMERAL,
        "allowed_mentions": { "parse": [] },
    }))
}

/// The status in words and by a shape, and the finding.
fn content(card: &Card) -> String {
    let title = format!("{} {}: {}", symbol(card.tone), card.status, card.title);
    format!("**{}**\n{}", filled(&title, HEADING), line(&card.lead, LEAD)).trim_end().to_owned()
}

/// The way and the facts, and below them what they rest on. The colour of their edge only repeats the status.
fn embeds(card: &Card) -> Vec<Value> {
    let (mut top, footer) = (top(card), footer(card));
    let details = Details::within(EMBEDS.saturating_sub(size(&top) + length(&footer))).of(card);
    let mut below = Map::new();
    if !details.is_empty() {
        let apart = top.contains_key("description") || top.contains_key("fields");
        let place = if apart { &mut below } else { &mut top };
        place.insert("description".to_owned(), json!(details));
    }
    if !footer.is_empty() {
        let last = if below.is_empty() { &mut top } else { &mut below };
        last.insert("footer".to_owned(), json!({ "text": footer }));
    }
    [top, below]
        .into_iter()
        .filter(|embed| !embed.is_empty())
        .map(|embed| coloured(embed, card.tone))
        .collect()
}

fn top(card: &Card) -> Map<String, Value> {
    let mut embed = Map::new();
    if let Some(url) = card.link.as_deref().and_then(markdown::address) {
        embed.insert("title".to_owned(), json!(filled(&card.title, TITLE)));
        embed.insert("url".to_owned(), json!(url));
    }
    let path = line(&card.path, PATH);
    if !path.trim().is_empty() {
        embed.insert("description".to_owned(), json!(path));
    }
    let field = |name: &str, value: String| json!({ "name": filled(name, FIELD_NAME), "value": value, "inline": true });
    let facts = card.facts.iter().take(FIELDS).map(|fact| (fact, line(&fact.value, FIELD)));
    let facts = facts.filter(|(_, value)| !value.trim().is_empty());
    let facts: Vec<_> = facts.map(|(fact, value)| field(&fact.label, value)).collect();
    if !facts.is_empty() {
        embed.insert("fields".to_owned(), json!(facts));
    }
    embed
}

/// How much of an embed counts towards the limit over all of them.
fn size(embed: &Map<String, Value>) -> usize {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map_or(0, length);
    let fields = embed.get("fields").and_then(Value::as_array).into_iter().flatten();
    let fields: usize = fields.map(|field| text(field.get("name")) + text(field.get("value"))).sum();
    text(embed.get("title")) + text(embed.get("description")) + fields
}

/// Small print, which Discord does not mark up.
fn footer(card: &Card) -> String {
    let parts: Vec<_> = card.footer.iter().map(|text| plain(&text.plain(), FOOTER)).collect();
    plain(&parts.join(" · "), FOOTER).trim().to_owned()
}

fn coloured(mut embed: Map<String, Value>, tone: Tone) -> Value {
    embed.insert("color".to_owned(), json!(colour(tone)));
    Value::Object(embed)
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

fn colour(tone: Tone) -> u32 {
    match tone {
        Tone::Trouble => 0x00C4_314B,
        Tone::Attention => 0x00D9_8E04,
        Tone::Working => 0x0034_7DC1,
        Tone::Good => 0x0023_8636,
        Tone::Neutral => 0x0080_8A94,
    }
}

#[cfg(test)]
mod tests;
