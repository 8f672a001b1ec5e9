//! From a wording to the symptom it stands for.
//!
//! First a text must be about a probe ([`super::trade`]). Then the rules of [`super::stems`] are tried on one
//! sentence after the other, the most particular first: the first sentence names the trouble, what follows is
//! often advice, and advice names other troubles. Only if no rule fits do numbers, a vague complaint about a
//! certificate, words of success and the link at the end decide, in this order. Nothing is weighed or scored.

use super::codes::{self, Codes};
use super::sentence::Sentence;
use super::stems::{RULES, Rule, SLUGS, SPEAKERS, STATUS_WORDS, SUCCESS, TROUBLE, VAGUE, VISITORS, WISHES};
use super::trade;
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

/// What a probe accepts unless it says otherwise (Microsoft Learn, "Application Gateway health probes").
const USUALLY_ACCEPTED: &str = "200-399";

/// Names the symptom of a probe log, or `None` for a wording that we do not know.
pub(super) fn classify(wording: &Wording) -> Option<Kind> {
    if trade::is_elsewhere(&wording.sentences) {
        return None;
    }
    let named = trade::is_named(&wording.sentences);
    let ours: Vec<&Sentence> =
        wording.sentences.iter().filter(|sentence| trade::counts(sentence, named)).collect();
    let known = ours.iter().find_map(|sentence| first_fit(sentence));
    known
        .or_else(|| by_code(wording, &ours))
        .or_else(|| ours.iter().any(|sentence| fits(&VAGUE, sentence)).then(|| vague(wording)))
        .or_else(|| by_success(&ours))
        .or_else(|| by_slug(wording))
}

fn first_fit(sentence: &Sentence) -> Option<Kind> {
    RULES.iter().find(|rule| fits(rule, sentence)).map(|rule| rule.kind)
}

fn fits(rule: &Rule, sentence: &Sentence) -> bool {
    rule.about.iter().all(|stems| sentence.has(stems))
        && (sentence.says(rule.faults) || sentence.denies(rule.needs))
}

/// "Probe failed with 403", "Received 200 from backend": no known sentence, but a code that was received.
fn by_code(wording: &Wording, ours: &[&Sentence]) -> Option<Kind> {
    let codes = codes::read(&wording.plain);
    let spoken = |sentence: &&&Sentence| {
        let visitors = sentence.has(VISITORS) && !sentence.has("probe");
        let gateway_alone = sentence.has("appgw") && !sentence.has("probe | backend | server");
        !visitors && !gateway_alone && !sentence.has(WISHES) && sentence.has(SPEAKERS)
    };
    let spoken: Vec<_> = ours.iter().filter(spoken).collect();
    if !spoken.is_empty() && codes.received.is_none() && codes.refused_success() {
        return Some(Kind::StatusMismatch);
    }
    let certain =
        codes.certain || codes.refused_success() || spoken.iter().any(|sentence| sentence.has(STATUS_WORDS));
    let received = codes.received.filter(|_| certain && !spoken.is_empty())?;
    judge(&codes, received, ours.iter().any(|sentence| troubled(sentence)))
}

fn judge(codes: &Codes, received: u16, troubled: bool) -> Option<Kind> {
    let wanted = codes.expected.as_deref();
    let fine = codes::admits(wanted.unwrap_or(USUALLY_ACCEPTED), received);
    match (fine, troubled, received) {
        (true, false, _) => Some(Kind::Healthy),
        // It is said to fail with what usually is accepted: a redirect may not be, a 200 is another matter.
        (true, true, ..300) => None,
        _ => Some(Kind::StatusMismatch),
    }
}

/// Whether a sentence tells of trouble: with a word for it, or by denying something else.
fn troubled(sentence: &Sentence) -> bool {
    sentence.says(TROUBLE) || (sentence.has("not. | cannot.") && !sentence.denies(TROUBLE))
}

/// A complaint about a certificate that names no reason; the link may.
fn vague(wording: &Wording) -> Kind {
    by_slug(wording).filter(|kind| *kind == Kind::TlsNameMismatch).unwrap_or(Kind::TlsOther)
}

fn by_success(ours: &[&Sentence]) -> Option<Kind> {
    let good = ours.iter().any(|sentence| sentence.says(SUCCESS));
    (good && !ours.iter().any(|sentence| troubled(sentence))).then_some(Kind::Healthy)
}

fn by_slug(wording: &Wording) -> Option<Kind> {
    let known = |slug: &String| SLUGS.iter().find(|(name, _)| name == slug).map(|(_, kind)| *kind);
    wording.slugs.iter().find_map(known)
}
