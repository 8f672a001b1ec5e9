//! The timeline's sentences: what happened, without names of platforms or markup.

use crate::approval::{Mode, Refusal};
use crate::card::{Verb, clock};
use crate::diagnosis::{Diagnosis, Outcome, Overall};
use crate::plan::PlanHash;
use crate::request::{Channel, Person};
use crate::say::NO_WRITER;
use crate::snooze::Snooze;

/// The incident was opened.
#[must_use]
pub fn opened(by: Option<&Person>) -> String {
    by.map_or_else(|| "Opened by an alert".to_owned(), |person| format!("Opened by {}", person.shown()))
}

/// An alert fired.
#[must_use]
pub fn fired(rule: &str) -> String {
    format!("Alert {rule} fired")
}

/// An alert resolved.
#[must_use]
pub fn resolved(rule: &str) -> String {
    format!("Azure Monitor resolved alert {rule}")
}

/// A diagnosis was given.
#[must_use]
pub fn diagnosed(diagnosis: &Diagnosis, mode: Mode) -> String {
    let what = match (&diagnosis.outcome, diagnosis.overall) {
        (_, Overall::Healthy) => "all servers Healthy",
        (_, Overall::Unclear) => "backend health could not be read in full",
        (Outcome::Offer(_), _) if mode == Mode::Observe => {
            "there is a fix, and the policy is to observe only"
        }
        (Outcome::Offer(_), _) if mode == Mode::NoWriter => {
            "there is a fix, and the bot has no identity to write with"
        }
        (Outcome::Offer(_), _) => "a fix is offered",
        (Outcome::AddEndpoint { .. }, _) => "the application needs a health endpoint first",
        (Outcome::Refused { .. }, _) => "the bot must not write to this gateway",
        _ => "a person is needed",
    };
    let cause = diagnosis
        .lead()
        .map_or_else(String::new, |found| format!(" ({}, {})", found.cause, found.verdict.in_words()));
    format!("Diagnosed: {what}{cause}")
}

/// Something to set up is offered.
#[must_use]
pub fn set_up_offered() -> String {
    "Looked at what is set up beside the gateway: something is missing, and offered".to_owned()
}

/// Nothing is offered.
#[must_use]
pub fn declined(why: &str) -> String {
    format!("Nothing to set up: {why}")
}

/// It is set up.
#[must_use]
pub fn set_up() -> String {
    "Everything that was approved is set up".to_owned()
}

/// A step is done, and the gateway is looked at again.
#[must_use]
pub fn goes_on() -> String {
    "The change is in place; the gateway is looked at again".to_owned()
}

/// Somebody approved.
#[must_use]
pub fn approved(by: &Person, plan: &PlanHash) -> String {
    format!("{} approved plan {}", by.shown(), plan.short())
}

/// Somebody approved, and it takes others beside them.
#[must_use]
pub fn approved_in_part(by: &Person, plan: &PlanHash, missing: u32) -> String {
    format!("{} approved plan {}; {missing} more needed", by.shown(), plan.short())
}

/// Somebody tried what they may not do, or not so.
#[must_use]
pub fn refused(by: &Person, verb: Verb, refusal: &Refusal) -> String {
    format!("{} tried to {}, refused: {}", by.shown(), verb.as_str(), refused_because(refusal))
}

fn refused_because(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::NotAnApprover => "not an approver",
        Refusal::WrongChannel { .. } => "not from that channel",
        Refusal::OnlyObserving => "the policy is to observe only",
        Refusal::NoWriter => "the bot has no identity to write with",
        Refusal::AskedForIt => "asked for it themselves",
        Refusal::Counted { .. } => "approved it before",
        Refusal::OutsideWindow { .. } => "no change window is open",
        Refusal::Expired { .. } => "the offer had expired",
        Refusal::AnotherPlan => "named another plan",
        Refusal::WhichPlan => "named no plan",
    }
}

/// The bot only looks, by its policy or for want of an identity.
#[must_use]
pub fn only_observing(mode: Mode) -> String {
    let why = if mode == Mode::NoWriter { NO_WRITER } else { "approval.mode in agw.toml" };
    format!("the bot only observes this gateway ({why})")
}

/// Somebody was taken off the list between their approval and the write.
#[must_use]
pub fn not_approved_any_more() -> String {
    "the policy changed, and the approval does not suffice any more".to_owned()
}

/// Somebody turned the plan down.
#[must_use]
pub fn rejected(by: &Person, reason: Option<&str>) -> String {
    reason.map_or_else(
        || format!("{} rejected the plan", by.shown()),
        |reason| format!("{} rejected the plan: {reason}", by.shown()),
    )
}

/// Somebody wants the way back.
#[must_use]
pub fn undo_asked(by: &Person, reason: Option<&str>) -> String {
    let asked = format!("{} asked to undo the change", by.shown());
    reason.map_or_else(|| asked.clone(), |reason| format!("{asked}: {reason}"))
}

/// Whoever is on call was called, because nobody decided.
#[must_use]
pub fn called_undecided() -> String {
    "Called the on-call group: nobody had decided".to_owned()
}

/// Whoever is on call was called, because the bot came to its end.
#[must_use]
pub fn called_failed() -> String {
    "Called the on-call group: a person is needed".to_owned()
}

/// Nobody decided in time.
#[must_use]
pub fn expired() -> String {
    "The offer expired; nothing was written".to_owned()
}

/// Azure took the PUT.
#[must_use]
pub fn sent(correlation: Option<&str>) -> String {
    correlation.map_or_else(
        || "Azure accepted the change".to_owned(),
        |id| format!("Azure accepted the change (correlation id {id})"),
    )
}

/// The change was there before anything was sent.
#[must_use]
pub fn in_place() -> String {
    "The change is in place already; nothing more was sent".to_owned()
}

/// The plan is void.
#[must_use]
pub fn voided(why: &str) -> String {
    format!("The plan is void: {why}")
}

/// Nobody can tell a write that never arrived from one that was taken back.
#[must_use]
pub fn maybe_written() -> String {
    "it was sent and no answer came, and the change is not there now: whether it was made and taken back cannot be told"
        .to_owned()
}

/// The operation ended.
#[must_use]
pub fn operation_ended(trouble: Option<&str>) -> String {
    trouble.map_or_else(
        || "Azure finished the change".to_owned(),
        |why| format!("Azure ended the change: {why}"),
    )
}

/// Read-back found the change missing.
#[must_use]
pub fn not_in_place(missing: &[String]) -> String {
    format!("the change is not in place ({}), somebody else may have written after it", missing.join(", "))
}

/// Read-back found the change in place.
#[must_use]
pub fn read_back(others: &[String]) -> String {
    if others.is_empty() {
        return "Read back: exactly the approved change".to_owned();
    }
    format!("Read back: the approved change; somebody else changed {} meanwhile", others.join(", "))
}

/// All servers are Healthy.
#[must_use]
pub fn fixed() -> String {
    "Every server that the change reaches is Healthy".to_owned()
}

/// Waiting was in vain.
#[must_use]
pub fn not_fixed(unread: Option<&str>) -> String {
    unread.map_or_else(
        || "The change is in place and not every server is Healthy".to_owned(),
        |why| format!("The change is in place; whether the servers are Healthy could not be read: {why}"),
    )
}

/// The fix was taken back.
#[must_use]
pub fn undone() -> String {
    "The change was taken back".to_owned()
}

/// The incident was closed.
#[must_use]
pub fn closed() -> String {
    "Closed".to_owned()
}

/// A channel cannot be written to.
#[must_use]
pub fn not_shown(channel: &Channel, why: &str) -> String {
    format!("Could not write to channel {} of {}: {why}", channel.id, channel.platform)
}

/// Alerts are kept, and nothing is shown.
#[must_use]
pub fn kept_quiet(snooze: &Snooze) -> String {
    format!("Kept, and not shown: {} snoozed the gateway until {}", snooze.by.shown(), clock(snooze.until))
}

/// Somebody silenced the gateway.
#[must_use]
pub fn snoozed(snooze: &Snooze) -> String {
    format!("{} snoozed alerts about the gateway until {}", snooze.by.shown(), clock(snooze.until))
}

/// Somebody may not silence it.
#[must_use]
pub fn not_snoozed(by: &Person, refusal: &Refusal) -> String {
    format!("{} tried to snooze, refused: {}", by.shown(), refused_because(refusal))
}

/// Somebody ended the silence.
#[must_use]
pub fn snooze_ended(by: &Person) -> String {
    format!("{} ended the snooze", by.shown())
}

/// The silence ended.
#[must_use]
pub fn snooze_over() -> String {
    "The snooze is over".to_owned()
}

/// It is a line among many.
#[must_use]
pub fn in_storm(channel: &Channel) -> String {
    format!(
        "One of many alerts at once: listed in one message in channel {} of {}",
        channel.id, channel.platform
    )
}

/// An answer, or something in a thread, was given up.
#[must_use]
pub fn not_said(channel: &Channel, why: &str) -> String {
    format!("Something was not said in channel {} of {}: {why}", channel.id, channel.platform)
}

/// Why a message is not tried any more.
#[must_use]
pub fn tried_for(why: &str, hours: i64) -> String {
    let hours = if hours == 1 { "an hour".to_owned() } else { format!("{hours} hours") };
    format!("{why}; given up after {hours}")
}

/// What changed under an approved plan.
#[must_use]
pub fn changed(pointers: &[String]) -> String {
    format!("somebody changed {} since the plan was shown", pointers.join(", "))
}

/// The write was given up before anything was sent.
#[must_use]
pub fn nothing_written(why: &str) -> String {
    format!("Nothing was written: {why}.")
}

/// Azure refused the write and nothing was written.
#[must_use]
pub fn write_refused(why: &str) -> String {
    format!("Azure did not take the change, nothing was written ({why})")
}

/// Something was begun again and again, and never came to its end.
#[must_use]
pub fn never_ended(times: u32) -> String {
    format!("It was begun {times} times and never ended; the log may say why.")
}
