//! What findings are beside one another: a cause gives way to the one that it follows from.

use super::{CATALOGUE, by_id, missing_permission, server_detached, uncatalogued};
use crate::card::Text;
use crate::diagnosis::{Finding, Remedy, Verdict};
use crate::evidence::{Inquiry, Lookup, Scope};
use crate::health::ServerHealth;
use crate::id::Name;

/// What every cause has to say, each with the requests that it was told about.
pub(crate) fn findings(inquiry: &Inquiry<'_>, scopes: &[Scope<'_>]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    let mut keep = |found: Option<Finding>| {
        let told = inquiry.take_told();
        let sources = || told.into_iter().map(Lookup::request).collect();
        findings.extend(found.map(|found| Finding { sources: sources(), ..found }));
    };
    for cause in CATALOGUE {
        keep(cause.survey(inquiry));
        scopes.iter().for_each(|scope| keep(cause.examine(scope)));
    }
    give_way(&mut findings);
    drop_settled(&mut findings);
    let open = |scope: &&Scope<'_>| {
        !findings.iter().any(|found| match &found.setting {
            Some(setting) => found.verdict != Verdict::RuledOut && *setting == scope.setting.name,
            None => found.verdict == Verdict::Confirmed && accounts_for(&found.cause, scope),
        })
    };
    let unexplained: Vec<Finding> =
        scopes.iter().filter(open).filter_map(|scope| uncatalogued::unexplained(scope, &findings)).collect();
    findings.extend(unexplained);
    findings
}

/// Whether a finding tells what keeps the bot from seeing, and not what is wrong with the gateway.
pub(crate) fn is_about_the_bot(finding: &Finding) -> bool {
    finding.cause == missing_permission::ID
}

/// Whether a cause can show all that the gateway reports about the sick servers of a setting.
fn accounts_for(cause: &str, scope: &Scope<'_>) -> bool {
    let explains =
        |server: &ServerHealth| by_id(cause).is_some_and(|cause| cause.explains(&server.symptom).is_some());
    !scope.sick.is_empty() && scope.sick.iter().all(|(_, server)| explains(server))
}

/// Whether a finding says why a pool has no server at all.
pub(crate) fn leaves_bare(finding: &Finding, scope: &Scope<'_>, pool: &Name) -> bool {
    let of = finding.setting.as_ref() == Some(&scope.setting.name) && finding.pools.contains(pool);
    of && finding.cause == server_detached::ID && finding.verdict == Verdict::Confirmed
}

/// Drops what is merely consistent where something confirmed of the same HTTP setting settles it.
fn drop_settled(findings: &mut Vec<Finding>) {
    let confirmed = |finding: &&Finding| finding.verdict == Verdict::Confirmed;
    let known: Vec<Finding> = findings.iter().filter(confirmed).cloned().collect();
    let settled = |finding: &Finding| {
        known.iter().filter(|other| other.setting == finding.setting).any(|other| {
            by_id(&other.cause).is_some_and(|cause| cause.settles().contains(&finding.cause.as_str()))
        })
    };
    findings.retain(|finding| finding.verdict != Verdict::Consistent || !settled(finding));
}

/// Takes back what only tells of a consequence of something else that is confirmed for the same HTTP setting, or
/// that may be so. What the bot can mend stays: it was tried.
fn give_way(findings: &mut [Finding]) {
    let known: Vec<Finding> =
        findings.iter().filter(|finding| finding.verdict != Verdict::RuledOut).cloned().collect();
    let told = findings.iter_mut().filter(|finding| finding.verdict <= Verdict::Consistent);
    for finding in told.filter(|finding| !matches!(finding.remedy, Remedy::Fix(_))) {
        let covering: Vec<&Finding> = known.iter().filter(|other| covers(other, finding)).collect();
        let Some(surest) = covering.iter().map(|other| other.verdict).min() else { continue };
        if finding.verdict == Verdict::Consistent && surest == Verdict::Consistent {
            continue;
        }
        let others: Vec<&Finding> = covering.into_iter().filter(|other| other.verdict == surest).collect();
        give_way_to(finding, surest, &others);
    }
}

fn covers(other: &Finding, finding: &Finding) -> bool {
    other.setting == finding.setting
        && by_id(&other.cause).is_some_and(|cause| cause.covers().contains(&finding.cause.as_str()))
}

/// Makes a finding one that follows, or may follow, from others, which are all this sure.
fn give_way_to(finding: &mut Finding, surest: Verdict, others: &[&Finding]) {
    let causes = || Text::new().codes(others.iter().map(|other| &other.cause));
    let (why, mut steps) = match surest {
        Verdict::Confirmed => (
            Text::of(" That follows from ").text(causes()).say("."),
            vec![Text::of("Mend ").text(causes()).say(" first, and press Re-check.")],
        ),
        Verdict::NotChecked => {
            (Text::of(" What else may be the reason was not checked: ").text(causes()).say("."), Vec::new())
        }
        Verdict::Consistent | Verdict::RuledOut => (
            Text::of(" That may follow from ").text(causes()).say("."),
            vec![Text::of("Look at ").text(causes()).say(" first.")],
        ),
    };
    let unseen = others.iter().filter(|other| other.verdict == Verdict::NotChecked);
    for step in unseen.flat_map(|other| other.remedy.steps()) {
        if !steps.contains(step) {
            steps.push(step.clone());
        }
    }
    if finding.verdict == Verdict::Consistent && surest == Verdict::NotChecked {
        steps.extend(finding.remedy.steps().iter().cloned());
    }
    finding.verdict = Verdict::Consistent;
    finding.sentence = std::mem::take(&mut finding.sentence).text(why);
    finding.remedy = Remedy::ByHand { steps };
}
