//! What can happen to an incident.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::document::MessageRef;
use crate::alert::{Condition, Fingerprint};
use crate::approval::{Policies, Refusal};
use crate::card::Group;
use crate::diagnosis::{Diagnosis, PathView};
use crate::evidence::Visit;
use crate::plan::{Plan, ProbeDefaults, ReadBack};
use crate::request::{Channel, Press, ReplyTo};
use crate::snooze::Snooze;

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
        /// Where it is shown, if at all.
        shown: Shown,
    },
    /// Somebody silenced the gateway, or made it silent for longer or shorter.
    Snoozed {
        /// Until when, and who.
        snooze: Snooze,
        /// From where.
        from: ReplyTo,
    },
    /// Somebody tried to, and may not.
    NotSnoozed {
        /// Who, and from where.
        from: ReplyTo,
        /// Why not.
        refusal: Refusal,
    },
    /// The gateway is still silent: a snooze was made longer.
    StillSnoozed {
        /// Until when, and who.
        snooze: Snooze,
    },
    /// A snooze is over.
    Roused {
        /// Who ended it before its time, if somebody did.
        by: Option<ReplyTo>,
        /// Where to show what still fires.
        channels: Vec<Channel>,
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
    /// Nobody may have decided about the offer for too long.
    Undecided,
    /// The incident is over and nothing came after it.
    Closed,
    /// The message was posted or updated.
    Shown {
        /// The message.
        message: MessageRef,
        /// The revision that it shows.
        revision: u32,
    },
    /// Alerts come in on many gateways at once: in this channel the incident is to be a line of a digest.
    InStorm {
        /// Where.
        channel: Channel,
    },
    /// The digest shows the incident's line.
    Listed {
        /// Where.
        channel: Channel,
        /// The revision that the line shows.
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

/// Where an alert is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// In these channels.
    In(Vec<Channel>),
    /// Nowhere, as long as somebody wants to hear nothing of the gateway.
    Later(Snooze),
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
    /// Who is called when nobody decides.
    pub oncall: OnCall,
}

/// Who is called when nobody decides about what an alert opened, or the bot cannot mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnCall {
    /// The groups, each on its platform. Empty: nobody is called.
    pub groups: Vec<Group>,
    /// How long an offer waits for a decision before.
    pub after: SignedDuration,
}

impl Default for OnCall {
    fn default() -> Self {
        Self { groups: Vec::new(), after: SignedDuration::from_mins(10) }
    }
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
