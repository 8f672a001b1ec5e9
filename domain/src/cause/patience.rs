//! How long a probe has to wait for servers that answer late.

use super::probing::{Tried, as_the_probe, may_probe};
use crate::evidence::{Scope, TrialWanted};
use crate::health::Symptom;
use crate::id::Name;

/// The longest that a probe on demand is made to wait, in seconds.
pub(super) const LONGEST_S: u32 = 120;
/// The most pools of one setting on which that is tried.
const POOLS_AT_MOST: usize = 2;

/// Proof that servers answer, later than their probe waits.
pub(super) struct Patience<'a> {
    /// A server that was late, and answered when given more time.
    pub(super) server: &'a str,
    /// How long every server of the setting may take and answers, in seconds.
    pub(super) seconds: u32,
    /// Each pool within the probe's own time, and within that one.
    pub(super) tries: Vec<Tried<'a>>,
}

/// Tries the probed path on demand twice on every pool: with the probe's own patience, which a server that was
/// reported as late exceeds, and with that of visitors' requests, in which every server answers as the probe
/// wants. Nothing, if that is not what is seen, or is still being tried.
///
/// A probe that waits longer than visitors do would only let them to servers that do not answer them in time.
pub(super) fn patience<'a>(scope: &Scope<'a>) -> Option<Patience<'a>> {
    let seconds = scope.setting.request_timeout_s.min(LONGEST_S);
    let pools = &scope.pools;
    let tellable = scope.probe.port == scope.setting.port && !scope.probe.proxy_header;
    let few = !pools.is_empty() && pools.len() <= POOLS_AT_MOST && may_probe(scope);
    if seconds <= scope.probe.timeout_s || !tellable || !few {
        return None;
    }
    let within =
        |seconds: u32| pools.iter().map(|pool| Tried::ask(scope, wanted(scope, pool, seconds))).collect();
    let (early, late): (Vec<Tried<'a>>, Vec<Tried<'a>>) = (within(scope.probe.timeout_s), within(seconds));
    if !late.iter().all(Tried::is_green) {
        return None;
    }
    let was_late = |address: &str| {
        scope
            .sick
            .iter()
            .any(|(_, sick)| sick.symptom == Symptom::Timeout && sick.address.eq_ignore_ascii_case(address))
    };
    let server = early
        .iter()
        .flat_map(Tried::answers)
        .find(|server| server.symptom == Symptom::Timeout && was_late(&server.address))?;
    let server = server.address.as_str();
    Some(Patience { server, seconds, tries: early.into_iter().chain(late).collect() })
}

/// The probe of a setting, on demand, with other patience.
fn wanted(scope: &Scope<'_>, pool: &Name, seconds: u32) -> TrialWanted {
    let wanted = as_the_probe(scope, pool, &scope.probe.path)
        .with_timeout(seconds)
        .accepting(&scope.probe.status_codes.join(","));
    match &scope.probe.body {
        Some(body) => wanted.containing(body),
        None => wanted,
    }
}
