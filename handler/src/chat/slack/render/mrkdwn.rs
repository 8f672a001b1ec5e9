//! Slack's markup, made so that nothing in a text is obeyed.
//!
//! Three characters are escaped everywhere, which is all that keeps mentions and links out. Backticks are
//! replaced where they would end a code span. Text is cut before it is escaped, so no entity is halved.

use domain::card::{Group, Span, Text};
use domain::request::{Person, Platform};
use serde_json::{Value, json};

use crate::chat::letters::tame;
use crate::chat::link;

const CUT: &str = "…";

/// A text on one line, at most `limit` long.
pub(super) fn line(text: &Text, limit: usize) -> String {
    let mut out = Out::new(limit);
    for span in &text.0 {
        if !out.span(span) {
            break;
        }
    }
    out.text
}

/// Words without markup, escaped and at most `limit` long.
pub(super) fn escaped(words: &str, limit: usize) -> String {
    let mut out = Out::new(limit);
    out.words(words, |letter| letter);
    out.text
}

/// Like [`escaped`], and never empty: Slack refuses an empty label.
pub(super) fn filled(words: &str, limit: usize) -> String {
    let text = escaped(words, limit);
    if text.trim().is_empty() { CUT.to_owned() } else { text }
}

/// A text object without markup: `:joy:` stays what it is.
pub(super) fn plain(words: &str, limit: usize) -> Value {
    let words = words.replace(['\n', '\r'], " ");
    json!({ "type": "plain_text", "text": filled(&words, limit), "emoji": false })
}

/// Lines as they are, in a block of code at most `limit` long. Too many are shortened in the middle.
pub(super) fn fenced(lines: &[String], limit: usize) -> String {
    let room = limit.saturating_sub("```\n\n```".len());
    let safe: Vec<_> =
        lines.iter().map(|line| escaped(&line.replace("``", "`\u{200b}`"), room / 4)).collect();
    let ends = |first: usize, last: usize| {
        let missing = safe.len() - first - last;
        let head = safe.iter().take(first).cloned();
        let tail = safe.iter().skip(safe.len() - last).cloned();
        let gap = (missing > 0).then(|| format!("{CUT} {missing} lines"));
        head.chain(gap).chain(tail).collect::<Vec<_>>().join("\n")
    };
    let (mut first, mut last) = (safe.len() - safe.len() / 2, safe.len() / 2);
    let mut body = ends(first, last);
    while length(&body) > room && first + last > 0 {
        if first > last {
            first -= 1
        } else {
            last -= 1
        }
        body = ends(first, last);
    }
    format!("```\n{body}\n```")
}

/// How long Slack finds a text; UTF-16 is the stricter way to count.
pub(super) fn length(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// Text under construction that stays within its limit.
struct Out {
    text: String,
    room: usize,
}

impl Out {
    fn new(limit: usize) -> Self {
        Self { text: String::new(), room: limit.saturating_sub(CUT.len()) }
    }

    /// Adds a span. False when it did not fit whole.
    fn span(&mut self, span: &Span) -> bool {
        match span {
            Span::Plain(words) => self.words(words, quiet),
            Span::Code(words) => self.between('`', words, quiet),
            Span::Bold(words) => {
                self.between('*', words, |letter| if letter == '*' { '∗' } else { quiet(letter) })
            }
            Span::Link { label, url } => self.link(label, url),
            Span::Person(person) => self.person(person),
            Span::Group(group) => self.group(group),
            Span::Time(at) => self.words(&Text::new().time(*at).plain(), quiet),
        }
    }

    fn words(&mut self, words: &str, change: fn(char) -> char) -> bool {
        let kept = |letter| if matches!(letter, '\n' | '\t') { letter } else { tame(letter) };
        for letter in words.chars().map(change).map(kept) {
            let mut own = [0; 4];
            let piece = match letter {
                '&' => "&amp;",
                '<' => "&lt;",
                '>' => "&gt;",
                other => other.encode_utf8(&mut own),
            };
            if !self.whole(piece) {
                self.text.push_str(CUT);
                return false;
            }
        }
        true
    }

    fn between(&mut self, mark: char, words: &str, change: fn(char) -> char) -> bool {
        let words = words.trim();
        if words.is_empty() || self.room < 3 {
            return words.is_empty();
        }
        self.room -= 2;
        self.text.push(mark);
        let fitted = self.words(words, change);
        self.text.push(mark);
        fitted
    }

    /// A link, if it leads to where links may lead; else its words.
    fn link(&mut self, label: &str, url: &str) -> bool {
        let Some(url) = link::safe(url) else { return self.words(label, quiet) };
        let target = String::from(url).replace('|', "%7C").replace('<', "%3C").replace('>', "%3E");
        let label = filled(&label.replace(['\n', '|'], " "), 200);
        let target = escaped(&target, usize::MAX);
        self.whole(&format!("<{target}|{label}>")) || self.words(CUT, quiet)
    }

    /// A mention, if Slack knows the person; else their name.
    fn person(&mut self, person: &Person) -> bool {
        let known = person.platform == Platform::Slack && is_member(&person.id);
        if known { self.whole(&format!("<@{}>", person.id)) } else { self.words(person.shown(), quiet) }
    }

    /// A mention of a group, which tells everybody in it.
    fn group(&mut self, group: &Group) -> bool {
        match mention(group) {
            Some(mention) => self.whole(&mention),
            None => self.words(Group::SHOWN, quiet),
        }
    }

    fn whole(&mut self, piece: &str) -> bool {
        let rest = self.room.checked_sub(length(piece));
        if let Some(rest) = rest {
            self.text.push_str(piece);
            self.room = rest;
        }
        rest.is_some()
    }
}

/// On one line, and without the character that opens code.
fn quiet(letter: char) -> char {
    match letter {
        '`' => '\'',
        '\n' | '\r' | '\t' => ' ',
        other => other,
    }
}

/// How a user group is mentioned, if it is one of Slack's.
pub(super) fn mention(group: &Group) -> Option<String> {
    let known = group.platform == Platform::Slack && is_id(&group.id, &['S']);
    known.then(|| format!("<!subteam^{}>", group.id))
}

/// Whether an id looks like Slack's for a person: `U07ALEX001`.
fn is_member(id: &str) -> bool {
    is_id(id, &['U', 'W'])
}

fn is_id(id: &str, kinds: &[char]) -> bool {
    let rest = id.strip_prefix(kinds).unwrap_or_default();
    (5..=30).contains(&rest.len())
        && rest.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}
