//! What Discord would make of a text: a reader of its markdown, which finds fault with all of it that is not ours.

use domain::card::{Group, Span, Text, clock};

use super::markdown;
use crate::chat::letters::tame;

const GAP: char = '\u{200b}';
const MARKS: [char; 11] = ['\\', '*', '_', '~', '|', '`', '[', ']', '<', '>', '\n'];

/// What is read.
#[derive(Debug, Default)]
pub(super) struct Read {
    /// The words, without what marks them up.
    pub(super) words: String,
    /// How many people are named.
    pub(super) people: usize,
}

/// Reads a text line by line, and the blocks of code in it.
pub(super) fn read(text: &str) -> Result<Read, String> {
    let lower = text.to_ascii_lowercase();
    if ["discord.gg", "discord.com/invite", "discordapp.com/invite"].iter().any(|host| lower.contains(host)) {
        return Err(format!("an invitation: {text:?}"));
    }
    let mut all = Read::default();
    for (index, part) in text.split("```").enumerate() {
        if index % 2 == 1 {
            all.words.push_str(part);
            continue;
        }
        for line in part.lines() {
            let rest = Reader { rest: line.trim_start(), read: &mut all, line };
            rest.line()?;
        }
    }
    if text.matches("```").count().is_multiple_of(2) {
        Ok(all)
    } else {
        Err(format!("a block without an end: {text:?}"))
    }
}

struct Reader<'t> {
    rest: &'t str,
    line: &'t str,
    read: &'t mut Read,
}

impl Reader<'_> {
    fn line(mut self) -> Result<(), String> {
        let digits = self.rest.trim_start_matches(|letter: char| letter.is_ascii_digit());
        let numbered =
            digits.len() < self.rest.len() && (digits.starts_with(". ") || digits.starts_with(") "));
        if self.rest.starts_with(['#', '-', '+']) || numbered {
            return self.fault("begins a block");
        }
        while let Some(letter) = self.rest.chars().next() {
            if !self.marked()? {
                if MARKS.contains(&letter) {
                    return self.fault("markup");
                }
                if letter == '@' && !self.rest.starts_with("@\u{200b}") {
                    return self.fault("a mention");
                }
                if self.rest.starts_with("://") {
                    return self.fault("an address");
                }
                self.read.words.push(letter);
                self.skip(letter.len_utf8());
            }
        }
        Ok(())
    }

    /// Reads what is marked up, in a way that we write.
    fn marked(&mut self) -> Result<bool, String> {
        let rest = self.rest;
        if let Some(escaped) = rest.strip_prefix('\\').and_then(|rest| rest.chars().next()) {
            self.read.words.push(escaped);
            self.skip(1 + escaped.len_utf8());
        } else if rest.starts_with("**") {
            self.skip(2);
        } else if rest.starts_with("*… ") && rest.ends_with(" more in the thread*") {
            self.skip(rest.len());
        } else if let Some((code, _)) = rest.strip_prefix('`').and_then(|rest| rest.split_once('`')) {
            self.read.words.push_str(code);
            self.skip(code.len() + 2);
        } else if let Some((id, _)) = rest.strip_prefix("<@").and_then(|rest| rest.split_once('>')) {
            if !id.bytes().all(|byte| byte.is_ascii_digit()) {
                return self.fault("a mention");
            }
            self.read.people += 1;
            self.skip(id.len() + 3);
        } else if let Some((url, _)) = rest.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
            leads(url).map_err(|()| format!("{url} in {:?}", self.line))?;
            self.read.words.push_str(url);
            self.skip(url.len() + 2);
        } else if rest.starts_with('[') {
            self.link()?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    fn link(&mut self) -> Result<(), String> {
        let Some((label, url)) = self.rest.split_once("](<").and_then(|(label, rest)| {
            rest.split_once(">)").map(|(url, _)| (label.get(1..).unwrap_or_default(), url))
        }) else {
            return self.fault("a broken link");
        };
        leads(url).map_err(|()| format!("{url} in {:?}", self.line))?;
        Reader { rest: label, line: label, read: self.read }.label()?;
        self.skip(label.len() + url.len() + "[](<>)".len());
        Ok(())
    }

    fn label(mut self) -> Result<(), String> {
        while let Some(letter) = self.rest.chars().next() {
            if let Some(escaped) = self.rest.strip_prefix('\\').and_then(|rest| rest.chars().next()) {
                self.read.words.push(escaped);
                self.skip(1 + escaped.len_utf8());
            } else if MARKS.contains(&letter) {
                return self.fault("markup in a label");
            } else {
                self.read.words.push(letter);
                self.skip(letter.len_utf8());
            }
        }
        Ok(())
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    fn fault<T>(&self, what: &str) -> Result<T, String> {
        Err(format!("{what} at {:?} of {:?}", self.rest, self.line))
    }
}

/// Whether an address is one of those where links may lead.
fn leads(url: &str) -> Result<(), ()> {
    let begins = ["https://", "http://127.0.0.1", "http://localhost"];
    let whole = !url.contains(['<', '>', ' ']);
    if whole && begins.iter().any(|begin| url.starts_with(begin)) { Ok(()) } else { Err(()) }
}

/// What a text says, as it is to be read.
pub(super) fn said(text: &Text) -> String {
    let words = text.0.iter().map(|span| match span {
        Span::Plain(words) => words.clone(),
        Span::Bold(words) => words.trim().to_owned(),
        Span::Code(words) => words.trim().replace('`', "'"),
        Span::Link { label, url } => match markdown::address(url) {
            Some(url) if markdown::address(label).as_ref() == Some(&url) => markdown::target(&url),
            Some(_) => label.trim().to_owned(),
            None => label.clone(),
        },
        Span::Person(person) => person.shown().to_owned(),
        Span::Group(_) => Group::SHOWN.to_owned(),
        Span::Time(at) => clock(*at),
    });
    words.collect::<String>().chars().map(tame).collect()
}

/// A text as it is read aloud: without spaces of no width, and without the spaces around it.
pub(super) fn heard(text: &str) -> String {
    text.replace(GAP, "").trim().to_owned()
}
