//! The write path: approved → intended → taken → read back → measured.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::document::{Done, Entry, Incident, State, Verification, Write};
use super::event::{Event, Rules};
use super::outbox::Effect;
use crate::approval::{ApprovedPlan, Purpose};
use crate::diagnosis::PathView;
use crate::evidence::Visit;
use crate::plan::{FixKind, ReadBack};
use crate::say;

impl Incident {
    pub(super) fn react_to_write(&mut self, event: Event, rules: &Rules, now: Timestamp) {
        match event {
            Event::Intended { before } => self.intended(*before, now),
            Event::PutAccepted { operation, correlation } => {
                self.put_accepted(operation, correlation, rules, now)
            }
            Event::InPlace => self.in_place(now),
            Event::Voided { why } => self.voided(why, now),
            Event::OperationEnded { trouble } => self.operation_ended(trouble, now),
            Event::ReadBack(read_back) => self.read_back(read_back, rules, now),
            Event::HealthRead { healthy, paths, visits } => {
                self.health_read(healthy, paths, visits, rules, now)
            }
            _ => {}
        }
    }

    /// The plan that is on its way to Azure, if one is.
    #[must_use]
    pub fn approved(&self) -> Option<&ApprovedPlan> {
        match &self.state {
            State::Approved(approved) => Some(approved),
            State::Applying(write) => Some(&write.approved),
            State::Verifying(verification) => Some(&verification.done.approved),
            State::Fixed(done) | State::NotFixed(done) | State::Undone(done) => Some(&done.approved),
            _ => None,
        }
    }

    fn intended(&mut self, before: Value, now: Timestamp) {
        let (approved, unanswered) = match &self.state {
            State::Approved(approved) => ((**approved).clone(), false),
            State::Applying(write) => (write.approved.clone(), true),
            _ => return,
        };
        self.state = State::Applying(Box::new(Write {
            approved,
            before: Some(before),
            intended_at: now,
            operation: None,
            correlation: None,
            trouble: None,
            unanswered,
        }));
    }

    /// The intent came to nothing, and is forgotten; not so an earlier one of which that is not known.
    pub(super) fn not_written(&mut self) {
        if let State::Applying(write) = &self.state
            && !write.unanswered
        {
            self.state = State::Approved(Box::new(write.approved.clone()));
        }
    }

    fn put_accepted(
        &mut self,
        operation: Option<String>,
        correlation: Option<String>,
        rules: &Rules,
        now: Timestamp,
    ) {
        let State::Applying(write) = &mut self.state else { return };
        let follow = operation.is_some();
        write.operation = operation;
        write.correlation.clone_from(&correlation);
        let plan = Some(write.approved.plan().hash());
        let what = say::noted::sent(correlation.as_deref());
        self.timeline.push(Entry { plan, correlation, ..Entry::new(now, what) });
        if follow {
            self.plan_effect(Effect::Follow, after(now, rules.timing.follow_every));
        } else {
            self.plan_effect(Effect::ReadBack, now);
        }
    }

    /// What the plan wants is there: ours, from before a crash, or done by hand meanwhile. Reading back tells.
    fn in_place(&mut self, now: Timestamp) {
        if let State::Approved(approved) = &self.state {
            self.state = State::Applying(Box::new(Write {
                approved: (**approved).clone(),
                before: None,
                intended_at: now,
                operation: None,
                correlation: None,
                trouble: None,
                unanswered: false,
            }));
        }
        if matches!(self.state, State::Applying(_)) {
            self.note(now, say::noted::in_place());
            self.plan_effect(Effect::ReadBack, now);
        }
    }

    fn voided(&mut self, why: String, now: Timestamp) {
        if !matches!(self.state, State::Approved(_) | State::Applying(_)) {
            return;
        }
        self.note(now, say::noted::voided(&why));
        if !self.is_open() {
            // An undo that came too late; the gateway has another incident by now, or will get one.
            self.state = State::Failed { why: say::noted::voided(&why) };
            return;
        }
        self.state = State::Superseded { why };
        self.plan_effect(self.look(), now);
    }

    fn operation_ended(&mut self, trouble: Option<String>, now: Timestamp) {
        let State::Applying(write) = &mut self.state else { return };
        write.trouble.clone_from(&trouble);
        self.note(now, say::noted::operation_ended(trouble.as_deref()));
        self.plan_effect(Effect::ReadBack, now);
    }

    fn read_back(&mut self, read_back: ReadBack, rules: &Rules, now: Timestamp) {
        let State::Applying(write) = &self.state else { return };
        if !read_back.applied {
            let why = write.trouble.clone().unwrap_or_else(|| say::noted::not_in_place(&read_back.missing));
            return self.voided(why, now);
        }
        let others = read_back.unexpected.iter().map(|difference| difference.pointer.clone()).collect();
        let done = Done { others, ..Done::of(write, now) };
        self.note(now, say::noted::read_back(&done.others));
        match done.approved.purpose() {
            Purpose::Undo => {
                self.note(now, say::noted::undone());
                self.in_place = None;
                self.state = State::Undone(Box::new(done));
                self.close_when_over(rules, now);
            }
            Purpose::Fix if done.approved.plan().kind().leads_on() => self.go_on(done, rules, now),
            Purpose::Fix if done.approved.plan().is_beside() => self.set_up(done, rules, now),
            Purpose::Fix => {
                let until = after(now, patience(&done, rules));
                self.in_place = Some(Box::new(done.clone()));
                self.state = State::Verifying(Box::new(Verification { done, until }));
                self.plan_effect(Effect::Verify, now);
            }
        }
    }

    /// One step is in place. What it has changed shows after a while, and then the gateway is looked at again.
    fn go_on(&mut self, done: Done, rules: &Rules, now: Timestamp) {
        self.note(now, say::noted::goes_on());
        self.in_place = Some(Box::new(done));
        self.state = State::Diagnosing;
        self.plan_effect(self.look(), after(now, rules.timing.verify_every));
    }

    /// Whether one step is in place, and the next one is being looked for.
    #[must_use]
    pub fn goes_on(&self) -> bool {
        let in_place = self.in_place.as_ref().map(|done| done.approved.plan().kind());
        matches!(self.state, State::Diagnosing) && in_place.is_some_and(FixKind::leads_on)
    }

    fn health_read(
        &mut self,
        healthy: Result<bool, String>,
        paths: Vec<PathView>,
        visits: Vec<Visit>,
        rules: &Rules,
        now: Timestamp,
    ) {
        let State::Verifying(verification) = &mut self.state else { return };
        verification.done.unread = healthy.as_ref().err().cloned();
        if healthy.is_ok() {
            verification.done.paths = paths;
            verification.done.visits = visits;
            verification.done.measured_at = Some(now);
        }
        let done = verification.done.clone();
        if healthy == Ok(true) {
            self.note(now, say::noted::fixed());
            self.state = State::Fixed(Box::new(done));
            self.close_when_over(rules, now);
        } else if now >= verification.until {
            self.note(now, say::noted::not_fixed(done.unread.as_deref()));
            self.state = State::NotFixed(Box::new(done));
        } else {
            self.plan_effect(Effect::Verify, after(now, rules.timing.verify_every));
            return;
        }
        if let Some(history) = say::history(self) {
            self.tell_threads(&history, now);
        }
        if matches!(self.state, State::Fixed(_))
            && let Some(code) = say::code(self)
        {
            self.tell_threads(&code, now);
        }
    }
}

impl Done {
    /// A write that was made, and whose effect is not known yet.
    pub(super) fn of(write: &Write, now: Timestamp) -> Self {
        Self {
            approved: write.approved.clone(),
            written_at: now,
            correlation: write.correlation.clone(),
            others: Vec::new(),
            paths: Vec::new(),
            visits: Vec::new(),
            measured_at: None,
            unread: None,
        }
    }
}

/// How long to wait for Healthy: the policy's time, or what the probe itself needs to make up its mind.
fn patience(done: &Done, rules: &Rules) -> SignedDuration {
    let probes = done.approved.plan().probes().iter().map(|planned| &planned.probe);
    let needs = probes
        .map(|probe| {
            u64::from(probe.interval_s) * u64::from(probe.unhealthy_threshold) + u64::from(probe.timeout_s)
        })
        .max()
        .unwrap_or_default();
    rules.timing.verify_for.max(SignedDuration::from_secs(i64::try_from(needs).unwrap_or(i64::MAX)))
}

fn after(now: Timestamp, wait: SignedDuration) -> Timestamp {
    now.checked_add(wait).unwrap_or(Timestamp::MAX)
}
