//! The write: fresh GET, decide, record the intent, PUT once, follow, read back.
//!
//! A PUT is never sent twice with the same body. Whatever goes wrong, the next attempt begins with a read:
//! it finds the change in place, an operation still running, objects that have changed, or nothing at all.

use domain::incident::{Event, Incident, Pending, State, Write};
use domain::plan::{Prepared, ReadBack};
use domain::say::noted;
use jiff::SignedDuration;
use serde_json::Value;

use super::Worker;
use crate::ports::{ArmError, Operation, PutError};

impl Worker {
    pub(super) async fn apply(&self, incident: &Incident, pending: &Pending) -> Option<Event> {
        let Some(approved) = incident.approved() else { return Some(Event::Said) };
        let late =
            self.tools.clock.now().duration_since(approved.at()) > self.tools.rules.timing.write_within;
        if late {
            return Some(too_late(incident));
        }
        if approved.plan().is_beside() {
            return self.apply_beside(incident, pending, approved).await;
        }
        let fresh = match self.tools.arm.gateway(&incident.gateway).await {
            Ok(fresh) => fresh,
            Err(error) => {
                return Some(self.again_or_give_up(
                    "The gateway could not be read before writing",
                    &error,
                    pending.attempts,
                ));
            }
        };
        match approved.plan().prepare(&fresh) {
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
                self.later(wait.max(asked))
            }
            // Somebody else is writing, or has written: read again and decide anew.
            ArmError::Refused { status: 409 | 412, code, .. } if code != "ScopeLocked" => self.later(wait),
            ArmError::Refused { status: 500.., .. }
            | ArmError::Unreachable { .. }
            | ArmError::TooSlow { .. } => self.later(wait),
            refused => Event::GaveUp { why: format!("{}.", noted::write_refused(&refused.to_string())) },
        }
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
