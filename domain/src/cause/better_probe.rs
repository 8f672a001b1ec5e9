//! A probe that the gateway has already and that the servers of a setting would pass.

use super::probing::{Tried, may_probe};
use crate::evidence::{Scope, TrialWanted};
use crate::gateway::{HostChoice, Probe, ProbeHost};
use crate::id::Name;

/// The most probes of the gateway that are tried for one setting.
const PROBES_AT_MOST: usize = 2;
/// The most pools of one setting on which they are tried.
const POOLS_AT_MOST: usize = 3;

/// A probe that does, and what came of trying it.
pub(super) struct Better<'a> {
    /// The probe.
    pub(super) probe: Probe,
    /// One try for each pool of the setting.
    pub(super) tries: Vec<Tried<'a>>,
}

/// A custom probe of the gateway, other than the setting's own, that every server on every pool of the setting
/// answers on demand, and not by a redirect. Nothing, while that is being tried.
pub(super) fn better_probe<'a>(scope: &Scope<'a>) -> Option<Better<'a>> {
    if scope.pools.is_empty() || scope.pools.len() > POOLS_AT_MOST || !may_probe(scope) {
        return None;
    }
    let probes = scope.evidence.gateway.probes().into_iter().filter(|probe| may_be_better(scope, probe));
    let tried = probes.take(PROBES_AT_MOST).map(|probe| {
        let tries = scope.pools.iter().map(|pool| Tried::ask(scope, like(scope, pool, &probe))).collect();
        Better { probe, tries }
    });
    // Each of them is asked for, so that one round of lookups tells.
    let tried: Vec<Better<'_>> = tried.collect();
    tried.into_iter().find(|better| better.tries.iter().all(Tried::is_plainly_green))
}

/// Whether a probe could be attached to the setting, would ask for something else than the one that is
/// refused and the candidate that was tried, and can be tried on demand: there a port cannot be given.
fn may_be_better(scope: &Scope<'_>, probe: &Probe) -> bool {
    let setting = &scope.setting;
    let takes_host = match &probe.host {
        ProbeHost::Fixed(host) => !host.is_empty(),
        ProbeHost::FromSetting => setting.host != HostChoice::Incoming,
    };
    scope.probe.name.as_ref() != Some(&probe.name)
        && probe.protocol == setting.protocol
        && takes_host
        && probe.port.is_none_or(|port| port == setting.port)
        && !probe.proxy_header
        && probe.path != scope.probe.path
        && probe.path != scope.candidate
}

/// The try that is just like a probe.
fn like(scope: &Scope<'_>, pool: &Name, probe: &Probe) -> TrialWanted {
    let wanted = TrialWanted::of(pool, &scope.setting.name, &probe.path)
        .with_timeout(probe.timeout_s)
        .accepting(&probe.status_codes.join(","));
    let wanted = match &probe.host {
        ProbeHost::Fixed(host) => wanted.with_host(host),
        // A probe on demand picks the host from the setting by itself.
        ProbeHost::FromSetting => wanted,
    };
    match &probe.body {
        Some(body) => wanted.containing(body),
        None => wanted,
    }
}
