//! The write of resources beside the gateway, as careful as that of the gateway itself.
//!
//! Each is read right before, what is in place already is left alone, and each is sent once. Whatever goes wrong,
//! the next attempt begins with reading all of them, and what may have been sent is not sent again.

use domain::approval::ApprovedPlan;
use domain::incident::{Event, Incident, Pending, State};
use domain::plan::{Beside, Plan, ReadBack};
use domain::say;
use futures::future::try_join_all;
use serde_json::{Map, Value};

use super::Worker;
use crate::ports::{ArmError, PutError};

impl Worker {
    pub(super) async fn apply_beside(
        &self,
        incident: &Incident,
        pending: &Pending,
        approved: &ApprovedPlan,
    ) -> Option<Event> {
        let plan = approved.plan();
        let read = futures::try_join!(self.tools.arm.gateway(&incident.gateway), self.found(plan));
        let (fresh, found) = match read {
            Ok(read) => read,
            Err(error) => {
                let what = "What is there could not be read before writing";
                return Some(self.again_or_give_up(what, &error, pending.attempts));
            }
        };
        match plan.prepare_beside(&fresh, &found) {
            Err(prepared) => Some(self.not_ready(prepared)),
            Ok(_) if !self.still_stands(incident, approved) => {
                Some(Event::Voided { why: say::noted::not_approved_any_more() })
            }
            // One was sent before and never answered, and what it was to write is not there: whether it was carried
            // out and taken back cannot be told, as these resources have no mark of their writes.
            Ok(_) if matches!(incident.state, State::Applying(_)) => {
                Some(Event::Voided { why: say::noted::maybe_written() })
            }
            Ok(left) => {
                let before = noted(plan, &found);
                if !self.record_intent(incident, pending, &before).await {
                    return None;
                }
                Some(self.write_each(incident, &left).await)
            }
        }
    }

    async fn write_each(&self, incident: &Incident, left: &[&Beside]) -> Event {
        let (mut operation, mut correlation) = (None, None);
        for beside in left {
            tracing::info!(incident = %incident.id, path = beside.path, "writing beside the gateway");
            match self.tools.arm.write_beside(beside).await {
                Ok(accepted) => {
                    operation = accepted.operation.or(operation);
                    correlation = accepted.correlation.or(correlation);
                }
                Err(PutError::Refused(error)) => return self.put_refused(&error),
                Err(PutError::Unknown { what }) => {
                    tracing::warn!(what, "whether the write was taken is unknown; reading tells");
                    return self.later(self.tools.rules.timing.follow_every);
                }
            }
        }
        Event::PutAccepted { operation, correlation }
    }

    pub(super) async fn read_back_beside(&self, plan: &Plan) -> Result<ReadBack, ArmError> {
        Ok(plan.read_back_beside(&self.found(plan).await?))
    }

    /// What is there of each of the plan's resources.
    async fn found(&self, plan: &Plan) -> Result<Vec<Option<Value>>, ArmError> {
        try_join_all(plan.beside().iter().map(|beside| async {
            match self.tools.arm.look_up(&beside.read()).await {
                Ok(found) => Ok(Some(found)),
                Err(ArmError::NotFound { .. }) => Ok(None),
                Err(error) => Err(error),
            }
        }))
        .await
    }
}

/// What was there before, by resource id: for the audit trail.
fn noted(plan: &Plan, found: &[Option<Value>]) -> Value {
    let pairs = plan.beside().iter().zip(found);
    let noted: Map<String, Value> =
        pairs.map(|(beside, found)| (beside.path.clone(), found.clone().unwrap_or_default())).collect();
    noted.into()
}
