//! Text with a little structure, so that each platform can mark it up and escape it in its own way.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::request::{Person, Platform};

/// A piece of text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Span {
    /// Words.
    Plain(String),
    /// A value that is copied or compared: a path, a name, a status code.
    Code(String),
    /// Words that must not be overlooked.
    Bold(String),
    /// Words that lead somewhere.
    Link {
        /// What is read.
        label: String,
        /// Where it leads: https, or http on loopback.
        url: String,
    },
    /// Somebody.
    Person(Person),
    /// Some people, who are told by it. Nothing that comes from outside is ever turned into one.
    Group(Group),
    /// A moment, shown in UTC.
    Time(Timestamp),
}

/// People whom a platform knows together, such as Slack's user group `S0614TZR7`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Where the id means something.
    pub platform: Platform,
    /// The platform's own id.
    pub id: String,
}

impl Group {
    /// What the group is called where it is not mentioned.
    pub const SHOWN: &str = "On-call group";
}

/// A line of text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Text(pub Vec<Span>);

impl Text {
    /// No text.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Words and nothing else.
    #[must_use]
    pub fn of(words: impl Into<String>) -> Self {
        Self::new().say(words)
    }

    /// Adds words.
    #[must_use]
    pub fn say(self, words: impl Into<String>) -> Self {
        self.with(Span::Plain(words.into()))
    }

    /// Adds a value to copy or compare.
    #[must_use]
    pub fn code(self, value: impl ToString) -> Self {
        self.with(Span::Code(value.to_string()))
    }

    /// Adds words that must not be overlooked.
    #[must_use]
    pub fn bold(self, words: impl Into<String>) -> Self {
        self.with(Span::Bold(words.into()))
    }

    /// Adds words that lead somewhere.
    #[must_use]
    pub fn link(self, label: impl Into<String>, url: impl Into<String>) -> Self {
        self.with(Span::Link { label: label.into(), url: url.into() })
    }

    /// Adds a person.
    #[must_use]
    pub fn person(self, person: &Person) -> Self {
        self.with(Span::Person(person.clone()))
    }

    /// Tells a group.
    #[must_use]
    pub fn group(self, group: &Group) -> Self {
        self.with(Span::Group(group.clone()))
    }

    /// Adds some people: Alex, Bo and Carol.
    #[must_use]
    pub fn people<'p>(self, people: impl IntoIterator<Item = &'p Person>) -> Self {
        let people: Vec<&Person> = people.into_iter().collect();
        let last = people.len().saturating_sub(1);
        people.into_iter().enumerate().fold(self, |text, (index, person)| {
            let text = match index {
                0 => text,
                _ if index == last => text.say(" and "),
                _ => text.say(", "),
            };
            text.person(person)
        })
    }

    /// Adds a moment.
    #[must_use]
    pub fn time(self, at: Timestamp) -> Self {
        self.with(Span::Time(at))
    }

    /// Adds values to copy, with commas between them: `a`, `b`.
    #[must_use]
    pub fn codes<T: ToString>(self, values: impl IntoIterator<Item = T>) -> Self {
        values.into_iter().enumerate().fold(self, |text, (index, value)| {
            let text = if index == 0 { text } else { text.say(", ") };
            text.code(value)
        })
    }

    /// Adds another text.
    #[must_use]
    pub fn text(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Whether there is nothing to read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text without markup.
    #[must_use]
    pub fn plain(&self) -> String {
        self.0.iter().fold(String::new(), |mut out, span| {
            // Writing to a string cannot fail.
            let _ = match span {
                Span::Plain(words) | Span::Bold(words) | Span::Code(words) => out.write_str(words),
                Span::Link { label, url } if label == url => out.write_str(url),
                Span::Link { label, url } => write!(out, "{label} ({url})"),
                Span::Person(person) => out.write_str(person.shown()),
                Span::Group(_) => out.write_str(Group::SHOWN),
                Span::Time(at) => out.write_str(&clock(*at)),
            };
            out
        })
    }

    fn with(mut self, span: Span) -> Self {
        self.0.push(span);
        self
    }
}

impl From<&str> for Text {
    fn from(words: &str) -> Self {
        Self::of(words)
    }
}

/// A moment as people write it in an incident: `2026-11-22 03:04 UTC`.
#[must_use]
pub fn clock(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
