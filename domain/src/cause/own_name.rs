//! Whether servers answer when each is asked for by its own name.

use std::net::IpAddr;

use super::probing::{Tried, may_probe};
use crate::evidence::{Scope, TrialWanted};
use crate::gateway::{DEFAULT_CODES, Member};
use crate::health::Symptom;
use crate::id::Name;

/// The most names that are tried for one setting.
const NAMES_AT_MOST: usize = 3;

/// The tries that show that every server of a setting answers a path by its own name. Nothing, if one does not,
/// has no name, or is still being asked.
pub(super) fn by_own_name<'a>(scope: &Scope<'a>, path: &str) -> Option<Vec<Tried<'a>>> {
    // On demand neither a port of the probe's own nor a text to look for is part of these tries.
    if !may_probe(scope) || scope.probe.port != scope.setting.port || scope.probe.body.is_some() {
        return None;
    }
    let servers = named_servers(scope)?;
    if servers.is_empty() || servers.len() > NAMES_AT_MOST {
        return None;
    }
    let tries: Vec<(String, Tried<'a>)> = servers
        .into_iter()
        .map(|(pool, name)| {
            let wanted = TrialWanted::of(&pool, &scope.setting.name, path).with_host(&name);
            (name, Tried::ask(scope, wanted))
        })
        .collect();
    let answered = tries.iter().all(|(name, tried)| is_answered(scope, tried, name));
    answered.then(|| tries.into_iter().map(|(_, tried)| tried).collect())
}

/// The servers of all pools of a setting, if every one of them has a name.
fn named_servers(scope: &Scope<'_>) -> Option<Vec<(Name, String)>> {
    let mut servers = Vec::new();
    for pool in &scope.pools {
        for member in scope.evidence.gateway.pool(pool)?.members {
            match member {
                Member::Address(name) if name.parse::<IpAddr>().is_err() => {
                    servers.push((pool.clone(), name));
                }
                Member::Address(_) | Member::IpConfiguration(_) => return None,
            }
        }
    }
    Some(servers)
}

/// Whether a server gave the probe what it wants.
pub(super) fn is_answered(scope: &Scope<'_>, tried: &Tried<'_>, address: &str) -> bool {
    // Probes on demand accept a redirect, which the probe itself may not.
    let usual = scope.probe.status_codes.iter().any(|codes| codes == DEFAULT_CODES);
    match tried.of(address) {
        Some(Symptom::Healthy { status }) => usual || status.is_none_or(|status| status < 300),
        _ => false,
    }
}
