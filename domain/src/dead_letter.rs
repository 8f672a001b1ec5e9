//! Wake-ups that could not be handled, however often they were tried.
//!
//! A dead letter is shown to people and loses nothing by itself: what the wake-up pointed to is still stored.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::incident::IncidentId;
use crate::request::RequestId;

/// A wake-up that was given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// The queue's id of the message.
    pub id: String,
    /// When it was given up.
    pub at: Timestamp,
    /// What it pointed to.
    pub about: About,
    /// What it pointed to, in words for a person: `the command /agw diagnose agw-prod of Alex`.
    pub what: String,
    /// Whether a person was told in a channel.
    pub told: bool,
}

/// What a wake-up pointed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum About {
    /// A request that waited to be routed.
    Request(RequestId),
    /// An incident that had something to do.
    Incident(IncidentId),
    /// Nothing that this program ever sends.
    Unreadable,
}
