//! Who may approve what.

use domain::approval::{Mode, Policies, Policy};
use domain::id::GatewayId;
use domain::say;

use super::Line;

/// Who may approve: everywhere, and where a rule says otherwise.
#[must_use]
pub fn lines(policies: &Policies) -> Vec<Line> {
    let mut lines = vec![line("approval", &policies.everywhere, policies.rules.is_empty())];
    lines.extend(policies.rules.iter().map(|rule| {
        let policy = rule.over(policies.everywhere.clone());
        line(&format!("approval for {}", rule.reach), &policy, false)
    }));
    lines
}

/// Who may approve for one gateway, all rules taken together; none where no rule is about it.
#[must_use]
pub fn of(policies: &Policies, gateway: &GatewayId) -> Option<Line> {
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
        None if policy.mode == Mode::NoWriter => Line::warning(what, words).mended_by(
            "azd env set AGW_WRITING true && azd provision, or mode = \"observe\" under [approval]",
        ),
        None => Line::good(what, words),
    }
}
