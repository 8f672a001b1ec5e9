//! A probe log in a form that can be compared: the same sentence was worded differently over the years and
//! between v1 and v2 gateways ("does not" and "doesn't", "time-out" and "timeout", whitelist and allowlist,
//! with and without a link at the end).

/// One probe log, made comparable.
pub(super) struct Wording {
    /// The text without its links, each run of white space one space; case and punctuation as sent.
    pub(super) plain: String,
    /// The folded words of the whole text, with one space before, between and after them.
    pub(super) words: String,
    /// The folded words of the first sentence. It names the trouble; the rest is often advice.
    pub(super) lead: String,
    /// The last part of each `aka.ms` link, lower-case.
    pub(super) slugs: Vec<String>,
}

/// Turns of phrase with one meaning, replaced in this order.
const FOLDS: &[(&str, &str)] = &[
    ("to learn more", "learnmore"),
    ("504 gateway time out", "504"),
    ("504 gateway timeout", "504"),
    ("408 request timeout", "408"),
    ("time out", "timeout"),
    ("timed out", "timeout"),
    ("times out", "timeout"),
    ("timedout", "timeout"),
    ("back end", "backend"),
    ("host name", "hostname"),
    ("white list", "whitelist"),
    ("white listed", "whitelist"),
    ("whitelisted", "whitelist"),
    ("allow list", "allowlist"),
    ("allow listed", "allowlist"),
    ("allowlisted", "allowlist"),
    ("self signed", "selfsigned"),
    ("can not", "cannot"),
    ("could not", "cannot"),
    ("unable to", "cannot"),
    ("not able to", "cannot"),
    ("failed to", "cannot"),
    ("fails to", "cannot"),
    ("not possible to", "cannot"),
    ("does not", "not"),
    ("did not", "not"),
    ("do not", "not"),
    ("is not", "not"),
    ("are not", "not"),
    ("was not", "not"),
    ("were not", "not"),
    ("has not", "not"),
];

impl Wording {
    pub(super) fn of(text: &str) -> Self {
        let mut slugs = Vec::new();
        let kept = text.split_whitespace().map(|token| without_link(token, &mut slugs));
        let plain = kept.filter(|token| !token.is_empty()).collect::<Vec<_>>().join(" ");
        let words = fold(&plain);
        let lead = fold(first_sentence(&plain));
        Self { plain, words, lead, slugs }
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

fn first_sentence(plain: &str) -> &str {
    let end = plain.find([';', '!']).into_iter().chain(plain.find(". ")).min();
    end.and_then(|end| plain.get(..end)).unwrap_or(plain)
}

fn fold(plain: &str) -> String {
    let lower = plain.to_ascii_lowercase().replace(['’', '‘', '`'], "'");
    let lower = lower.replace("can't", "cannot").replace("n't", " not").replace('\'', "");
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let mut folded = format!(" {} ", words.collect::<Vec<_>>().join(" "));
    for (from, to) in FOLDS {
        folded = folded.replace(&format!(" {from} "), &format!(" {to} "));
    }
    folded
}
