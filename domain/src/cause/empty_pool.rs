//! A rule sends visitors to a backend pool that has no servers.
//!
//! Confirmed by: a pool in use without addresses and without network interfaces, for which backend health
//! lists no server either. Source: Microsoft, "Troubleshooting bad gateway errors", empty backend pool.

use super::{Cause, Link, by_hand};
use crate::card::Text;
use crate::diagnosis::{Finding, Verdict};
use crate::evidence::{Reading, Scope};
use crate::health::Symptom;
use crate::id::Name;

pub(super) struct EmptyPool;

impl Cause for EmptyPool {
    fn id(&self) -> &'static str {
        "empty-pool"
    }

    fn about(&self) -> &'static str {
        "A rule sends visitors to a backend pool that has no servers."
    }

    fn breaks(&self) -> Link {
        Link::Pool
    }

    fn examine(&self, scope: &Scope<'_>) -> Option<Finding> {
        let empty: Vec<Name> = scope.empty_pools().filter(|pool| is_unlisted(scope, pool)).cloned().collect();
        if empty.is_empty() {
            return None;
        }
        let (pools, have) =
            if empty.len() == 1 { ("backend pool", "has") } else { ("backend pools", "have") };
        let (verdict, seen) = match &scope.evidence.health {
            Reading::Read(_) => (
                Verdict::Confirmed,
                Text::of("Backend health: no server listed there for HTTP setting ")
                    .code(&scope.setting.name),
            ),
            Reading::NotRead(why) => {
                (Verdict::Consistent, Text::of(format!("Backend health: not read, {why}")))
            }
        };
        let sentence = Text::of(format!("The {pools} "))
            .codes(&empty)
            .say(format!(" {have} no servers, so there is nobody to answer."));
        let configured = Text::of("Configuration: no address and no network interface in ").codes(&empty);
        let steps = steps(scope, &empty);
        let finding = by_hand(self, scope, verdict, sentence, vec![configured, seen], steps);
        Some(Finding { pools: empty, ..finding })
    }

    fn explains(&self, symptom: &Symptom) -> Option<&'static str> {
        let settles = "A pool in use that has neither an address nor a network interface.";
        matches!(symptom, Symptom::NoHealthyServer).then_some(settles)
    }
}

fn is_unlisted(scope: &Scope<'_>, pool: &Name) -> bool {
    scope.unlisted_pools().any(|unlisted| unlisted == pool)
}

fn steps(scope: &Scope<'_>, empty: &[Name]) -> Vec<Text> {
    let gateway = scope.evidence.gateway.id().resource();
    let add = |pool: &Name| {
        let url = gateway.child("backendAddressPools", pool).portal_url();
        Text::of("Add the servers to ").link(pool.as_str(), url).say(".")
    };
    let mut steps: Vec<Text> = empty.iter().map(add).collect();
    steps.push(Text::of(
        "If they should be there: look for a virtual machine or scale set that was detached, deleted or scaled to zero.",
    ));
    steps
}
