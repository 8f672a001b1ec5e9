//! The HTTP status codes in a probe log: which one was received and which ones were wanted.

/// What a probe log says about status codes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Codes {
    /// The code that the backend answered with.
    pub(super) received: Option<u16>,
    /// The codes that the probe accepts, such as `200-399` or `200,204`.
    pub(super) expected: Option<String>,
    /// Whether a word such as "received" stood by the received code, so that it is no mere number.
    pub(super) certain: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Received,
    Expected,
    Unclear,
}

const RECEIVED: &[&str] = &[
    "received",
    "returned",
    "returns",
    "returning",
    "got",
    "gets",
    "with",
    "responded",
    "replied",
    "answered",
    "actual",
    "actually",
    "invalid",
    "unexpected",
    "mismatch",
    "observed",
];
const EXPECTED: &[&str] = &[
    "expected",
    "expects",
    "expecting",
    "acceptable",
    "accepted",
    "accepts",
    "allowed",
    "configured",
    "configuration",
    "match",
    "matching",
    "wanted",
    "required",
];
/// After a number: it counts something else.
const UNITS: &[&str] =
    &["ms", "s", "sec", "second", "seconds", "millisecond", "milliseconds", "bytes", "port"];
/// How many words may stand between a code and the word that says what it is.
const REACH: usize = 6;

/// Reads the status codes from a log whose white space is collapsed.
pub(super) fn read(plain: &str) -> Codes {
    let lower = plain.to_ascii_lowercase();
    let tokens: Vec<&str> = lower
        .split(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '.' | '_')))
        .map(|token| token.trim_matches(['-', '.']))
        .filter(|token| !token.is_empty())
        .collect();
    let mut codes = Codes::default();
    let mut start = 0;
    while start < tokens.len() {
        let run = run_at(&tokens, start);
        if !run.is_empty() {
            codes.take(run, role(&tokens, start, start + run.len()));
        }
        start += run.len().max(1);
    }
    codes
}

impl Codes {
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
    let counted = rest.get(len).is_some_and(|unit| UNITS.contains(unit));
    let port = before.is_some_and(|word| matches!(*word, "port" | "ports"));
    // "Received 403, 200-399 was expected": what follows a received code is another matter.
    let len = if role(tokens, start, start) == Role::Received { len.min(1) } else { len };
    if counted || port { &[] } else { rest.get(..len).unwrap_or_default() }
}

/// What the words around a run make of it: first those before, then those after.
fn role(tokens: &[&str], start: usize, end: usize) -> Role {
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
        if EXPECTED.contains(word) {
            return Role::Expected;
        }
        if RECEIVED.contains(word) {
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

fn code(token: &str) -> Option<u16> {
    let number = token.parse().ok().filter(|number| (100..=599).contains(number));
    number.filter(|_| token.len() == 3)
}

fn is_range(token: &str) -> bool {
    token.split_once('-').is_some_and(|(low, high)| code(low).is_some() && code(high).is_some())
}
