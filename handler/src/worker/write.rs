//! The write: fresh GET, decide, record the intent, PUT once, follow, read back.
//!
//! A PUT is never sent twice with the same body. Whatever goes wrong, the next attempt begins with a read:
//! it finds the change in place, an operation still running, objects that have changed, or nothing at all. Where
//! an earlier PUT was never answered and somebody has written since, the approval is used up: it may have been
//! carried out, and what somebody took back is not made again.
//!
//! The gateway is read once more after the intent is recorded, right before the PUT: `If-Match` may be ignored,
//! so the time in which somebody else's write would be overwritten has to be as short as one request.

use domain::approval::ApprovedPlan;
use domain::incident::{Event, Incident, Pending, State, Write};
use domain::plan::{PlanRefused, Prepared, ReadBack};
use domain::say::noted;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::Worker;
use crate::ports::{ArmError, Operation, PutError};

impl Worker {
    pub(super) async fn apply(&self, incident: &Incident, pending: &Pending) -> Option<Event> {
        let Some(approved) = incident.approved() else { return Some(Event::Said) };
        if self.is_late(approved) {
            return Some(too_late(incident));
        }
        if approved.plan().is_beside() {
            return self.apply_beside(incident, pending, approved).await;
        }
        let id = &incident.gateway;
        let (fresh, locks) = futures::join!(self.tools.arm.gateway(id), self.tools.arm.locks(id));
        let fresh = match fresh {
            Ok(fresh) => fresh,
            Err(error) => {
                return Some(self.again_or_give_up(
                    "The gateway could not be read before writing",
                    &error,
                    pending.attempts,
                ));
            }
        };
        match locked(approved.plan().prepare(&fresh), locks) {
            Prepared::Ready { .. } if !self.still_stands(incident, approved) => {
                Some(Event::Voided { why: noted::not_approved_any_more() })
            }
            Prepared::Ready { .. } if is_doubtful(incident, fresh.raw()) => {
                Some(Event::Voided { why: noted::maybe_written() })
            }
            Prepared::Ready { body, etag } => {
                self.put(incident, pending, fresh.raw(), &body, etag.as_deref()).await
            }
            stop => Some(self.not_ready(stop)),
        }
    }

    /// What becomes of a plan that is not written now.
    pub(super) fn not_ready(&self, prepared: Prepared) -> Event {
        match prepared {
            Prepared::AlreadyApplied => Event::InPlace,
            // One that is ready is written, and not brought here.
            Prepared::Busy { .. } | Prepared::Ready { .. } => {
                self.later(self.tools.rules.timing.follow_every)
            }
            Prepared::Refused(refused) => Event::Voided { why: refused.to_string() },
            Prepared::Void { changes } => {
                let pointers: Vec<String> = changes.into_iter().map(|change| change.pointer).collect();
                Event::Voided { why: noted::changed(&pointers) }
            }
        }
    }

    async fn put(
        &self,
        incident: &Incident,
        pending: &Pending,
        before: &Value,
        body: &Value,
        etag: Option<&str>,
    ) -> Option<Event> {
        if !self.record_intent(incident, pending, before).await {
            return None;
        }
        if let Some(stop) = self.stopped(incident, before).await {
            return Some(stop);
        }
        tracing::info!(incident = %incident.id, gateway = %incident.gateway, "writing the approved plan");
        let event = match self.tools.arm.put_gateway(&incident.gateway, body, etag).await {
            Ok(accepted) => {
                Event::PutAccepted { operation: accepted.operation, correlation: accepted.correlation }
            }
            Err(PutError::Refused(error)) => self.put_refused(&error),
            Err(PutError::Unknown { what }) => {
                tracing::warn!(what, "whether the PUT was taken is unknown; reading tells");
                self.later(self.tools.rules.timing.follow_every)
            }
        };
        Some(event)
    }

    /// The last look before the PUT. Recording the intent took a while, and a process may have been frozen
    /// meanwhile: what is not as it was read, or is too late, is not sent.
    async fn stopped(&self, incident: &Incident, before: &Value) -> Option<Event> {
        let wait = self.tools.rules.timing.follow_every;
        let now = match self.tools.arm.gateway(&incident.gateway).await {
            Ok(now) => now,
            Err(error) => {
                tracing::warn!(%error, "the gateway could not be read right before the write");
                return Some(self.not_written(wait));
            }
        };
        let same = now.raw() == before;
        let in_time = incident.approved().is_some_and(|approved| !self.is_late(approved));
        (!same || !in_time).then(|| self.not_written(SignedDuration::ZERO))
    }

    /// Saves that the PUT is about to be sent. `false` when the claim was lost, or could not be saved: then
    /// it must not be sent.
    pub(super) async fn record_intent(&self, incident: &Incident, pending: &Pending, before: &Value) -> bool {
        let saved = self
            .update(&incident.id, |incident, now| {
                let event = Event::Intended { before: Box::new(before.clone()) };
                incident.checkpoint(pending, event, &self.tools.rules, now, self.tools.lease)
            })
            .await;
        match saved {
            Ok(saved) => saved.is_some(),
            Err(error) => {
                tracing::error!(%error, incident = %incident.id, "the intent to write was not saved, so nothing is written");
                false
            }
        }
    }

    pub(super) fn put_refused(&self, error: &ArmError) -> Event {
        let wait = self.tools.rules.timing.follow_every;
        match error {
            ArmError::Throttled { retry_after_s } => {
                let asked = SignedDuration::from_secs(i64::try_from(*retry_after_s).unwrap_or(60).min(600));
                self.not_written(wait.max(asked))
            }
            // Somebody else is writing, or has written: read again and decide anew.
            ArmError::Refused { status: 409 | 412, code, .. } if code != "ScopeLocked" => {
                self.not_written(wait)
            }
            ArmError::Unreachable { .. } | ArmError::TooSlow { .. } => self.not_written(wait),
            // Whether it was refused before anything was done is a guess.
            ArmError::Refused { status: 500.., .. } => self.later(wait),
            refused => Event::GaveUp { why: format!("{}.", noted::write_refused(&refused.to_string())) },
        }
    }

    fn not_written(&self, wait: SignedDuration) -> Event {
        Event::NotWritten { until: self.tools.clock.now().checked_add(wait).unwrap_or(Timestamp::MAX) }
    }

    /// Whether the policy still lets the plan be written. Only what is to be sent hangs on that: what was sent before
    /// is read back, whoever approved it.
    pub(super) fn still_stands(&self, incident: &Incident, approved: &ApprovedPlan) -> bool {
        approved.still_stands(&self.tools.rules.approval.of(&incident.gateway))
    }

    fn is_late(&self, approved: &ApprovedPlan) -> bool {
        self.tools.clock.now().duration_since(approved.at()) > self.tools.rules.timing.write_within
    }

    pub(super) async fn follow(&self, incident: &Incident) -> Event {
        let State::Applying(write) = &incident.state else { return Event::Said };
        let Some(operation) = &write.operation else { return Event::OperationEnded { trouble: None } };
        let wait = self.tools.rules.timing.follow_every;
        match self.tools.arm.operation(operation).await {
            Ok(Operation::Succeeded) => Event::OperationEnded { trouble: None },
            Ok(Operation::Failed { code, message }) => {
                Event::OperationEnded { trouble: Some(format!("{code}: {message}")) }
            }
            Ok(Operation::Running { retry_after_ms }) if !self.is_overdue(write) => {
                let asked =
                    retry_after_ms.and_then(|ms| i64::try_from(ms).ok()).map(SignedDuration::from_millis);
                self.later(asked.unwrap_or(wait).min(SignedDuration::from_mins(1)))
            }
            Ok(Operation::Running { .. }) => {
                Event::OperationEnded { trouble: Some("the operation did not end in time".to_owned()) }
            }
            Err(error) if self.is_overdue(write) => {
                Event::OperationEnded { trouble: Some(error.to_string()) }
            }
            // The link may have been lost with the operation: reading back decides.
            Err(ArmError::NotFound { .. }) => Event::OperationEnded { trouble: None },
            Err(_) => self.later(wait),
        }
    }

    pub(super) async fn read_back(&self, incident: &Incident) -> Event {
        let State::Applying(write) = &incident.state else { return Event::Said };
        let plan = write.approved.plan();
        if plan.is_beside() {
            return match self.read_back_beside(plan).await {
                Ok(read_back) => Event::ReadBack(read_back),
                Err(error) if self.is_overdue(write) => not_read_back(&error),
                Err(_) => self.later(self.tools.rules.timing.follow_every),
            };
        }
        let after = match self.tools.arm.gateway(&incident.gateway).await {
            Ok(after) => after,
            Err(error) if self.is_overdue(write) => return not_read_back(&error),
            Err(_) => return self.later(self.tools.rules.timing.follow_every),
        };
        if !after.is_settled() && after.provisioning_state() != "Failed" && !self.is_overdue(write) {
            return self.later(self.tools.rules.timing.follow_every);
        }
        Event::ReadBack(compare(write, after.raw()))
    }

    fn is_overdue(&self, write: &Write) -> bool {
        self.tools.clock.now().duration_since(write.intended_at) > self.tools.rules.timing.write_within
    }
}

/// What is ready is refused where a lock forbids it.
///
/// Only a read-only lock does, and only those are read: one against deletion lets a PUT pass, also one that
/// leaves a probe out (Microsoft Learn, "Lock your resources": it is about the resource, not its parts). Who
/// may not see locks goes on, as Azure itself refuses a write to what is locked.
fn locked(prepared: Prepared, locks: Result<Vec<String>, ArmError>) -> Prepared {
    let ready = matches!(prepared, Prepared::Ready { .. });
    match locks {
        Ok(locks) => match locks.into_iter().next().filter(|_| ready) {
            Some(name) => Prepared::Refused(PlanRefused::Locked { name }),
            None => prepared,
        },
        Err(error) => {
            tracing::warn!(%error, "whether the gateway is locked could not be read; Azure decides");
            prepared
        }
    }
}

/// Whether an earlier PUT of this write was never answered, and the gateway has been written since.
fn is_doubtful(incident: &Incident, fresh: &Value) -> bool {
    matches!(&incident.state, State::Applying(write) if write.is_outdated(fresh))
}

fn not_read_back(error: &ArmError) -> Event {
    Event::GaveUp { why: format!("The change was sent and could not be read back: {error}.") }
}

/// The time for the write is over. Where a PUT may have been sent, reading back tells what became of it.
fn too_late(incident: &Incident) -> Event {
    let why = "the approved change could not be written in time";
    match incident.state {
        State::Applying(_) => Event::OperationEnded { trouble: Some(why.to_owned()) },
        _ => Event::GaveUp { why: noted::nothing_written(why) },
    }
}

/// What is in place, and what changed beside it while it was being written.
fn compare(write: &Write, after: &Value) -> ReadBack {
    let plan = write.approved.plan();
    let before = write.before.as_ref().unwrap_or(after);
    plan.read_back(before, after)
}
