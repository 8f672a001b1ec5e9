//! Who may approve what.

use domain::approval::{Mode, Policy};
use domain::id::GatewayId;
use domain::say;

use super::Line;
use crate::config::Config;

/// Who may approve: everywhere, and where a rule says otherwise.
#[must_use]
pub fn lines(config: &Config) -> Vec<Line> {
    let policies = config.approval.policies();
    let mut lines = vec![line("approval", &policies.everywhere, policies.rules.is_empty())];
    lines.extend(policies.rules.iter().map(|rule| {
        let policy = rule.over(policies.everywhere.clone());
        line(&format!("approval for {}", rule.reach), &policy, false)
    }));
    lines
}

/// Who may approve for one gateway, all rules taken together; none where no rule is about it.
#[must_use]
pub fn of(config: &Config, gateway: &GatewayId) -> Option<Line> {
    let policies = config.approval.policies();
    if policies.about(gateway).is_empty() {
        return None;
    }
    Some(line(&format!("approval for {}", gateway.name()), &policies.of(gateway), false))
}

/// Nobody to approve is a fault where nothing else is said; elsewhere it may be what is wanted.
fn line(what: &str, policy: &Policy, is_all: bool) -> Line {
    let words = say::policy_in_words(policy);
    if is_all && policy.mode == Mode::Approve && policy.approvers.is_empty() {
        return Line::missing(what, words).mended_by("list approval.approvers in agw.toml");
    }
    match say::policy_is_short(policy) {
        Some(why) => Line::missing(what, format!("{words}; but {why}")),
        None => Line::good(what, words),
    }
}
