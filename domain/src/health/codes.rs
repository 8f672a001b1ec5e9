//! The HTTP status codes in a probe log: which one was received and which ones were wanted.

mod tokens;

use tokens::{code, tokens};

/// What a probe log says about status codes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Codes {
    /// The code that the backend answered with.
    pub(super) received: Option<u16>,
    /// The codes that the probe accepts, such as `200-399` or `200,204`.
    pub(super) expected: Option<String>,
    /// Whether a word such as "received" stood by the received code, so that it is no mere number.
    pub(super) certain: bool,
    /// A code that did not come: "does not return 200".
    missed: Option<u16>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Received,
    Expected,
    Unclear,
}

const RECEIVED: &str = "\
    received receive refused returned returns returning return got gets get getting receives \
    receiving responded responds responding gives gave sends sent throws sees saw failed fails \
    failing failure replied replies answered answers answering actual actually invalid unexpected \
    mismatch observed";
const EXPECTED: &str = "\
    expected expects expecting acceptable accepted accepts allowed configured configuration match \
    matching wanted wants needs only required should instead range";
/// After a number: it counts something else.
const UNITS: &str = "\
    ms s sec second seconds millisecond milliseconds bytes port requests servers users times \
    attempts days minutes hours mb kb years euros dollars people applications instances km percent";
/// Before a code, with nothing but [`LIGHT`] words between: it did not come.
const DENIALS: &str = "not never no cannot without isnt doesnt didnt";
const LIGHT: &str = "\
    get gets getting got return returns returning returned receive received give gives answer \
    answers respond responds reply with a an any the status code http more longer see seeing show \
    shows throw throws send sends is was been be fail failing to";
/// How many words may stand between a code and the word that says what it is.
const REACH: usize = 6;

/// Reads the status codes from a log whose white space and quotes are plain.
pub(super) fn read(plain: &str) -> Codes {
    let tokens = tokens(plain);
    let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
    let mut codes = Codes::default();
    let mut start = 0;
    while start < tokens.len() {
        let run = run_at(&tokens, start);
        match run {
            [] => {}
            [one] if is_denied(&tokens, start) => codes.missed = codes.missed.or(code(one)),
            _ => codes.take(run, role(&tokens, start, start + run.len())),
        }
        start += run.len().max(1);
    }
    codes
}

/// Whether a code is said not to have come: "never returns 403".
fn is_denied(tokens: &[&str], start: usize) -> bool {
    let before = tokens.get(..start).unwrap_or_default().iter().rev().take(REACH);
    let mut denials = before.skip_while(|word| among(LIGHT, word));
    denials.next().is_some_and(|word| among(DENIALS, word))
}

impl Codes {
    /// Whether a code did not come that a probe would have taken for success.
    pub(super) fn refused_success(&self) -> bool {
        self.missed.is_some_and(|code| (200..400).contains(&code))
    }

    fn take(&mut self, run: &[&str], role: Role) {
        let single = if let [one] = run { code(one) } else { None };
        match (role, single) {
            (Role::Expected, _) | (_, None) => self.expected = self.expected.take().or(Some(run.join(","))),
            (Role::Received, Some(found)) if !self.certain => {
                self.received = Some(found);
                self.certain = true;
            }
            (_, Some(found)) => self.received = self.received.or(Some(found)),
        }
    }
}

/// The codes and ranges that follow each other from `start` on.
fn run_at<'a, 't>(tokens: &'a [&'t str], start: usize) -> &'a [&'t str] {
    let rest = tokens.get(start..).unwrap_or_default();
    let len = rest.iter().take_while(|token| code(token).is_some() || is_range(token)).count();
    let before = start.checked_sub(1).and_then(|at| tokens.get(at));
    let counted = rest.get(len).is_some_and(|unit| among(UNITS, unit));
    let port = before.is_some_and(|word| matches!(*word, "port" | "ports"));
    // "Received 403, 200-399 was expected": what follows a received code is another matter.
    let len = if role(tokens, start, start) == Role::Received { len.min(1) } else { len };
    if counted || port { &[] } else { rest.get(..len).unwrap_or_default() }
}

/// What the words around a run make of it: first those before, then those after.
fn role(tokens: &[&str], start: usize, end: usize) -> Role {
    let mut next = tokens.iter().skip(end).take(3).skip_while(|word| matches!(**word, "is" | "was" | "not"));
    if end == start + 1 && next.next().is_some_and(|word| matches!(*word, "within" | "outside" | "in")) {
        return Role::Received;
    }
    // "403 from backend", "health probe 404"; a probe of port 443 is no answer.
    let from = tokens.get(end).is_some_and(|word| *word == "from");
    let probe =
        start.checked_sub(1).and_then(|before| tokens.get(before)).is_some_and(|word| *word == "probe");
    let refusal =
        tokens.get(start).and_then(|token| code(token)).is_some_and(|code| code >= 400 && code != 443);
    if end == start + 1 && (from || (probe && refusal)) {
        return Role::Received;
    }
    let before = tokens.get(..start).unwrap_or_default().iter().rev();
    let after = tokens.get(end..).unwrap_or_default().iter().take(REACH - 2);
    let after = after.filter(|word| !matches!(**word, "with" | "match" | "invalid" | "configuration"));
    match nearest(before.take(REACH)) {
        Role::Unclear => nearest(after),
        found => found,
    }
}

fn nearest<'a>(words: impl Iterator<Item = &'a &'a str>) -> Role {
    for word in words.take_while(|word| code(word).is_none() && !is_range(word)) {
        if among(EXPECTED, word) {
            return Role::Expected;
        }
        if among(RECEIVED, word) {
            return Role::Received;
        }
    }
    Role::Unclear
}

/// Whether a list of codes and ranges, such as `200-299,401`, admits a code.
pub(super) fn admits(list: &str, found: u16) -> bool {
    let number = |text: &str| text.trim().parse::<u16>().ok();
    list.split(',').any(|part| {
        let (low, high) = part.split_once('-').unwrap_or((part, part));
        number(low).zip(number(high)).is_some_and(|(low, high)| (low..=high).contains(&found))
    })
}

fn is_range(token: &str) -> bool {
    token.split_once('-').is_some_and(|(low, high)| code(low).is_some() && code(high).is_some())
}

/// Whether a word is in a list of words with spaces between.
fn among(words: &str, word: &str) -> bool {
    words.split(' ').any(|one| one == word)
}
