//! Discord's markdown, made so that nothing in a text is obeyed.
//!
//! A backslash takes the meaning from the character behind it, everywhere but in code (Discord's help pages, "Markdown
//! Text 101"). Mentions are found in the raw text, so `@` is parted from its name as well; and no message of ours
//! may mention anybody, whatever it says. Text is cut before it is escaped, so no escape is halved.

use domain::card::{Group, Span, Text, clock};
use domain::request::{Person, Platform};

use crate::chat::letters::tame;
use crate::chat::link;

const CUT: &str = "…";
/// A space of no width: it parts what would mean something together.
const GAP: char = '\u{200b}';
const LINK_LABEL: usize = 150;

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

/// Words without markup, on one line, escaped and at most `limit` long.
pub(super) fn escaped(words: &str, limit: usize) -> String {
    let mut out = Out::new(limit);
    out.words(words.trim());
    out.text
}

/// Like [`escaped`], and never empty: Discord refuses an empty name.
pub(super) fn filled(words: &str, limit: usize) -> String {
    let text = escaped(words, limit);
    if text.trim().is_empty() { CUT.to_owned() } else { text }
}

/// Words on one line, at most `limit` long, for where Discord marks up nothing.
pub(super) fn plain(words: &str, limit: usize) -> String {
    let mut out = Out::new(limit);
    out.pieces(words.chars().map(|letter| tame(letter).to_string()));
    out.text
}

/// An address that may stand behind a link.
pub(super) fn address(url: &str) -> Option<String> {
    link::safe(url).map(String::from).filter(|url| length(url) <= 1500)
}

/// Lines as they are, in a block of code at most `limit` long. Too many are shortened in the middle.
pub(super) fn fenced(language: &str, lines: Vec<String>, limit: usize) -> String {
    let room = limit.saturating_sub(length(language) + "```\n\n```".len() + "… 00000 lines\n".len());
    let lines: Vec<_> = lines.into_iter().map(|line| coded(&line, room / 4)).collect();
    let total = lines.len();
    let (mut first, mut last, mut used) = (Vec::new(), Vec::new(), 0);
    let mut lines = lines.into_iter();
    while let Some(line) = if first.len() > last.len() { lines.next_back() } else { lines.next() } {
        used += length(&line) + 1;
        if used > room {
            break;
        }
        if first.len() > last.len() { last.push(line) } else { first.push(line) }
    }
    let missing = total - first.len() - last.len();
    let gap = (missing > 0).then(|| format!("{CUT} {missing} lines"));
    let body: Vec<_> = first.into_iter().chain(gap).chain(last.into_iter().rev()).collect();
    format!("```{language}\n{}\n```", body.join("\n"))
}

/// A line of code: its spaces stay, and it cannot end the block.
fn coded(line: &str, limit: usize) -> String {
    let line = line.replace('\t', "    ").replace("``", &format!("`{GAP}`"));
    plain(&uninviting(&line), limit)
}

/// How long Discord finds a text.
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
            Span::Plain(words) => self.words(words),
            Span::Code(words) => {
                let words = uninviting(words.trim());
                let words = words.chars().map(|letter| if letter == '`' { '\'' } else { tame(letter) });
                self.between("`", words.map(String::from).collect())
            }
            Span::Bold(words) => self.between("**", silent(words.trim(), self.begins(), self.room)),
            Span::Link { label, url } => self.link(label, url),
            Span::Person(person) => self.person(person),
            // On-call groups are Slack's.
            Span::Group(_) => self.words(Group::SHOWN),
            Span::Time(at) => self.words(&clock(*at)),
        }
    }

    fn words(&mut self, words: &str) -> bool {
        // An address or an invitation must not come together from two spans.
        let ends = self.text.ends_with([':', '.']) && !words.starts_with(char::is_whitespace);
        let joins = ends || words.starts_with(".gg");
        let gap = joins.then(|| GAP.to_string());
        let pieces = silent(words, self.begins(), self.room);
        self.pieces(gap.into_iter().chain(pieces))
    }

    /// Whether the next letter is the first on its line.
    fn begins(&self) -> bool {
        self.text.trim_start().is_empty()
    }

    fn pieces(&mut self, mut pieces: impl Iterator<Item = String>) -> bool {
        let fitted = pieces.all(|piece| self.whole(&piece));
        if !fitted {
            self.text.push_str(CUT);
        }
        fitted
    }

    fn between(&mut self, mark: &str, pieces: Vec<String>) -> bool {
        if pieces.is_empty() {
            return true;
        }
        let Some(rest) = self.room.checked_sub(2 * mark.len() + 1) else { return self.whole(CUT) };
        self.room = rest;
        // Marks that touch would be read as one longer mark.
        if self.text.ends_with(mark) {
            self.text.push(GAP);
        }
        self.text.push_str(mark);
        let fitted = self.pieces(pieces.into_iter());
        self.text.push_str(mark);
        fitted
    }

    /// A link without a preview, if it leads to where links may lead; else its words.
    fn link(&mut self, label: &str, url: &str) -> bool {
        let Some(url) = address(url) else { return self.words(label) };
        // Discord makes no link of words that are an address themselves.
        let link = if address(label).as_deref() == Some(&url) {
            format!("<{}>", target(&url))
        } else {
            format!("[{}](<{}>)", filled(label, LINK_LABEL), target(&url))
        };
        self.whole(&link) || self.words(CUT)
    }

    /// The name of a person, as Discord shows it for its own people. Nobody is notified.
    fn person(&mut self, person: &Person) -> bool {
        let known = person.platform == Platform::Discord && is_snowflake(&person.id);
        if known { self.whole(&format!("<@{}>", person.id)) } else { self.words(person.shown()) }
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

/// An address as it can stand between angle brackets, where it has no preview.
pub(super) fn target(url: &str) -> String {
    url.replace('<', "%3C").replace('>', "%3E").replace('\\', "%5C").replace(' ', "%20")
}

/// Whether an id looks like Discord's.
fn is_snowflake(id: &str) -> bool {
    (15..=20).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit())
}

/// Words without an invitation, for which Discord shows a card even without https, and maybe in code.
fn uninviting(words: &str) -> String {
    let lower = words.to_ascii_lowercase();
    let (mut out, mut done) = (String::new(), 0);
    for (at, name) in lower.match_indices("discord") {
        let end = at + name.len();
        let rest = lower.get(end..).unwrap_or_default();
        if [".gg", ".com/invite", "app.com/invite"].iter().any(|host| rest.starts_with(host)) {
            out.push_str(words.get(done..end).unwrap_or_default());
            out.push(GAP);
            done = end;
        }
    }
    out + words.get(done..).unwrap_or_default()
}

/// Words, letter by letter, as they can stand in markdown. Of many more than fit, only as many are looked at.
fn silent(words: &str, begins: bool, room: usize) -> Vec<String> {
    let letters: Vec<char> = uninviting(words).chars().take(room.saturating_add(1)).map(tame).collect();
    let start = if begins {
        letters.iter().position(|letter| *letter != ' ').unwrap_or_default()
    } else {
        usize::MAX
    };
    let digits = letters.iter().skip(start).take_while(|letter| letter.is_ascii_digit()).count();
    let pieces = letters.iter().enumerate().map(|(index, letter)| {
        let before = index.checked_sub(1).and_then(|index| letters.get(index)).copied().unwrap_or(' ');
        let after = letters.get(index + 1).copied().unwrap_or(' ');
        // Headings, small print and lists.
        let lists = match letter {
            '#' | '-' | '+' => index == start,
            '.' | ')' => begins && digits > 0 && index == start + digits && after.is_whitespace(),
            _ => false,
        };
        if lists { format!("\\{letter}") } else { piece(before, *letter, after) }
    });
    pieces.collect()
}

/// A letter between two others, anywhere in a line.
fn piece(before: char, letter: char, after: char) -> String {
    let means_something = match letter {
        '\\' | '*' | '_' | '~' | '|' | '`' | '[' | ']' | '<' | '>' => true,
        // Addresses and emoji, but not the time of day.
        ':' => after == '/' || !before.is_ascii_digit() && !after.is_whitespace(),
        _ => false,
    };
    match letter {
        '@' => format!("@{GAP}"),
        _ if means_something => format!("\\{letter}"),
        _ => letter.to_string(),
    }
}
