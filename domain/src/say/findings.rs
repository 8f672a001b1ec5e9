//! Findings as a message has room for them: the details have them all.

use crate::card::{Fact, Text};
use crate::diagnosis::{Diagnosis, Finding, Remedy, Verdict};
use crate::id::Name;
use crate::say;

pub(super) fn cause(finding: &Finding) -> Fact {
    Fact::new("Cause", Text::new().code(&finding.cause).say(format!(", {}", finding.verdict.in_words())))
}

/// The evidence of the finding that leads, as far as a message has room for it.
pub(super) fn seen(finding: &Finding) -> Vec<Text> {
    let mut lines: Vec<Text> = finding.evidence.iter().take(EVIDENCE_SHOWN).cloned().collect();
    lines.extend(more(finding.evidence.len(), EVIDENCE_SHOWN, "line"));
    lines
}

/// What else was found: each cause once, however many HTTP settings it is about.
pub(super) fn other_findings(found: &Diagnosis) -> Vec<Text> {
    let lead = found.lead();
    let mut others: Vec<Vec<&Finding>> = Vec::new();
    for finding in open_findings(found).filter(|finding| Some(*finding) != lead) {
        let alike = |group: &&mut Vec<&Finding>| {
            group
                .first()
                .is_some_and(|first| first.cause == finding.cause && first.verdict == finding.verdict)
        };
        match others.iter_mut().find(alike) {
            Some(group) => group.push(finding),
            None => others.push(vec![finding]),
        }
    }
    let mut lines: Vec<Text> =
        others.iter().take(FINDINGS_SHOWN).filter_map(|group| group_line("Also, ", group)).collect();
    lines.extend(more(others.len(), FINDINGS_SHOWN, "finding"));
    let short = in_short(found);
    let gaps = if short.is_empty() { &[] } else { found.gaps.as_slice() };
    let gaps = gaps.iter().take(GAPS_SHOWN).map(|gap| Text::of(format!("Not seen: {gap}")));
    lines.into_iter().chain(short).chain(gaps).collect()
}

/// `2 more lines in the thread`, where there are more than are shown.
pub(super) fn more(all: usize, shown: usize, one: &str) -> Option<Text> {
    let left = all.saturating_sub(shown);
    (left > 0).then(|| Text::of(format!("{} more in the details", say::count(left, one))))
}

/// The findings that have something to say. One that was not checked at all has no evidence.
pub(super) fn open_findings(found: &Diagnosis) -> impl Iterator<Item = &Finding> {
    found.findings.iter().filter(|finding| !is_short(finding))
}

fn is_short(finding: &Finding) -> bool {
    finding.verdict == Verdict::RuledOut
        || (finding.verdict == Verdict::NotChecked && finding.evidence.is_empty())
}

/// What could not be looked at, and what is not the cause: each by its name, as it stands in the thread.
pub(super) fn in_short(found: &Diagnosis) -> Vec<Text> {
    let named = |verdict| {
        let mut causes: Vec<&str> = Vec::new();
        for finding in found.findings.iter().filter(|finding| finding.verdict == verdict && is_short(finding))
        {
            if !causes.contains(&finding.cause.as_str()) {
                causes.push(&finding.cause);
            }
        }
        causes
    };
    let mut lines = Vec::new();
    let (ruled_out, unread) = (named(Verdict::RuledOut), named(Verdict::NotChecked));
    if !unread.is_empty() {
        lines.push(Text::of("Not checked: ").codes(unread));
    }
    if !ruled_out.is_empty() {
        lines.push(Text::of("Ruled out: ").codes(ruled_out));
    }
    lines
}

/// How many reasons a message has room for; the thread has them all.
pub(super) const GAPS_SHOWN: usize = 3;
/// How many other causes a message has room for.
pub(super) const FINDINGS_SHOWN: usize = 3;
/// How many lines of evidence a message has room for.
pub(super) const EVIDENCE_SHOWN: usize = 6;

/// The findings of one cause, as a line.
fn group_line(before: &str, group: &[&Finding]) -> Option<Text> {
    let (first, rest) = group.split_first()?;
    let line = finding_line(before, first);
    let rest: Vec<&Name> = rest.iter().filter_map(|finding| finding.setting.as_ref()).collect();
    match rest.as_slice() {
        [] => Some(line),
        [only] => Some(line.say(". The same for HTTP setting ").code(only)),
        [one, others @ ..] => Some(
            line.say(". The same for HTTP setting ").code(one).say(format!(" and {} others", others.len())),
        ),
    }
}

pub(super) fn finding_line(before: &str, finding: &Finding) -> Text {
    let line = match &finding.setting {
        Some(setting) => Text::of(format!("{before}HTTP setting ")).code(setting).say(": "),
        None => Text::of(before),
    };
    line.text(finding.sentence.clone()).say(format!(" ({})", finding.verdict.in_words()))
}

pub(super) fn steps(finding: Option<&Finding>) -> Vec<Text> {
    match finding.map(|finding| &finding.remedy) {
        Some(Remedy::ByHand { steps }) => steps.clone(),
        _ => Vec::new(),
    }
}
