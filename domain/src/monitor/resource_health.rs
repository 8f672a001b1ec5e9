//! Resource Health: what Azure says about the gateway as its own resource.
//!
//! `GET {resource}/providers/Microsoft.ResourceHealth/availabilityStatuses/current`, api-version 2024-02-01
//! (azure-rest-api-specs, `ResourceHealth.json`).

use serde_json::Value;

use super::MonitorError;
use crate::gateway::json;

/// What Azure says about the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Availability {
    /// The state.
    pub state: State,
    /// Who or what is behind it.
    pub reason: Reason,
    /// Azure's own words about it.
    pub summary: String,
    /// Since when, as Azure writes it.
    pub since: Option<String>,
}

/// The state of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// No event is known.
    Available,
    /// It works worse than it should.
    Degraded,
    /// It does not work.
    Unavailable,
    /// Azure has not heard of it for a while, or says something that we do not know.
    Unknown,
}

/// Who or what is behind a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Maintenance by Azure.
    Planned,
    /// A fault at Azure.
    Unplanned,
    /// Something that somebody did.
    User,
    /// Not said.
    Unsaid,
}

impl Availability {
    /// Reads the answer.
    ///
    /// # Errors
    /// When it names no state.
    pub fn parse(raw: &Value) -> Result<Self, MonitorError> {
        let own = json::properties(raw);
        let state = json::text(own, "availabilityState").ok_or(MonitorError::Missing("availabilityState"))?;
        Ok(Self {
            state: state_of(state),
            reason: reason(own),
            summary: json::text(own, "summary").unwrap_or_default().chars().take(300).collect(),
            // The service spells it with one r.
            since: ["occuredTime", "occurredTime"]
                .iter()
                .find_map(|key| json::text(own, key))
                .map(str::to_owned),
        })
    }
}

fn state_of(text: &str) -> State {
    match text.to_ascii_lowercase().as_str() {
        "available" => State::Available,
        "degraded" => State::Degraded,
        "unavailable" => State::Unavailable,
        _ => State::Unknown,
    }
}

/// The context goes before the type: what a customer started is not Azure's, however it is typed.
fn reason(own: &Value) -> Reason {
    let is = |key: &str, what: &str| json::text(own, key).is_some_and(|text| text.eq_ignore_ascii_case(what));
    if is("context", "Customer Initiated") || is("reasonType", "UserInitiated") {
        Reason::User
    } else if is("reasonType", "Planned") {
        Reason::Planned
    } else if is("reasonType", "Unplanned") {
        Reason::Unplanned
    } else {
        Reason::Unsaid
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_customer_started_is_not_azures() {
        let read = |own: Value| Availability::parse(&json!({ "properties": own })).unwrap();
        let event = read(json!({
            "availabilityState": "Unavailable", "reasonType": "Unplanned", "context": "Platform Initiated",
            "summary": "We're sorry", "occuredTime": "2026-11-22T03:00:00Z",
        }));
        assert_eq!((event.state, event.reason), (State::Unavailable, Reason::Unplanned));
        assert_eq!(event.since.as_deref(), Some("2026-11-22T03:00:00Z"));
        let own = json!({ "availabilityState": "Degraded", "reasonType": "Planned", "context": "Customer Initiated" });
        assert_eq!(read(own).reason, Reason::User);
        assert_eq!(read(json!({ "availabilityState": "Odd" })).state, State::Unknown);
        assert!(Availability::parse(&json!({ "properties": {} })).is_err());
    }
}
