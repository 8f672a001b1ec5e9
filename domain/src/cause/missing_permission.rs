//! What the bot may not read: each action once, and what it would let the bot see.
//!
//! It explains nothing about the gateway, and so is never more than not checked, and comes last.
//! Mended by: a role with exactly these actions.
//! Source: Microsoft, "Azure custom roles".

use std::collections::{BTreeMap, BTreeSet};

use super::{Cause, Link, of_gateway};
use crate::card::Text;
use crate::diagnosis::{Finding, Verdict};
use crate::evidence::{Inquiry, WhyNot};

/// The id of this cause.
pub(super) const ID: &str = "missing-permission";
/// The most things that are named for one action.
const NAMED: usize = 3;

pub(super) struct MissingPermission;

impl Cause for MissingPermission {
    fn id(&self) -> &'static str {
        ID
    }

    fn about(&self) -> &'static str {
        "The bot may not read something that it would like to look at."
    }

    fn breaks(&self) -> Link {
        Link::Gateway
    }

    fn survey(&self, inquiry: &Inquiry<'_>) -> Option<Finding> {
        let missing = missing(inquiry);
        if missing.is_empty() {
            return None;
        }
        let what = if missing.len() == 1 { "a permission" } else { "some permissions" };
        let sentence = Text::of(format!("The bot lacks {what}, so this diagnosis has gaps."));
        let evidence = missing.iter().map(|(action, what)| line(action, what)).collect();
        let actions: Vec<&str> = missing.keys().copied().collect();
        let steps = steps(inquiry.evidence.gateway.id().resource().subscription(), &actions);
        Some(of_gateway(self, Verdict::NotChecked, sentence, evidence, steps))
    }
}

/// What may not be read, by action.
fn missing<'a>(inquiry: &Inquiry<'a>) -> BTreeMap<&'a str, BTreeSet<String>> {
    let evidence = inquiry.evidence;
    let mut missing: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut note = |why: Option<&'a WhyNot>, what: String| {
        if let Some(WhyNot::Forbidden { action }) = why {
            missing.entry(action).or_default().insert(what);
        }
    };
    note(evidence.health.why_not(), "backend health".to_owned());
    note(evidence.locks.why_not(), "resource locks".to_owned());
    for trial in &evidence.trials {
        note(trial.servers.why_not(), "probes on demand".to_owned());
    }
    for (lookup, why) in evidence.facts.in_vain() {
        let probe = matches!(lookup, crate::evidence::Lookup::Probe(_));
        note(Some(why), if probe { "probes on demand".to_owned() } else { lookup.what() });
    }
    missing
}

fn line(action: &str, what: &BTreeSet<String>) -> Text {
    let named: Vec<&str> = what.iter().take(NAMED).map(String::as_str).collect();
    let more = match what.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Text::new().code(action).say(format!(": {}{more}", named.join(", ")))
}

fn steps(subscription: &str, actions: &[&str]) -> Vec<Text> {
    let actions: Vec<String> = actions.iter().map(|action| format!("\"{action}\"")).collect();
    let scope = format!("/subscriptions/{subscription}");
    let role = format!(
        "az role definition create --role-definition '{{\"Name\": \"agw diagnosis\", \"Actions\": [{}], \
         \"AssignableScopes\": [\"{scope}\"]}}'",
        actions.join(", ")
    );
    let assignment =
        format!("az role assignment create --role 'agw diagnosis' --assignee IDENTITY --scope {scope}");
    vec![
        Text::of("Make a role of exactly these actions, or add them to the bot's own: ").code(role),
        Text::of("Give it to the bot's identity, on this subscription or less: ").code(assignment),
        Text::of(
            "Press Re-check some minutes later. What is read then may call for more: docs/permissions.md lists every action.",
        ),
    ]
}
