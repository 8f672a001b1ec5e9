//! What the bot offers for what it found: a plan, or the reason why there is none.

use super::{Finding, Outcome, Overall, Remedy, Verdict};
use crate::evidence::{self, Inquiry};
use crate::id::Name;
use crate::plan::{Fix, Plan, PlanRefused};

/// What the bot can do about what it found.
pub(super) fn outcome(inquiry: &Inquiry<'_>, overall: Overall, findings: &[Finding]) -> Outcome {
    if overall == Overall::Healthy {
        return Outcome::Nothing;
    }
    let confirmed = || findings.iter().filter(|finding| finding.verdict == Verdict::Confirmed);
    let fixes: Vec<(Name, Fix)> = confirmed().filter_map(fix).collect();
    if !fixes.is_empty() {
        return offer(inquiry, &fixes);
    }
    let endpoint = confirmed().find_map(|finding| match &finding.remedy {
        Remedy::AddEndpoint { path, status } => {
            Some(Outcome::AddEndpoint { path: path.clone(), status: *status })
        }
        _ => None,
    });
    endpoint.unwrap_or(Outcome::ByHand)
}

fn fix(finding: &Finding) -> Option<(Name, Fix)> {
    match (&finding.setting, &finding.remedy) {
        (Some(setting), Remedy::Fix(fix)) => Some((setting.clone(), fix.clone())),
        _ => None,
    }
}

fn offer(inquiry: &Inquiry<'_>, fixes: &[(Name, Fix)]) -> Outcome {
    let Inquiry { evidence, defaults, .. } = inquiry;
    if let Some((_, Fix::ExcludePath { .. })) = fixes.first() {
        // The gateway is left alone, and whether the bot may was asked by the cause.
        return planned(Plan::of(&evidence.gateway, fixes, defaults));
    }
    let locked = evidence.locks.value().and_then(|locks| locks.first());
    // What Azure does not tell does not hinder the offer: the write itself would say so.
    let may = inquiry.ask(&evidence::permissions(evidence.gateway.id().resource()));
    let plan = match locked {
        Some(name) => Err(PlanRefused::Locked { name: name.clone() }),
        None if may.is_ok_and(|may| !may.allow(evidence::WRITE)) => {
            Err(PlanRefused::NotPermitted { action: evidence::WRITE.to_owned() })
        }
        None => Plan::of(&evidence.gateway, fixes, defaults),
    };
    planned(plan)
}

fn planned(plan: Result<Plan, PlanRefused>) -> Outcome {
    match plan {
        Ok(plan) => Outcome::Offer(Box::new(plan)),
        Err(refused) => Outcome::Refused { why: refused.to_string() },
    }
}
