//! An incident: one document, and [`step`], the pure function that moves it on.
//!
//! Whatever is to be done stands in the document's outbox before it is done, so a crash between "decided"
//! and "done" loses nothing. Doing it twice is harmless: every effect reads before it writes.

mod decide;
mod document;
mod errand;
mod event;
mod id;
mod oncall;
mod outbox;
mod react;
mod show;
mod snoozed;
mod write;

pub use document::{
    Actor, AlertSeen, Conversation, Done, Entry, Form, Incident, MessageRef, State, Verification, Write,
};
pub use errand::Errand;
pub use event::{Event, OnCall, Rules, Shown, Timing};
pub use id::{IncidentId, NotAnIncident};
pub use outbox::{Effect, EffectId, Pending};
pub use react::step;

#[cfg(test)]
mod tests;
