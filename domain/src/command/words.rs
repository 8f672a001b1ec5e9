//! From the text of a chat message to words.
//!
//! Slack escapes `&`, `<` and `>`, wraps links as `<url|text>` and mentions as `<@U…>`; phones and editors
//! bring smart quotes, non-breaking spaces and long dashes (Slack documentation, "Formatting message text").
//! Teams puts `<at>name</at>` before what is said to a bot.

use super::CommandError;

const QUOTES: &[char] = &['"', '\'', '`'];

/// What the inside of `<…>` starts with when Slack or Discord made it.
pub(super) const MARKUP: &[&str] = &["@", "#", "!", "http://", "https://", "mailto:"];

/// The text as the person typed it, in one line.
pub(super) fn undo_chat(text: &str) -> String {
    let text = without_mention(text);
    let text = unwrap_markup(text).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    let plain: String = text.chars().filter_map(plain_char).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Drops a mention of the bot at the start.
fn without_mention(text: &str) -> &str {
    let text = text.trim_start();
    let slack = text.strip_prefix("<@").and_then(|rest| rest.split_once('>'));
    let teams = text.strip_prefix("<at>").and_then(|rest| rest.split_once("</at>"));
    slack.or(teams).map_or(text, |(_, rest)| rest)
}

/// Drops the bot's own name at the start: "agw", "/agw" or "@agw".
pub(super) fn without_name(text: &str) -> &str {
    let (first, rest) = text.split_once(' ').unwrap_or((text, ""));
    let name = first.trim_start_matches(['/', '@']).trim_end_matches([':', ',']);
    if name.eq_ignore_ascii_case("agw") { rest } else { text }
}

/// Puts the readable part of each `<…>` in its place.
fn unwrap_markup(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        plain.push_str(before);
        let markup = MARKUP.iter().any(|start| after.starts_with(start));
        match after.split_once('>').filter(|_| markup) {
            Some((inside, behind)) => {
                plain.push_str(&readable(inside));
                rest = behind;
            }
            None => {
                plain.push('<');
                rest = after;
            }
        }
    }
    plain + rest
}

fn readable(inside: &str) -> String {
    let (target, label) = inside.split_once('|').unwrap_or((inside, ""));
    let target = target.strip_prefix("mailto:").unwrap_or(target);
    match (inside.chars().next(), label) {
        (_, "") => target.to_owned(),
        (Some(sign @ ('@' | '#')), label) => format!("{sign}{}", label.trim_start_matches(sign)),
        (_, label) => label.to_owned(),
    }
}

/// A character as a keyboard would have made it. Invisible ones are dropped.
fn plain_char(c: char) -> Option<char> {
    match c {
        '“' | '”' | '„' | '‟' | '«' | '»' | '″' => Some('"'),
        '‘' | '’' | '‚' | '‛' | '′' => Some('\''),
        '\u{2010}'..='\u{2014}' | '\u{2212}' => Some('-'),
        '\u{ad}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}'
        | '\u{feff}' => None,
        c if c.is_whitespace() => Some(' '),
        c if c.is_control() => None,
        c => Some(c),
    }
}

/// Takes words off the front of a line whose white space is single spaces.
pub(super) struct Words<'a> {
    rest: &'a str,
}

impl<'a> Words<'a> {
    pub(super) fn new(line: &'a str) -> Self {
        Self { rest: line.trim() }
    }

    /// The first word, without the punctuation people put behind it ("help!").
    pub(super) fn verb(&mut self) -> Option<String> {
        let (word, rest) = self.rest.split_once(' ').unwrap_or((self.rest, ""));
        self.rest = rest;
        let bare = word.trim_matches(QUOTES).trim_end_matches(['.', '!', '?', ':', ',']);
        let verb = if bare.is_empty() { word } else { bare };
        (!verb.is_empty()).then(|| verb.to_lowercase())
    }

    /// Whether the next word is `--help` or `-h`.
    pub(super) fn asks_for_help(&self) -> bool {
        matches!(self.rest.split(' ').next(), Some("--help" | "-h"))
    }

    /// Whether nothing but `--help` or `-h` is left.
    pub(super) fn is_help(&self) -> bool {
        matches!(self.rest.trim(), "--help" | "-h")
    }

    /// The next word, or what stands in the next quotes. Empty quotes count for nothing.
    pub(super) fn next(&mut self) -> Result<Option<String>, CommandError> {
        loop {
            self.rest = self.rest.trim_start();
            let Some(first) = self.rest.chars().next() else { return Ok(None) };
            let word = if QUOTES.contains(&first) { self.quoted(first)? } else { self.bare() };
            if !word.is_empty() {
                return Ok(Some(word));
            }
        }
    }

    /// All that is left, without quotes around the whole of it. Apostrophes in it are just that.
    pub(super) fn rest(&mut self) -> Option<String> {
        let rest = unquoted(self.rest.trim()).trim();
        self.rest = "";
        (!rest.is_empty()).then(|| rest.to_owned())
    }

    fn bare(&mut self) -> String {
        let (word, rest) = self.rest.split_once(' ').unwrap_or((self.rest, ""));
        self.rest = rest;
        word.to_owned()
    }

    /// Inside quotes a backslash stands before a quotation mark or a backslash that is meant as such.
    fn quoted(&mut self, quote: char) -> Result<String, CommandError> {
        let mut word = String::new();
        let mut chars = self.rest.chars();
        chars.next();
        while let Some(c) = chars.next() {
            if c == quote {
                self.rest = chars.as_str();
                return Ok(word.trim().to_owned());
            }
            let meant =
                chars.clone().next().filter(|next| c == '\\' && (*next == '\\' || QUOTES.contains(next)));
            word.push(meant.unwrap_or(c));
            if meant.is_some() {
                chars.next();
            }
        }
        Err(CommandError::UnclosedQuote)
    }
}

/// A text without the one pair of quotes around the whole of it.
pub(super) fn unquoted(text: &str) -> &str {
    let inside = |quote: &char| text.strip_prefix(*quote).and_then(|rest| rest.strip_suffix(*quote));
    let whole = |quote: &char| inside(quote).filter(|inner| !inner.contains(*quote));
    QUOTES.iter().find_map(whole).unwrap_or(text)
}

/// The first quotation mark that does not occur in a text.
pub(super) fn free_quote(text: &str) -> Option<char> {
    QUOTES.iter().copied().find(|quote| !text.contains(*quote))
}

/// Whether a word needs quotes to be read back as one word and as no option.
pub(super) fn needs_quotes(word: &str) -> bool {
    word.is_empty() || word.contains(' ') || word.starts_with('-') || word.starts_with(QUOTES)
}
