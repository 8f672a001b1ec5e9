//! A probe log in a form that can be compared: the same sentence was worded differently over the years and
//! between v1 and v2 gateways ("does not" and "doesn't", "time-out" and "timeout", whitelist and allowlist,
//! with and without a link at the end), and people shorten it when they pass it on.

use super::folds;
use super::sentence::Sentence;

/// What is longer is no probe log. Azure's are a sentence or three.
const LONGEST: usize = 4096;

/// One probe log, made comparable.
pub(super) struct Wording {
    /// The text without its links, each run of white space one space; case and punctuation as sent.
    pub(super) plain: String,
    /// Its sentences in folded words. The first one names the trouble; the rest is often advice.
    pub(super) sentences: Vec<Sentence>,
    /// The last part of each `aka.ms` link, lower-case.
    pub(super) slugs: Vec<String>,
}

/// What a question starts with that asks whether something is so. "Why does it …?" says that it is so.
const ASKS: &[&str] = &[
    "is", "are", "does", "do", "did", "was", "were", "can", "could", "has", "have", "will", "should",
    "would", "how", "which", "where", "who", "when", "what",
];

/// What may come along when a message is copied from a page.
const TAGS: &[&str] =
    &["<b>", "</b>", "<strong>", "</strong>", "<br>", "<br/>", "<br />", "<p>", "</p>", "<i>", "</i>"];

/// Last labels that make a host name of two words with a dot between them.
const DOMAINS: &[&str] =
    &["com", "net", "org", "io", "local", "internal", "example", "corp", "lan", "dev", "cloud", "test", "ms"];

impl Wording {
    pub(super) fn of(text: &str) -> Self {
        let clean: String = text.chars().take(LONGEST).filter_map(plain_char).collect();
        let clean = TAGS.iter().fold(clean, |text, tag| text.replace(tag, " "));
        let clean = clean.replace("&#39;", "'").replace("&quot;", "\"").replace("&amp;", "&");
        let mut slugs = Vec::new();
        let kept = clean.split_whitespace().map(|token| without_link(token, &mut slugs));
        let plain = kept.filter(|token| !token.is_empty()).collect::<Vec<_>>().join(" ");
        let hushed = without_quotes(&plain);
        let sentences = split(&hushed).into_iter().filter_map(|(text, end)| read(text, end)).collect();
        Self { plain, sentences, slugs }
    }
}

/// A character as a keyboard would have made it. Invisible ones are dropped.
fn plain_char(c: char) -> Option<char> {
    match c {
        '’' | '‘' | '‛' | '′' | '`' | '´' => Some('\''),
        '“' | '”' | '„' | '″' => Some('"'),
        '\u{2010}'..='\u{2013}' | '\u{2212}' => Some('-'),
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' => None,
        c => Some(c),
    }
}

/// A token up to where a link starts in it. Remembers the slug of an `aka.ms` link.
fn without_link<'a>(token: &'a str, slugs: &mut Vec<String>) -> &'a str {
    // ASCII lower-casing keeps every byte offset.
    let lower = token.to_ascii_lowercase();
    let starts = ["https://", "http://", "aka.ms/"].map(|start| lower.find(start));
    let Some(start) = starts.into_iter().flatten().min() else { return token };
    let slug = lower.split_once("aka.ms/").map(|(_, slug)| slug);
    let slug = slug.and_then(|slug| slug.split(|c: char| !c.is_ascii_alphanumeric()).next());
    slugs.extend(slug.filter(|slug| !slug.is_empty()).map(str::to_owned));
    token.get(..start).unwrap_or(token).trim_matches(|c: char| !c.is_alphanumeric())
}

/// What may stand before a text that somebody looks for in a body.
const BEFORE_QUOTES: &[&str] = &[
    "contain", "contains", "include", "includes", "text", "string", "wants", "expects", "find", "word",
    "keyword",
];
/// The longest text in quotes that is taken for one.
const LONGEST_QUOTE: usize = 120;

/// A text without what is quoted from a body: those words are nobody's claim.
fn without_quotes(plain: &str) -> String {
    let mut kept = String::new();
    let mut rest = plain;
    while let Some((before, quote, after)) = next_quote(rest) {
        kept.push_str(before);
        let word = before.trim_end_matches([' ', ':']).rsplit(' ').next().unwrap_or_default();
        let looked_for = BEFORE_QUOTES.contains(&word.to_ascii_lowercase().as_str());
        let end = after.find(quote).filter(|end| looked_for && *end <= LONGEST_QUOTE);
        match end.and_then(|end| after.get(end + 1..)) {
            Some(behind) => {
                kept.push_str("somequote");
                rest = behind;
            }
            None => {
                kept.push(quote);
                rest = after;
            }
        }
    }
    kept + rest
}

/// What stands before the next quotation mark, the mark, and what stands behind it.
fn next_quote(text: &str) -> Option<(&str, char, &str)> {
    let at = text.find(['"', '\''])?;
    let quote = text.get(at..)?.chars().next()?;
    Some((text.get(..at)?, quote, text.get(at + 1..)?))
}

/// The sentences of a text, each with the mark that ends it.
fn split(plain: &str) -> Vec<(&str, char)> {
    let mut sentences = Vec::new();
    let mut start = 0;
    let mut chars = plain.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let at_end = chars.peek().is_none_or(|(_, next)| !next.is_alphanumeric() && *next != '.');
        if c == ';' || (at_end && matches!(c, '.' | '!' | '?')) {
            sentences.push((plain.get(start..at).unwrap_or_default(), c));
            start = at + c.len_utf8();
        }
    }
    sentences.push((plain.get(start..).unwrap_or_default(), '.'));
    sentences
}

/// A sentence in folded words, unless it has none or only asks.
fn read(text: &str, end: char) -> Option<Sentence> {
    let sentence = Sentence::new(folds::fold(&words(text)));
    let first = sentence.words().find(|word| *word != "," && *word != "hi" && *word != "so")?;
    let means = sentence.words().any(|word| word.starts_with("mean"));
    let asks = ASKS.contains(&first) && (end == '?' || first == "what") && !means;
    (!asks).then_some(sentence)
}

/// Lower-case words with single spaces; a comma stands for whatever parts one thought from the next.
fn words(text: &str) -> String {
    let lower = text.to_lowercase();
    let tokens =
        lower.split_whitespace().map(|token| if is_host(token) { host(token) } else { parts(token) });
    tokens.collect::<Vec<_>>().join(" ")
}

fn parts(token: &str) -> String {
    if token.chars().all(|c| matches!(c, '-' | '—' | '→' | '>' | '=' | '|' | '…' | '/')) {
        return ",".to_owned();
    }
    let mut parted = String::new();
    for (at, c) in token.char_indices() {
        let digit_next =
            token.get(at + 1..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        match c {
            '\'' => parted.push(c),
            c if c.is_alphanumeric() => parted.push(c),
            '.' if digit_next => parted.push(' '),
            ',' | ':' | '(' | ')' | '[' | ']' | '{' | '}' | '|' | '—' | '…' | '.' | '→' => {
                parted.push_str(" , ")
            }
            _ => parted.push(' '),
        }
    }
    parted
}

/// Whether a token is an address or the name of a host, with or without a port.
fn is_host(token: &str) -> bool {
    let bare = token.trim_matches(|c: char| !c.is_alphanumeric());
    let name = bare.split([':', '/']).next().unwrap_or(bare);
    let labels: Vec<&str> = name.split('.').collect();
    let whole = labels.iter().all(|label| {
        !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '*'))
    });
    let code = last_is_code(&labels);
    let number = |label: &&str| label.parse::<u8>().is_ok();
    let last = labels.last().copied().unwrap_or_default();
    let known = labels.len() > 1 && DOMAINS.contains(&last);
    let long = labels.len() > 2 && last.len() > 1 && last.chars().all(char::is_alphabetic);
    whole && !code && (known || long || (labels.len() == 4 && labels.iter().all(number)))
}

/// Whether dots part the names of a program, and no domains.
fn last_is_code(labels: &[&str]) -> bool {
    labels.last().is_some_and(|last| last.ends_with("exception") || last.ends_with("error"))
}

/// The word that stands for any host, with the punctuation around it.
fn host(token: &str) -> String {
    let open = token.starts_with(|c: char| !c.is_alphanumeric());
    let close = token.ends_with(|c: char| !c.is_alphanumeric());
    format!("{}somehost{}", if open { ", " } else { "" }, if close { " ," } else { "" })
}
