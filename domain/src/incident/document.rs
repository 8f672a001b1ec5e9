//! The document.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::errand::Errand;
use super::id::IncidentId;
use super::outbox::Outbox;
use crate::alert::Fingerprint;
use crate::approval::{ApprovedPlan, Proposal};
use crate::diagnosis::{Diagnosis, PathView};
use crate::evidence::Visit;
use crate::id::GatewayId;
use crate::plan::PlanHash;
use crate::request::{Channel, Person, ReplyTo, RequestId};

/// How many entries back the same refusal is looked for.
const LATEST: usize = 50;

/// Everything that is known about one gateway's trouble, from the first word to the last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// Its name.
    pub id: IncidentId,
    /// The gateway.
    pub gateway: GatewayId,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Who asked, when a person opened it.
    pub asked_by: Option<Person>,
    /// How far it is.
    pub state: State,
    /// The alerts that belong to it.
    pub alerts: Vec<AlertSeen>,
    /// The latest diagnosis.
    pub diagnosis: Option<Diagnosis>,
    /// Where it is shown.
    pub conversations: Vec<Conversation>,
    /// What happened, in order.
    pub timeline: Vec<Entry>,
    /// The requests that were applied, the latest last, so that none is applied twice.
    pub seen: Vec<RequestId>,
    /// What is to be done.
    pub(super) outbox: Outbox,
    /// When it was closed; an open incident is its gateway's only one.
    pub closed_at: Option<Timestamp>,
    /// The latest change of ours that is in place, as long as it can be taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_place: Option<Box<Done>>,
    /// What it is for, if it is no trouble but something to set up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errand: Option<Errand>,
    /// When whoever is on call was called, if they were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub called_at: Option<Timestamp>,
    /// When its first diagnosis was on display somewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found_at: Option<Timestamp>,
    /// The state to go back to when an undo is offered and nobody takes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) set_aside: Option<Box<State>>,
}

/// How far an incident is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum State {
    /// The gateway is being read.
    Diagnosing,
    /// A plan was void before it was written, and the gateway is being read again.
    Superseded {
        /// Why, in words for a person.
        why: String,
    },
    /// There is a diagnosis, and nothing for the bot to do.
    Explained,
    /// A plan waits for approval.
    Proposed(Box<Proposal>),
    /// Somebody approved; nothing is written yet.
    Approved(Box<ApprovedPlan>),
    /// The write is on its way, or may be: the intent to send it is recorded, and no refusal is known.
    Applying(Box<Write>),
    /// It is written, and the servers are being watched.
    Verifying(Box<Verification>),
    /// Every server that the plan reaches is Healthy.
    Fixed(Box<Done>),
    /// It is written, and some server is still not Healthy.
    NotFixed(Box<Done>),
    /// The fix was taken back.
    Undone(Box<Done>),
    /// Somebody turned the plan down.
    Rejected {
        /// Who.
        by: Person,
        /// When.
        at: Timestamp,
        /// Why, if they said so.
        reason: Option<String>,
    },
    /// Nobody decided in time.
    Expired {
        /// When the offer ended.
        at: Timestamp,
    },
    /// Somebody wanted to hear nothing of it for a while: alerts are counted, and nothing is read or shown.
    Snoozed {
        /// Who.
        by: Person,
        /// Until when.
        until: Timestamp,
    },
    /// There is nothing to set up, or it must not be.
    Declined {
        /// Why, in words for a person.
        why: String,
    },
    /// Something that the bot had to do failed for good.
    Failed {
        /// What was being done, and why it failed, in words for a person.
        why: String,
    },
}

impl State {
    /// Its name, for machines: in the lines of a log, in a table of counts.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Diagnosing => "diagnosing",
            Self::Superseded { .. } => "superseded",
            Self::Explained => "explained",
            Self::Proposed(_) => "proposed",
            Self::Approved(_) => "approved",
            Self::Applying(_) => "applying",
            Self::Verifying(_) => "verifying",
            Self::Fixed(_) => "fixed",
            Self::NotFixed(_) => "not-fixed",
            Self::Undone(_) => "undone",
            Self::Rejected { .. } => "rejected",
            Self::Expired { .. } => "expired",
            Self::Snoozed { .. } => "snoozed",
            Self::Declined { .. } => "declined",
            Self::Failed { .. } => "failed",
        }
    }
}

/// A write on its way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Write {
    /// What was approved.
    pub approved: ApprovedPlan,
    /// The configuration right before the PUT, until it has been read back.
    pub before: Option<Value>,
    /// When the intent to send the PUT was recorded.
    pub intended_at: Timestamp,
    /// Where Azure tells how it is going, once the PUT was taken.
    pub operation: Option<String>,
    /// Azure's id for the PUT.
    pub correlation: Option<String>,
    /// How the operation failed, if it did: whether the change is in place is read, not assumed.
    pub trouble: Option<String>,
    /// Whether an earlier PUT for the same approval may have been sent, and was never answered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unanswered: bool,
}

/// A change that is in place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Done {
    /// What was approved.
    pub approved: ApprovedPlan,
    /// When it was read back.
    pub written_at: Timestamp,
    /// Azure's id for the PUT.
    pub correlation: Option<String>,
    /// Pointers that changed beside the plan while it was being written: somebody else's doing, and kept.
    pub others: Vec<String>,
    /// The latest view of the ways through the gateway.
    pub paths: Vec<PathView>,
    /// What visitors see now.
    pub visits: Vec<Visit>,
    /// When the result was measured.
    pub measured_at: Option<Timestamp>,
    /// Why the latest look at the servers told nothing, if it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread: Option<String>,
}

/// A change that is in place, and whose effect is being measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verification {
    /// The change.
    pub done: Done,
    /// When waiting ends.
    pub until: Timestamp,
}

/// An alert that belongs to an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertSeen {
    /// What makes two firings the same alert.
    pub fingerprint: Fingerprint,
    /// The alert rule's name.
    pub rule: String,
    /// Azure Monitor's severity: `Sev1`.
    pub severity: String,
    /// What it says, in a line.
    pub summary: String,
    /// How often it fired.
    pub count: u32,
    /// When it fired last.
    pub last_at: Timestamp,
    /// When Azure Monitor called it resolved, if it has.
    pub resolved_at: Option<Timestamp>,
}

/// A message of ours, as its platform knows it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MessageRef {
    /// The channel it is in.
    pub channel: Channel,
    /// The platform's id of the message, such as Slack's `ts`.
    pub id: String,
}

/// One place where the incident is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversation {
    /// The channel.
    pub channel: Channel,
    /// The message, once it is posted.
    pub message: Option<MessageRef>,
    /// The revision that is shown.
    pub shown: u32,
    /// The revision that should be.
    pub wanted: u32,
    /// Why it cannot be shown there, if it cannot.
    pub trouble: Option<String>,
    /// As what it is shown.
    #[serde(default, skip_serializing_if = "Form::is_own")]
    pub form: Form,
    /// The revision that its line in a digest shows, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listed: Option<u32>,
}

/// As what an incident is shown in a channel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// A message of its own.
    #[default]
    Own,
    /// An alert brings it here: a message of its own, unless there is a storm when it is first shown.
    OwnUnlessStorm,
    /// A line of a digest.
    Line,
}

impl Form {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
    fn is_own(&self) -> bool {
        *self == Self::Own
    }
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// What, in words for a person.
    pub what: String,
    /// Who did it, if somebody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Actor>,
    /// The plan that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanHash>,
    /// Azure's id for the request that was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<String>,
    /// Whether it was refused: that is between the bot, the person and the audit trail.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub refused: bool,
}

/// Somebody who did something, and from where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Who.
    pub person: Person,
    /// Where.
    pub channel: Channel,
    /// The incident's message there, by the platform's id, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl AlertSeen {
    /// An alert that fired for the first time.
    #[must_use]
    pub fn new(
        fingerprint: Fingerprint,
        rule: String,
        severity: String,
        summary: String,
        at: Timestamp,
    ) -> Self {
        Self { fingerprint, rule, severity, summary, count: 1, last_at: at, resolved_at: None }
    }
}

impl Entry {
    /// Something that happened, without anybody's doing.
    #[must_use]
    pub fn new(at: Timestamp, what: impl Into<String>) -> Self {
        Self { at, what: what.into(), by: None, plan: None, correlation: None, refused: false }
    }
}

impl Write {
    /// Whether somebody wrote since the reading that the PUT was made from: this PUT, or another one. A reading has
    /// another mark after every write; where there is no mark, the documents are compared.
    #[must_use]
    pub fn is_outdated(&self, fresh: &Value) -> bool {
        self.before.as_ref().is_some_and(|before| match (before.get("etag"), fresh.get("etag")) {
            (Some(before), Some(fresh)) => before != fresh,
            _ => before != fresh,
        })
    }
}

impl Incident {
    /// Whether the incident is its gateway's own: an open one is the only one.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.closed_at.is_none()
    }

    /// Whether the trouble is over, so that a new one is a new incident.
    #[must_use]
    pub fn is_over(&self) -> bool {
        let healthy = || {
            self.diagnosis.as_ref().is_some_and(|found| found.overall == crate::diagnosis::Overall::Healthy)
        };
        match self.state {
            State::Fixed(_) | State::Undone(_) => true,
            State::Explained => healthy(),
            State::Declined { .. } => true,
            State::Snoozed { .. } => !self.is_firing(),
            // Nothing is wrong that would keep it open.
            State::Rejected { .. } | State::Expired { .. } => self.errand.is_some(),
            _ => false,
        }
    }

    /// Whether a change is being written or measured: nothing else may start meanwhile.
    #[must_use]
    pub fn is_writing(&self) -> bool {
        matches!(self.state, State::Approved(_) | State::Applying(_) | State::Verifying(_))
    }

    /// Whether the change of this incident can be taken back now: there is one, and nothing else goes on.
    #[must_use]
    pub fn can_undo(&self) -> bool {
        let at_rest = match self.state {
            State::Fixed(_) | State::NotFixed(_) | State::Explained => true,
            State::Rejected { .. } | State::Expired { .. } | State::Failed { .. } => true,
            State::Diagnosing | State::Superseded { .. } | State::Proposed(_) | State::Undone(_) => false,
            State::Approved(_) | State::Applying(_) | State::Verifying(_) => false,
            State::Declined { .. } | State::Snoozed { .. } => false,
        };
        at_rest && self.in_place.is_some()
    }

    /// Whether some alert still fires.
    #[must_use]
    pub fn is_firing(&self) -> bool {
        self.alerts.iter().any(|alert| alert.resolved_at.is_none())
    }

    /// The conversation in a channel.
    #[must_use]
    pub fn conversation(&self, channel: &Channel) -> Option<&Conversation> {
        self.conversations.iter().find(|conversation| conversation.channel == *channel)
    }

    /// Adds to the timeline.
    pub(super) fn note(&mut self, at: Timestamp, what: impl Into<String>) {
        self.timeline.push(Entry::new(at, what));
    }

    /// Adds to the timeline what somebody did.
    pub(super) fn note_deed(
        &mut self,
        at: Timestamp,
        what: impl Into<String>,
        from: &ReplyTo,
        plan: Option<PlanHash>,
    ) {
        let by = Some(self.actor(from));
        self.timeline.push(Entry { by, plan, ..Entry::new(at, what) });
    }

    /// Adds to the timeline what somebody tried in vain, unless the same stands among the latest entries: trying
    /// again and again makes no trail.
    pub(super) fn note_refused(&mut self, at: Timestamp, what: String, from: &ReplyTo) {
        let by = Some(self.actor(from));
        let latest = self.timeline.iter().rev().take(LATEST);
        if !latest.into_iter().any(|entry| entry.refused && entry.what == what && entry.by == by) {
            self.timeline.push(Entry { by, refused: true, ..Entry::new(at, what) });
        }
    }

    fn actor(&self, from: &ReplyTo) -> Actor {
        let message = self.conversation(&from.channel).and_then(|shown| shown.message.as_ref());
        let message = message.map(|message| message.id.clone());
        Actor { person: from.person.clone(), channel: from.channel.clone(), message }
    }
}
