//! Texts for Teams, made so that nothing in them is obeyed.
//!
//! A `TextRun` knows no markdown (Microsoft Learn, "Text features" of Adaptive Cards). A `TextBlock` and a fact do,
//! and a backslash does not protect everywhere: the parser that Microsoft's native renderers share makes a link
//! of `\[a\](b)` (microsoft/AdaptiveCards, `MarkDownBlockParser.cpp`). So there, characters that could be markup are
//! replaced by ones that look alike, or parted by a space of no width.

use domain::card::{Group, Span, Text, clock};
use serde::Serialize;
use serde_json::{Value, json};

use crate::chat::letters::tame;
use crate::chat::link;

const CUT: &str = "…";
/// A space of no width: it parts what would be markup together.
const GAP: char = '\u{200b}';
/// A run around its text, as JSON.
pub(super) const AROUND: usize = 110;
/// Longer addresses are none that we make.
const ADDRESS: usize = 1000;
const LINK_LABEL: usize = 150;

/// How a line looks as a whole.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Look {
    /// In small, pale letters.
    small: bool,
    /// Close to the line above.
    close: bool,
    bold: bool,
}

impl Look {
    /// For small print.
    pub(super) fn small() -> Self {
        Self { small: true, ..Self::default() }
    }

    /// For a line of a list.
    pub(super) fn listed() -> Self {
        Self { close: true, ..Self::default() }
    }

    /// For a label.
    pub(super) fn bold() -> Self {
        Self { bold: true, ..Self::default() }
    }
}

/// Words that look the same from end to end.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    r#type: &'static str,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    font_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    weight: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_subtle: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    color: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    select_action: Option<Value>,
}

impl Run {
    fn new(text: String) -> Self {
        Self {
            r#type: "TextRun",
            text,
            font_type: None,
            weight: None,
            size: None,
            is_subtle: None,
            color: None,
            select_action: None,
        }
    }

    fn mono(self) -> Self {
        Self { font_type: Some("Monospace"), ..self }
    }

    fn look(self, look: Look) -> Self {
        let weight = self.weight.or(look.bold.then_some("Bolder"));
        Self { weight, size: look.small.then_some("Small"), is_subtle: look.small.then_some(true), ..self }
    }
}

/// A text on a line of its own, at most `limit` long as JSON; none if there is nothing to read.
pub(super) fn block(text: &Text, limit: usize, look: Look) -> Option<Value> {
    let mut inlines = Vec::new();
    let mut room = limit;
    for span in &text.0 {
        let Some(rest) = room.checked_sub(AROUND + 2) else {
            inlines.push(Run::new(CUT.to_owned()).look(look));
            break;
        };
        let run = run(span, rest).look(look);
        let cut = run.text.ends_with(CUT);
        room = rest.saturating_sub(json!(run).to_string().encode_utf16().count().saturating_sub(AROUND));
        inlines.push(run);
        if cut && room < AROUND {
            break;
        }
    }
    if inlines.iter().all(|run| run.text.trim().is_empty()) {
        return None;
    }
    let spacing = if look.close { "Small" } else { "Default" };
    Some(json!({ "type": "RichTextBlock", "spacing": spacing, "inlines": inlines }))
}

fn run(span: &Span, limit: usize) -> Run {
    match span {
        Span::Plain(text) => Run::new(words(text, limit)),
        Span::Code(text) => Run::new(words(text, limit)).mono(),
        Span::Bold(text) => Run { weight: Some("Bolder"), ..Run::new(words(text, limit)) },
        Span::Link { label, url } => linked(label, url, limit),
        // A mention needs a list beside the card that the card's own schema does not know.
        Span::Person(person) => Run::new(words(person.shown(), limit)),
        // On-call groups are Slack's.
        Span::Group(_) => Run::new(words(Group::SHOWN, limit)),
        Span::Time(at) => Run::new(words(&clock(*at), limit)),
    }
}

/// A link, if it leads to where links may lead; else its words.
fn linked(label: &str, url: &str, limit: usize) -> Run {
    let address = address(url).filter(|url| length(url) + 200 < limit);
    let Some(url) = address else { return Run::new(words(label, limit)) };
    let action = json!({ "type": "Action.OpenUrl", "url": url });
    Run { select_action: Some(action), ..Run::new(words(label, 150)) }
}

fn address(url: &str) -> Option<String> {
    link::safe(url).map(String::from).filter(|url| length(url) <= ADDRESS)
}

/// A line of code. Its spaces stay: many in a row would be shown as one.
pub(super) fn code(line: &str, limit: usize, colour: &'static str) -> Value {
    let text = words(&line.replace('\t', "    "), limit).replace("  ", "\u{a0}\u{a0}");
    let text = if text.trim().is_empty() { "\u{a0}".to_owned() } else { text };
    let run = Run { color: (colour != "Default").then_some(colour), ..Run::new(text).mono() };
    json!({ "type": "RichTextBlock", "spacing": "None", "inlines": [run] })
}

/// Words on one line, at most `limit` long as JSON, for where there is no markdown. What is left to break there
/// are mentions and the functions that show a time.
pub(super) fn words(text: &str, limit: usize) -> String {
    let line: String = text.chars().take(limit).map(tame).collect();
    let mut parts = line.split('<');
    let first = parts.next().unwrap_or_default().to_owned();
    let parted = parts.fold(first, |mut out, part| {
        out.push('<');
        if is_mention(part) {
            out.push(GAP);
        }
        out.push_str(part);
        out
    });
    let parted = ["DATE(", "TIME("]
        .iter()
        .fold(parted, |text, name| text.replace(&format!("{{{{{name}"), &format!("{{{GAP}{{{name}")));
    cut(parted.chars().map(String::from), limit)
}

/// Whether `<at>` or `</at>` begins before this.
fn is_mention(part: &str) -> bool {
    let name = part.trim_start_matches('/');
    let rest = name.get(2..).filter(|_| name.get(..2).is_some_and(|at| at.eq_ignore_ascii_case("at")));
    rest.is_some_and(|rest| !rest.starts_with(|letter: char| letter.is_alphanumeric()))
}

/// Words on one line, at most `limit` long as JSON, for where there is markdown: none of it is left.
pub(super) fn quiet(text: &str, limit: usize) -> String {
    cut(silenced(text.trim(), limit).into_iter(), limit)
}

/// Words, letter by letter, as they can stand in markdown. Of more than `limit` letters only those are looked at.
fn silenced(text: &str, limit: usize) -> Vec<String> {
    let letters: Vec<char> = text.chars().take(limit).map(tame).collect();
    let at = |index: Option<usize>| index.and_then(|index| letters.get(index)).copied().unwrap_or(' ');
    let pieces = letters.iter().enumerate().map(|(index, letter)| {
        let (before, after) = (at(index.checked_sub(1)), at(index.checked_add(1)));
        silent(before, *letter, after)
    });
    begins_block(&letters).then(|| GAP.to_string()).into_iter().chain(pieces).collect()
}

/// A letter as it can stand in markdown.
fn silent(before: char, letter: char, after: char) -> String {
    match letter {
        '*' => '∗'.to_string(),
        '~' => '∼'.to_string(),
        '`' => '\''.to_string(),
        // Within a word it is no markup.
        '_' if !(before.is_alphanumeric() && after.is_alphanumeric()) => 'ˍ'.to_string(),
        // `](` makes a link, `<` a tag or an address, `&` an entity, `\` vanishes, `://` makes an address.
        ']' | '<' | '&' | '\\' => format!("{letter}{GAP}"),
        ':' if after == '/' => format!("{letter}{GAP}"),
        '{' if before == '{' => format!("{GAP}{letter}"),
        other => other.to_string(),
    }
}

/// Whether a line would become a heading, a list, a quotation or a rule.
fn begins_block(letters: &[char]) -> bool {
    // Spaces before it change nothing, and may be trimmed away.
    let spaces = letters.iter().take_while(|letter| letter.is_whitespace()).count();
    let marked = matches!(letters.get(spaces), Some('#' | '-' | '+' | '>' | '='));
    let digits = letters.iter().skip(spaces).take_while(|letter| letter.is_ascii_digit()).count();
    marked || digits > 0 && matches!(letters.get(spaces + digits), Some('.' | ')'))
}

/// The value of a fact: words, and links where they lead somewhere.
pub(super) fn fact_value(text: &Text, limit: usize) -> String {
    let mut pieces: Vec<String> = Vec::new();
    for span in &text.0 {
        // An address or a function must not come together from two spans.
        let joins = pieces.last().is_some_and(|last| last.ends_with([':', '{']));
        pieces.extend(joins.then(|| GAP.to_string()));
        pieces.extend(fact_span(span, limit));
    }
    cut(pieces.into_iter(), limit).trim().to_owned()
}

fn fact_span(span: &Span, limit: usize) -> Vec<String> {
    let Span::Link { label, url } = span else {
        return silenced(&Text(vec![span.clone()]).plain(), limit);
    };
    let Some(url) = address(url).filter(|_| !label.trim().is_empty()) else { return silenced(label, limit) };
    let target = in_markdown(&url);
    let label = match address(label) {
        Some(itself) if itself == url => target.clone(),
        _ => quiet(&label.replace('[', "(").replace(']', ")"), LINK_LABEL),
    };
    vec![format!("[{label}]({target})")]
}

/// An address without the letters that mean something in markdown.
fn in_markdown(url: &str) -> String {
    url.chars().fold(String::new(), |mut out, letter| {
        match letter {
            '(' => out.push_str("%28"),
            ')' => out.push_str("%29"),
            '*' => out.push_str("%2A"),
            '_' => out.push_str("%5F"),
            '[' => out.push_str("%5B"),
            ']' => out.push_str("%5D"),
            '\\' => out.push_str("%5C"),
            '`' => out.push_str("%60"),
            '~' => out.push_str("%7E"),
            '{' => out.push_str("%7B"),
            other => out.push(other),
        }
        out
    })
}

/// Pieces as long as they fit, and a sign where they do not.
fn cut(pieces: impl Iterator<Item = String>, limit: usize) -> String {
    let (mut out, mut used) = (String::new(), 0);
    for piece in pieces {
        used += length(&piece);
        if used >= limit {
            out.push_str(CUT);
            break;
        }
        out.push_str(&piece);
    }
    out
}

/// How long a text is as JSON, in UTF-16 units.
pub(super) fn length(text: &str) -> usize {
    text.chars().map(|letter| if matches!(letter, '"' | '\\') { 2 } else { letter.len_utf16() }).sum()
}
