//! From a wording to the symptom it stands for.

use super::codes;
use super::stems::{CERTIFICATE, RULES, Rule, SLUGS, SPEAKERS, STATUS_WORDS, SUCCESS, TROUBLE};
use super::wording::Wording;

/// Which symptom a wording stands for, before its details are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Healthy,
    StatusMismatch,
    BodyMismatch,
    Timeout,
    CannotConnect,
    Dns,
    TlsNameMismatch,
    TlsExpired,
    TlsChain,
    TlsUntrusted,
    TlsRootMismatch,
    TlsOther,
    ProxyProtocol,
    StatusUnavailable,
    NoHealthyServer,
}

/// Names the symptom of a probe log, or `None` for a wording that we do not know.
///
/// The first sentence decides when it can: what follows is often advice, and advice names other troubles.
pub(super) fn classify(wording: &Wording) -> Option<Kind> {
    if succeeded(&wording.lead) {
        return Some(Kind::Healthy);
    }
    let known = first_fit(&wording.lead).or_else(|| first_fit(&wording.words));
    known.or_else(|| by_code(wording)).or_else(|| by_certificate(wording)).or_else(|| by_slug(wording))
}

fn first_fit(words: &str) -> Option<Kind> {
    let fits = |(_, groups): &&Rule| groups.iter().all(|stems| any(words, stems));
    RULES.iter().find(fits).map(|(kind, _)| *kind)
}

/// Whether one of the stems, which stand between bars, is among the words.
fn any(words: &str, stems: &str) -> bool {
    stems.split('|').any(|stem| words.contains(&format!(" {}", stem.trim().replace('.', " "))))
}

fn succeeded(lead: &str) -> bool {
    let starts = [" success", " succeeded", " healthy ", " ok ", " passed "]
        .iter()
        .any(|start| lead.starts_with(start));
    (starts || any(lead, SUCCESS)) && !any(lead, TROUBLE)
}

/// "Probe failed with 403", "Received 200 from backend": no known sentence, but a code that was received.
fn by_code(wording: &Wording) -> Option<Kind> {
    let codes = codes::read(&wording.plain);
    let words = &wording.words;
    let certain = codes.certain && any(words, SPEAKERS);
    let spoken = certain || any(words, STATUS_WORDS) || words.trim().len() == 3;
    let received = codes.received.filter(|_| spoken)?;
    let wanted = codes.expected.as_deref().unwrap_or("200-399");
    let fine = codes::admits(wanted, received) && !any(words, TROUBLE);
    Some(if fine { Kind::Healthy } else { Kind::StatusMismatch })
}

/// A complaint about a certificate that names no reason; the link may.
fn by_certificate(wording: &Wording) -> Option<Kind> {
    let complains = any(&wording.words, CERTIFICATE) && any(&wording.words, TROUBLE);
    let named = by_slug(wording).filter(|kind| *kind == Kind::TlsNameMismatch);
    complains.then(|| named.unwrap_or(Kind::TlsOther))
}

fn by_slug(wording: &Wording) -> Option<Kind> {
    let known = |slug: &String| SLUGS.iter().find(|(name, _)| name == slug).map(|(_, kind)| *kind);
    wording.slugs.iter().find_map(known)
}
