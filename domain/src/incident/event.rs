//! What can happen to an incident.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::document::MessageRef;
use crate::alert::{Condition, Fingerprint};
use crate::approval::Policies;
use crate::diagnosis::{Diagnosis, PathView};
use crate::evidence::Visit;
use crate::plan::{Plan, ProbeDefaults, ReadBack};
use crate::request::{Channel, Press, ReplyTo};

/// Something that happened: outside, or as the result of an effect.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Somebody asked for a diagnosis.
    Asked {
        /// Who, and where.
        from: ReplyTo,
    },
    /// Azure Monitor said something.
    Alerted {
        /// What makes two firings the same alert.
        fingerprint: Fingerprint,
        /// The alert rule's name.
        rule: String,
        /// Azure Monitor's severity.
        severity: String,
        /// What it says, in a line.
        summary: String,
        /// Fired or resolved.
        condition: Condition,
    },
    /// What is set up beside the gateway was looked at: a plan for what is missing, or why there is none, in
    /// words for a person.
    Surveyed(Result<Box<Plan>, String>),
    /// Somebody pressed a button, or typed the command that does the same.
    Pressed(Press),
    /// The gateway was read.
    Diagnosed(Box<Diagnosis>),
    /// Right before the PUT: recorded first, so that a crash cannot hide that it may have been sent.
    Intended {
        /// The configuration that the PUT is based on.
        before: Box<Value>,
    },
    /// Azure took the PUT.
    PutAccepted {
        /// Where to ask how it is going.
        operation: Option<String>,
        /// Azure's id for the PUT.
        correlation: Option<String>,
    },
    /// What the plan wants is already in place.
    InPlace,
    /// The plan is void: nothing was written.
    Voided {
        /// Why, in words for a person.
        why: String,
    },
    /// The operation ended, well or not. Reading back decides.
    OperationEnded {
        /// How it failed, if it did.
        trouble: Option<String>,
    },
    /// The configuration was read back.
    ReadBack(ReadBack),
    /// The servers' health was read.
    HealthRead {
        /// Whether every server that the plan reaches is Healthy; or why that is unknown.
        healthy: Result<bool, String>,
        /// The ways through the gateway.
        paths: Vec<PathView>,
        /// What visitors see.
        visits: Vec<Visit>,
    },
    /// The offer's time is over.
    OfferEnded,
    /// The incident is over and nothing came after it.
    Closed,
    /// The message was posted or updated.
    Shown {
        /// The message.
        message: MessageRef,
        /// The revision that it shows.
        revision: u32,
    },
    /// The message cannot be shown there.
    NotShown {
        /// Where.
        channel: Channel,
        /// Why, in words for a person.
        why: String,
        /// Whether the message is gone, so that a new one is to be posted.
        gone: bool,
    },
    /// Something was said.
    Said,
    /// The message whose thread it belongs in is not posted yet.
    TooEarly {
        /// Where.
        channel: Channel,
    },
    /// Something could not be said, and is not tried any more.
    NotSaid {
        /// Where.
        channel: Channel,
        /// Why, in words for a person.
        why: String,
    },
    /// Something failed and is to be tried again.
    Postponed {
        /// Not before.
        until: Timestamp,
    },
    /// The PUT was not sent, or Azure said no: nothing was written, for certain, and the write begins anew.
    NotWritten {
        /// Not before.
        until: Timestamp,
    },
    /// Something failed for good.
    GaveUp {
        /// What was being done, and why it failed, in words for a person.
        why: String,
    },
}

/// What decides beside the event: policy and patience.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Who may approve.
    pub approval: Policies,
    /// The probe that is offered.
    pub probe: ProbeDefaults,
    /// How long things may take.
    pub timing: Timing,
}

/// How long things may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timing {
    /// Between two looks at a running operation.
    pub follow_every: SignedDuration,
    /// How long a write may take, from approval to read-back.
    pub write_within: SignedDuration,
    /// Between two looks at the servers after the write.
    pub verify_every: SignedDuration,
    /// How long to wait for them to be Healthy, at the least; a slow probe makes it longer.
    pub verify_for: SignedDuration,
    /// How long an incident that is over waits for its alert to resolve.
    pub close_after: SignedDuration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            follow_every: SignedDuration::from_secs(5),
            write_within: SignedDuration::from_mins(20),
            verify_every: SignedDuration::from_secs(15),
            verify_for: SignedDuration::from_mins(4),
            close_after: SignedDuration::from_mins(60),
        }
    }
}
