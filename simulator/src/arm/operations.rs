//! The gateway document and the long-running operations that change it.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::{Fault, json::put, random, resource};

/// The gateway as the control plane holds it.
#[derive(Debug)]
pub(crate) struct Store {
    /// What a GET shows, less the reverse references.
    current: Value,
    /// The last document that took effect; what a failed or superseded write falls back to.
    in_force: Value,
    operations: HashMap<String, Operation>,
    running: Option<String>,
    accepted: usize,
}

#[derive(Debug)]
struct Operation {
    status: Status,
    /// How it is going to end when nothing comes in between.
    ending: Ending,
}

#[derive(Debug, Clone, PartialEq)]
enum Status {
    InProgress,
    Succeeded,
    Failed {
        code: String,
        message: String,
    },
    /// By the operation with this id.
    Superseded(String),
}

#[derive(Debug, Clone, PartialEq)]
enum Ending {
    Success,
    Failure { code: String, message: String },
    Superseded,
}

impl Store {
    pub(crate) fn new(gateway: Value) -> Self {
        Self {
            current: gateway.clone(),
            in_force: gateway,
            operations: HashMap::new(),
            running: None,
            accepted: 0,
        }
    }

    /// The document as a GET shows it.
    pub(crate) fn shown(&self) -> Value {
        resource::with_reverse_references(&self.current)
    }

    /// The document without reverse references.
    pub(crate) fn current(&self) -> &Value {
        &self.current
    }

    /// How many PUTs were accepted.
    pub(crate) fn accepted(&self) -> usize {
        self.accepted
    }

    /// The operation under way.
    pub(crate) fn running(&self) -> Option<String> {
        self.running.clone()
    }

    /// Accepts a PUT: the new document shows at once, as `Updating`, and takes effect when the operation
    /// with the returned id ends. An operation under way is superseded (Azure/azure-cli#21156).
    pub(crate) fn accept(&mut self, gateway: Value, fault: Option<&Fault>) -> String {
        let id = random::guid();
        if let Some(superseded) = self.running.take().and_then(|running| self.operations.get_mut(&running)) {
            superseded.status = Status::Superseded(id.clone());
        }
        let ending = match fault {
            Some(Fault::PutFails { code, message }) => {
                Ending::Failure { code: code.clone(), message: message.clone() }
            }
            Some(Fault::PutSuperseded) => Ending::Superseded,
            _ => Ending::Success,
        };
        self.operations.insert(id.clone(), Operation { status: Status::InProgress, ending });
        self.current = gateway;
        self.running = Some(id.clone());
        self.accepted += 1;
        id
    }

    /// Ends an operation if it is under way, and returns the document that takes effect by that.
    pub(crate) fn finish(&mut self, id: &str) -> Option<Value> {
        if self.running.as_deref() != Some(id) {
            return None;
        }
        self.running = None;
        let operation = self.operations.get_mut(id)?;
        let (status, gateway) = match operation.ending.clone() {
            Ending::Success => (Status::Succeeded, resource::settled(self.current.clone(), "Succeeded")),
            Ending::Failure { code, message } => {
                (Status::Failed { code, message }, resource::settled(self.in_force.clone(), "Failed"))
            }
            Ending::Superseded => {
                (Status::Superseded(random::guid()), resource::settled(self.in_force.clone(), "Succeeded"))
            }
        };
        operation.status = status;
        self.current = gateway.clone();
        self.in_force = gateway.clone();
        Some(gateway)
    }

    /// Replaces the document at once, as somebody else's finished write would. An operation under way is
    /// superseded.
    pub(crate) fn replace(&mut self, gateway: Value) {
        if let Some(superseded) = self.running.take().and_then(|running| self.operations.get_mut(&running)) {
            superseded.status = Status::Superseded(random::guid());
        }
        self.current = gateway.clone();
        self.in_force = gateway;
    }

    /// Replaces the tags: all that a PATCH can do.
    pub(crate) fn tag(&mut self, tags: &Value) {
        for gateway in [&mut self.current, &mut self.in_force] {
            put(gateway, "tags", tags.clone());
            put(gateway, "etag", random::etag());
        }
    }

    /// The body of an operation's status link; nothing when there is no such operation.
    pub(crate) fn status(&self, id: &str) -> Option<Value> {
        Some(match &self.operations.get(id)?.status {
            Status::InProgress => json!({"status": "InProgress"}),
            Status::Succeeded => json!({"status": "Succeeded"}),
            Status::Failed { code, message } => {
                json!({"status": "Failed", "error": {"code": code, "message": message, "details": []}})
            }
            Status::Superseded(by) => json!({"status": "Canceled", "error": {
                "code": "Canceled",
                "message": "Operation was canceled.",
                "details": [{
                    "code": "CanceledAndSupersededDueToAnotherOperation",
                    "message": format!(
                        "Operation PutApplicationGatewayOperation ({id}) was canceled and superseded by \
                         operation PutApplicationGatewayOperation ({by})."
                    ),
                }],
            }}),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::text;

    fn store() -> Store {
        Store::new(
            json!({"etag": "0", "location": "westeurope", "properties": {"provisioningState": "Succeeded"}}),
        )
    }

    fn state(store: &Store) -> &str {
        text(store.current(), "/properties/provisioningState").unwrap()
    }

    #[test]
    fn an_operation_ends_once_and_changes_the_etag() {
        let mut store = store();
        let id =
            store.accept(json!({"etag": "W/\"1\"", "properties": {"provisioningState": "Updating"}}), None);
        assert_eq!(store.status(&id).unwrap()["status"], "InProgress");
        let effect = store.finish(&id).unwrap();
        assert_eq!(store.status(&id).unwrap()["status"], "Succeeded");
        assert_eq!(state(&store), "Succeeded");
        assert_ne!(effect["etag"], "W/\"1\"");
        assert!(store.finish(&id).is_none());
    }

    #[test]
    fn a_second_write_supersedes_the_first() {
        let mut store = store();
        let first = store.accept(json!({"n": 1}), None);
        let second = store.accept(json!({"n": 2}), None);
        assert!(store.finish(&first).is_none());
        assert_eq!(store.finish(&second).unwrap()["n"], 2);
        let status = store.status(&first).unwrap();
        assert_eq!(status["status"], "Canceled");
        assert_eq!(status["error"]["details"][0]["code"], "CanceledAndSupersededDueToAnotherOperation");
        assert!(status["error"]["details"][0]["message"].as_str().unwrap().contains(&second));
    }

    #[test]
    fn a_failed_write_leaves_the_old_configuration_in_state_failed() {
        let mut store = store();
        let fault =
            Fault::PutFails { code: "InternalServerError".into(), message: "An error occurred.".into() };
        let id = store.accept(json!({"location": "elsewhere"}), Some(&fault));
        assert_eq!(store.finish(&id).unwrap()["location"], "westeurope");
        assert_eq!(state(&store), "Failed");
        assert_eq!(store.status(&id).unwrap()["error"]["code"], "InternalServerError");
    }

    #[test]
    fn an_unknown_operation_has_no_status() {
        assert!(store().status("00000000-0000-0000-0000-000000000000").is_none());
    }
}
