//! The decision right before the PUT.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::compare::{Change, Difference, changes};
use super::draft::serves;
use super::pointer::Pointer;
use super::probe::{same_probe, users_of};
use super::{ApplyError, Plan, PlanRefused, Requirement};
use crate::gateway::json::{self as raw, PROBES, SETTINGS};
use crate::gateway::{BlastRadius, Gateway, writable};
use crate::id::Name;

/// What to do with an approved plan, given a fresh reading of the gateway.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Prepared {
    /// Go on: PUT this.
    Ready {
        /// The body of the PUT.
        body: Value,
        /// The version mark of the reading it was made from.
        etag: Option<String>,
    },
    /// Nothing is left to do; a second click, or a repeat after a crash.
    AlreadyApplied,
    /// Another change is under way: read again later, and decide anew.
    Busy {
        /// The provisioning state.
        state: String,
    },
    /// Somebody has changed what the plan touches: the approval is void, and a new plan is due.
    Void {
        /// What has changed.
        changes: Vec<Difference>,
    },
    /// The gateway must not be written.
    Refused(PlanRefused),
}

impl Plan {
    /// Decides on a fresh reading whether the plan may still be applied.
    ///
    /// In this order: another gateway, or one of an ingress controller, is refused; one that is being updated
    /// is busy; one whose last update failed, or that is stopped, is refused; a plan in effect is applied
    /// already; and it is void if a setting it changes (the whole object) or a probe it uses again has changed,
    /// the name of its new probe is taken by another probe, or its settings serve more than they did. What
    /// changed elsewhere does not matter, and is kept: the body is made from the fresh reading. Etags,
    /// provisioning states and other fields that only the service writes do not matter either.
    #[must_use]
    pub fn prepare(&self, fresh: &Gateway) -> Prepared {
        if let Some(stop) = self.stop(fresh) {
            return stop;
        }
        if self.is_applied(fresh.raw()) {
            return Prepared::AlreadyApplied;
        }
        let changes = self.changes(fresh);
        if !changes.is_empty() {
            return Prepared::Void { changes };
        }
        match self.apply(fresh.raw()) {
            Ok(document) => {
                let dangling = self.dangling(&document);
                if !dangling.is_empty() {
                    return Prepared::Void { changes: dangling };
                }
                Prepared::Ready { body: writable(&document), etag: fresh.etag().map(str::to_owned) }
            }
            Err(error) => Prepared::Void { changes: vec![self.conflict(error)] },
        }
    }

    pub(super) fn stop(&self, fresh: &Gateway) -> Option<Prepared> {
        let state = fresh.provisioning_state().to_owned();
        let failed = ["Failed", "Canceled", "Unknown"].iter().any(|known| known.eq_ignore_ascii_case(&state));
        let refused = if *fresh.id() != self.gateway {
            PlanRefused::OtherGateway { planned: self.gateway.clone(), given: fresh.id().clone() }
        } else if let Some(sign) = fresh.ingress_controller() {
            PlanRefused::IngressController { sign }
        } else if !fresh.is_settled() && !failed {
            return Some(Prepared::Busy { state });
        } else if failed {
            PlanRefused::NotSettled { state }
        } else if !fresh.is_running() {
            PlanRefused::NotRunning { state: fresh.operational_state().to_owned() }
        } else {
            return None;
        };
        Some(Prepared::Refused(refused))
    }

    /// What of the plan's own ground has changed. An undo asks only for the places it edits.
    fn changes(&self, fresh: &Gateway) -> Vec<Difference> {
        let mut found: Vec<Difference> = Vec::new();
        if !self.undo {
            let required = self.requires.iter().flat_map(|required| self.broken(required, fresh.raw()));
            found.extend(required.map(Difference::from));
            found.extend(wider(&self.serves, &serves(fresh, &self.settings)));
        }
        found.extend(self.new_users(fresh));
        for edit in &self.edits {
            let pointer = edit.pointer.to_string();
            let told = found.iter().any(|known| pointer.starts_with(&known.pointer));
            if !told && !edit.is_in_effect(fresh.raw()) && !edit.stands(fresh.raw()) {
                let after = edit.pointer.get(fresh.raw()).cloned();
                found.push(Difference { pointer, before: edit.before.clone(), after });
            }
        }
        found
    }

    /// The settings that have come to use a probe which the plan changes: they would be changed with it.
    fn new_users(&self, fresh: &Gateway) -> Vec<Difference> {
        let mut found: Vec<Difference> = Vec::new();
        for probe in self.edits.iter().filter_map(|edit| edit.pointer.within_probe()) {
            let known = self.probes.iter().filter(|planned| planned.probe.name == *probe);
            let known: Vec<&Name> = known.flat_map(|planned| &planned.settings).collect();
            for user in users_of(fresh.raw(), probe).iter().filter(|user| !known.contains(user)) {
                let pointer = Pointer::child(SETTINGS, user).key("properties").key("probe").to_string();
                if !found.iter().any(|known| known.pointer == pointer) {
                    found.push(Difference { pointer, before: None, after: Some(json!(probe)) });
                }
            }
        }
        found
    }

    /// How a required object differs from what it was; a place that is as the plan wants it does not count.
    fn broken(&self, required: &Requirement, fresh: &Value) -> Vec<Change> {
        let now = writable(fresh);
        let now = required.pointer.get(&now);
        if required.pointer.as_probe().is_some() && now.is_some_and(|now| same_probe(&required.value, now)) {
            return Vec::new();
        }
        let mut found = changes(&required.pointer, Some(&required.value), now);
        found.retain(|change| {
            !self.edits.iter().any(|edit| change.pointer.is_within(&edit.pointer) && edit.is_in_effect(fresh))
        });
        found
    }

    /// An edit that turned out impossible, after those before it.
    fn conflict(&self, error: ApplyError) -> Difference {
        let (pointer, after) = match error {
            ApplyError::Missing { pointer } => (pointer, None),
            ApplyError::Conflict { pointer, found } => (pointer, found),
        };
        let edit = self.edits.iter().find(|edit| edit.pointer.to_string() == pointer);
        Difference { before: edit.and_then(|edit| edit.before.clone()), pointer, after }
    }

    /// References that the plan sets to probes which are not there (any more).
    fn dangling(&self, document: &Value) -> Vec<Difference> {
        let mut found = Vec::new();
        for after in self.edits.iter().filter_map(|edit| edit.after.as_ref()) {
            let name = raw::text(after, "id").and_then(|id| id.rsplit('/').next()).map(Name::new);
            let referred = name.filter(|_| raw::text(after, "name").is_none());
            if let Some(name) = referred.filter(|name| raw::child(document, PROBES, name).is_none()) {
                let pointer = Pointer::child(PROBES, &name).to_string();
                found.push(Difference { pointer, before: Some(after.clone()), after: None });
            }
        }
        found
    }
}

/// What depends on the settings now and did not when the plan was made.
fn wider(planned: &BlastRadius, now: &BlastRadius) -> Vec<Difference> {
    let new = |pointer: Pointer| Difference {
        pointer: pointer.to_string(),
        before: None,
        after: Some(json!("uses an HTTP setting of this plan now")),
    };
    let rules = now.rules.iter().filter(|rule| !planned.rules.contains(rule));
    let listeners = now.listeners.iter().filter(|listener| !planned.listeners.contains(listener));
    let pools = now.pools.iter().filter(|pool| !planned.pools.contains(pool));
    let paths = now.path_rules.iter().filter(|path| !planned.path_rules.contains(path));
    let mut found: Vec<Difference> = Vec::new();
    found.extend(rules.map(|rule| new(Pointer::child("requestRoutingRules", rule))));
    found.extend(paths.map(|path| {
        new(Pointer::child("urlPathMaps", &path.map).key("properties").key("pathRules").named(&path.rule))
    }));
    found.extend(listeners.map(|listener| new(Pointer::child("httpListeners", listener))));
    found.extend(pools.map(|pool| new(Pointer::child("backendAddressPools", pool))));
    found
}
