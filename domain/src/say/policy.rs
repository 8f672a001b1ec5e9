//! Who may approve what, in words.

use crate::approval::{Approver, Mode, Policy};
use crate::say::count;

/// Why a bot that may write by its policy does not.
pub(crate) const NO_WRITER: &str = "no identity to write with is configured (azure.write_client_id, or AGW_WRITE_CLIENT_ID in the environment)";

/// What a policy comes to, in a line.
#[must_use]
pub fn policy_in_words(policy: &Policy) -> String {
    if policy.mode == Mode::Observe {
        return "the bot only observes and offers no change (mode)".to_owned();
    }
    if policy.mode == Mode::NoWriter {
        return format!("the bot only observes and offers no change: {NO_WRITER}");
    }
    if policy.approvers.is_empty() {
        return "nobody may approve (approvers), so the bot only reads".to_owned();
    }
    let mut parts = vec![who(policy)];
    if !policy.asker_may_approve {
        parts.push("not whoever asked".to_owned());
    }
    if !policy.channels.is_empty() {
        let channels =
            policy.channels.iter().map(|channel| format!("{} in {}", channel.id, channel.platform));
        parts.push(format!("only from {}", channels.collect::<Vec<_>>().join(" or ")));
    }
    if !policy.windows.is_empty() {
        let windows: Vec<String> = policy.windows.iter().map(ToString::to_string).collect();
        parts.push(format!("only {}", windows.join(" or ")));
    }
    parts.push(format!("within {:#}", policy.expires_after));
    parts.join("; ")
}

fn who(policy: &Policy) -> String {
    let ids = policy.approvers.iter().map(|approver| match approver {
        Approver::Person { platform, id } => format!("{id} of {platform}"),
        Approver::Group { platform, id } => format!("everybody in group {id} of {platform}"),
    });
    let ids = ids.collect::<Vec<_>>().join(", ");
    match policy.approvals {
        0 | 1 => format!("one of these may approve: {ids}"),
        several => format!(
            "{} of these have to approve: {ids}",
            count(several as usize, "person").replace("persons", "people")
        ),
    }
}

/// Why fewer people may approve than have to, if that is so: nothing would ever be written.
#[must_use]
pub fn policy_is_short(policy: &Policy) -> Option<String> {
    let has_groups = policy.approvers.iter().any(|approver| matches!(approver, Approver::Group { .. }));
    let people = policy.approvers.len();
    let needed = policy.approvals as usize + usize::from(!policy.asker_may_approve);
    let is_short =
        policy.mode == Mode::Approve && !has_groups && people > 0 && people < policy.approvals as usize;
    let is_tight =
        policy.mode == Mode::Approve && !has_groups && people >= policy.approvals as usize && people < needed;
    match (is_short, is_tight) {
        (true, _) => Some(format!("it takes {} approvals, and {} may approve", policy.approvals, people)),
        (_, true) => Some("when one of the approvers asks, too few others are left to approve".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::{Channel, Platform};

    fn policy(people: &[&str]) -> Policy {
        let person = |id: &&str| Approver::Person { platform: Platform::Slack, id: (*id).to_owned() };
        Policy { approvers: people.iter().map(person).collect(), ..Policy::default() }
    }

    #[test]
    fn a_policy_is_told_in_a_line() {
        let group = Approver::Group { platform: Platform::Slack, id: "SONCALL".to_owned() };
        let mut strict = policy(&["U1"]);
        strict.approvers.push(group);
        strict.approvals = 2;
        strict.asker_may_approve = false;
        strict.channels = vec![Channel { platform: Platform::Slack, id: "C1".to_owned() }];
        strict.windows = vec!["Mon-Fri 08:00-18:00 Europe/Zurich".parse().unwrap()];
        let observed = Policy { mode: Mode::Observe, ..policy(&["U1"]) };
        let told =
            [policy(&["U1", "U2"]), strict, observed, policy(&[])].map(|policy| policy_in_words(&policy));
        insta::assert_snapshot!(told.join("\n"), @"
        one of these may approve: U1 of Slack, U2 of Slack; within 30m
        2 people of these have to approve: U1 of Slack, everybody in group SONCALL of Slack; not whoever asked; only from C1 in Slack; only Mon-Fri 08:00-18:00 Europe/Zurich; within 30m
        the bot only observes and offers no change (mode)
        nobody may approve (approvers), so the bot only reads
        ");
    }

    #[test]
    fn a_policy_that_can_never_be_met_is_noticed() {
        let two =
            |people: &[&str], asker| Policy { approvals: 2, asker_may_approve: asker, ..policy(people) };
        assert!(policy_is_short(&two(&["U1"], true)).unwrap().contains("takes 2"));
        assert!(policy_is_short(&two(&["U1", "U2"], false)).unwrap().contains("asks"));
        assert_eq!(policy_is_short(&two(&["U1", "U2"], true)), None);
        assert_eq!(policy_is_short(&policy(&[])), None);
    }
}
