//! The control plane of one gateway by itself: what is read and written, and the operations that go on, without a
//! wire, a clock or a data plane.
//!
//! The rules are those that the simulated Azure answers by; only time is the caller's. So thousands of races can
//! be run in a second, each the same whenever it is run again.

use serde_json::Value;

use crate::{
    Fault, Pace, Scenario,
    arm::{ArmError, gateway, operations::Store},
    json::text,
};

/// One gateway as Azure Resource Manager keeps it. The last writer wins.
#[derive(Debug)]
pub struct Ledger {
    id: String,
    store: Store,
    heeds_if_match: bool,
}

/// A write that was taken.
#[derive(Debug, Clone)]
pub struct Taken {
    /// The operation that puts it in force.
    pub operation: String,
    /// The document that it replaced.
    pub replaced: Value,
    /// The document that it put in its place, as a GET shows it.
    pub written: Value,
    /// The operation that was under way, and is superseded by this one.
    pub superseded: Option<String>,
}

/// A request that was refused: nothing was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The HTTP status.
    pub status: u16,
    /// ARM's error code.
    pub code: String,
    /// ARM's words.
    pub message: String,
}

impl From<ArmError> for Refused {
    fn from(error: ArmError) -> Self {
        let (code, message) = error.sharpest();
        Self { status: error.status.as_u16(), code: code.to_owned(), message: message.to_owned() }
    }
}

impl Ledger {
    /// The gateway of a scenario. Whether the live service heeds `If-Match` on a PUT is not known, so that is to
    /// be said.
    #[must_use]
    pub fn new(scenario: &Scenario, heeds_if_match: bool) -> Self {
        let id = scenario.gateway_id().to_owned();
        Self { id, store: Store::new(scenario.gateway.clone()), heeds_if_match }
    }

    /// The resource id of the gateway.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What a GET shows.
    #[must_use]
    pub fn get(&self) -> Value {
        self.store.shown()
    }

    /// The mark of the present version.
    #[must_use]
    pub fn etag(&self) -> &str {
        text(self.store.current(), "/etag").unwrap_or_default()
    }

    /// A PUT. The document shows at once, and its operation goes on until [`Ledger::finish`] ends it; one that
    /// was under way is superseded. Of the faults those count that refuse, supersede or fail a write.
    ///
    /// # Errors
    /// When it is refused.
    pub fn put(
        &mut self,
        body: &Value,
        if_match: Option<&str>,
        fault: Option<&Fault>,
    ) -> Result<Taken, Refused> {
        gateway::refuse(fault, Pace::Instant)?;
        let condition = if_match.filter(|_| self.heeds_if_match);
        gateway::precondition(condition, &self.id, self.store.current())?;
        let (replaced, superseded) = (self.store.shown(), self.store.running());
        let operation = gateway::write(&mut self.store, &self.id, body.clone(), fault)?;
        Ok(Taken { operation, replaced, written: self.store.shown(), superseded })
    }

    /// Ends an operation, if it is under way.
    pub fn finish(&mut self, operation: &str) {
        self.store.finish(operation);
    }

    /// The body of an operation's status link; nothing when there is no such operation.
    #[must_use]
    pub fn status(&self, operation: &str) -> Option<Value> {
        self.store.status(operation)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ledger(heeds_if_match: bool) -> Ledger {
        Ledger::new(&Scenario::named("root-403").unwrap(), heeds_if_match)
    }

    #[test]
    fn the_last_writer_wins_and_supersedes_the_one_before() {
        let mut ledger = ledger(false);
        let read = ledger.get();
        let mut tagged = read.clone();
        tagged["tags"]["by"] = json!("the first");
        let first = ledger.put(&tagged, None, None).unwrap();
        let etag = read["etag"].as_str();
        let second = ledger.put(&read, etag, None).unwrap();
        assert_eq!(second.superseded, Some(first.operation.clone()));
        assert_eq!(
            (&second.replaced["tags"]["by"], &second.written["tags"]["by"]),
            (&json!("the first"), &Value::Null)
        );
        ledger.finish(&first.operation);
        assert_eq!(ledger.status(&first.operation).unwrap()["status"], "Canceled");
        ledger.finish(&second.operation);
        assert_eq!(ledger.get()["properties"]["provisioningState"], "Succeeded");
    }

    #[test]
    fn where_if_match_is_heeded_an_old_reading_cannot_be_written() {
        let mut ledger = ledger(true);
        let read = ledger.get();
        ledger.put(&read, read["etag"].as_str(), None).unwrap();
        let refused = ledger.put(&read, read["etag"].as_str(), None).unwrap_err();
        assert_eq!((refused.status, refused.code.as_str()), (412, "PreconditionFailed"));
        let conflict = ledger.put(&read, None, Some(&Fault::PutConflict409)).unwrap_err();
        assert_eq!(conflict.status, 409);
    }
}
