//! How an incident moves on.

use jiff::Timestamp;

use super::document::{AlertSeen, Conversation, Done, Incident, State};
use super::event::{Event, Rules};
use super::id::IncidentId;
use super::outbox::{Effect, Pending};
use crate::alert::{Condition, Fingerprint};
use crate::approval::{PlanRef, Proposal, Purpose};
use crate::card::{Card, Verb};
use crate::diagnosis::{Diagnosis, Outcome};
use crate::id::GatewayId;
use crate::request::{Channel, Person, ReplyTo, RequestId};
use crate::say;

/// How many requests an incident remembers.
const REMEMBERED: usize = 200;

/// Moves an incident on. The same incident, event, rules and clock give the same result, always.
#[must_use]
pub fn step(mut incident: Incident, event: Event, rules: &Rules, now: Timestamp) -> Incident {
    let before = say::incident(&incident);
    incident.react(event, rules, now);
    if say::incident(&incident) != before {
        incident.show_everywhere(now);
    }
    incident
}

impl Incident {
    /// Opens an incident: it wants a diagnosis, and to be shown.
    #[must_use]
    pub fn open(
        id: IncidentId,
        gateway: GatewayId,
        asked_by: Option<Person>,
        channels: Vec<Channel>,
        now: Timestamp,
    ) -> Self {
        let mut incident = Self {
            id,
            gateway,
            opened_at: now,
            asked_by,
            state: State::Diagnosing,
            alerts: Vec::new(),
            diagnosis: None,
            conversations: Vec::new(),
            timeline: Vec::new(),
            seen: Vec::new(),
            outbox: super::outbox::Outbox::default(),
            closed_at: None,
            in_place: None,
            set_aside: None,
        };
        incident.note(now, say::noted::opened(incident.asked_by.as_ref()));
        incident.plan_effect(Effect::Diagnose, now);
        for channel in channels {
            incident.join(channel, now);
        }
        incident
    }

    /// Applies what a request asks for, once: a redelivery changes nothing.
    #[must_use]
    pub fn take(mut self, request: &RequestId, event: Event, rules: &Rules, now: Timestamp) -> Self {
        if self.seen.contains(request) {
            return self;
        }
        if self.seen.len() >= REMEMBERED {
            self.seen.remove(0);
        }
        step(self.remember(request), event, rules, now)
    }

    /// Marks a request as applied.
    #[must_use]
    pub fn remember(mut self, request: &RequestId) -> Self {
        self.seen.push(request.clone());
        self
    }

    /// Notes the result of an effect. A worker that lost its claim changes nothing, but may have put an old
    /// card over a new one: then the message is brought up to date once more.
    #[must_use]
    pub fn complete(mut self, claimed: &Pending, event: Event, rules: &Rules, now: Timestamp) -> Self {
        if !self.holds(claimed) {
            if let Event::Shown { message, revision } = event {
                self.shown_too_late(message, revision, now);
            }
            return self;
        }
        if let Event::Postponed { until } = event {
            self.give_back(claimed.id, until);
            return self;
        }
        self.settle(claimed.id);
        step(self, event, rules, now)
    }

    /// Notes what an effect is about to do, and keeps the claim: a crash from here on is seen by the next
    /// worker. `None` when the claim is lost and it must not be done.
    #[must_use]
    pub fn checkpoint(
        mut self,
        claimed: &Pending,
        event: Event,
        rules: &Rules,
        now: Timestamp,
        lease: jiff::SignedDuration,
    ) -> Option<Self> {
        if !self.holds(claimed) {
            return None;
        }
        self.renew(claimed.id, now.checked_add(lease).unwrap_or(Timestamp::MAX));
        Some(step(self, event, rules, now))
    }

    fn react(&mut self, event: Event, rules: &Rules, now: Timestamp) {
        match event {
            Event::Asked { from } => self.asked(&from, now),
            Event::Alerted { fingerprint, rule, severity, summary, condition } => match condition {
                Condition::Fired => self.fired(fingerprint, rule, severity, summary, now),
                Condition::Resolved => self.resolved(&fingerprint, now),
            },
            Event::Pressed { verb, plan, reason, from } => self.pressed(verb, &plan, reason, &from, rules, now),
            Event::Diagnosed(diagnosis) => self.diagnosed(*diagnosis, rules, now),
            Event::OfferEnded => self.offer_ended(rules, now),
            Event::Closed => self.close(now),
            Event::Shown { message, revision } => self.shown(message, revision, now),
            Event::NotShown { channel, why, gone } => self.not_shown(&channel, why, gone, now),
            Event::GaveUp { why } => self.gave_up(why, now),
            Event::Said | Event::Postponed { .. } => {}
            written => self.react_to_write(written, rules, now),
        }
    }

    fn join(&mut self, channel: Channel, now: Timestamp) {
        if self.conversation(&channel).is_some() {
            return;
        }
        self.conversations.push(Conversation {
            channel: channel.clone(),
            message: None,
            shown: 0,
            wanted: 1,
            trouble: None,
        });
        self.show_in(channel, now);
    }

    fn asked(&mut self, from: &ReplyTo, now: Timestamp) {
        if !self.is_open() {
            return self.reply(from, say::closed_already(self), now);
        }
        let here_already = self.conversation(&from.channel).is_some_and(|found| found.message.is_some());
        self.join(from.channel.clone(), now);
        if here_already {
            self.reply(from, say::open_already(self), now);
        }
        if !self.is_writing() {
            self.diagnose_again(now);
        }
    }

    /// Reads the gateway again, unless that is about to begin. A reading that has begun may be older than what
    /// was asked for, so it does not count.
    fn diagnose_again(&mut self, now: Timestamp) {
        self.set_aside = None;
        self.drop_effects(|effect| matches!(effect, Effect::Expire | Effect::Close));
        if !self.is_pending(|pending| pending.effect == Effect::Diagnose && pending.claimed_until.is_none()) {
            self.plan_effect(Effect::Diagnose, now);
        }
        if !matches!(self.state, State::Superseded { .. }) {
            self.state = State::Diagnosing;
        }
    }

    fn fired(
        &mut self,
        fingerprint: Fingerprint,
        rule: String,
        severity: String,
        summary: String,
        now: Timestamp,
    ) {
        self.note(now, say::noted::fired(&rule));
        let news = match self.alerts.iter_mut().find(|alert| alert.fingerprint == fingerprint) {
            Some(alert) => {
                let ended = alert.resolved_at.take().is_some();
                alert.count = alert.count.saturating_add(1);
                alert.last_at = now;
                alert.summary = summary;
                ended
            }
            None => {
                let count = 1;
                let (last_at, resolved_at) = (now, None);
                self.alerts.push(AlertSeen { fingerprint, rule, severity, summary, count, last_at, resolved_at });
                true
            }
        };
        let busy = matches!(self.state, State::Diagnosing | State::Superseded { .. } | State::Proposed(_));
        if news && !busy && !self.is_writing() && self.is_open() {
            self.diagnose_again(now);
        }
    }

    fn resolved(&mut self, fingerprint: &Fingerprint, now: Timestamp) {
        let Some(alert) = self.alerts.iter_mut().find(|alert| alert.fingerprint == *fingerprint) else { return };
        alert.resolved_at = Some(now);
        let rule = alert.rule.clone();
        self.note(now, say::noted::resolved(&rule));
        if self.is_firing() || self.is_writing() || self.set_aside.is_some() || !self.is_open() {
            return;
        }
        if self.is_over() {
            self.close(now);
        } else {
            // The alert is only a hint: whether the gateway is well again is read, not believed.
            self.diagnose_again(now);
        }
    }

    fn pressed(
        &mut self,
        verb: Verb,
        plan: &PlanRef,
        reason: Option<String>,
        from: &ReplyTo,
        rules: &Rules,
        now: Timestamp,
    ) {
        match verb {
            Verb::Approve => self.approve(plan, from, rules, now),
            Verb::Reject => self.reject(plan, reason, from, rules, now),
            Verb::Recheck if self.is_writing() => self.reply(from, say::busy_writing(self), now),
            Verb::Recheck if !self.is_open() => self.reply(from, say::closed_already(self), now),
            Verb::Recheck => self.diagnose_again(now),
            Verb::Undo => self.propose_undo(from, rules, now),
        }
    }

    fn approve(&mut self, which: &PlanRef, from: &ReplyTo, rules: &Rules, now: Timestamp) {
        let State::Proposed(proposal) = &self.state else {
            return self.reply(from, say::decided_already(self), now);
        };
        let asker = proposal.asked_by.as_ref().or(self.asked_by.as_ref());
        match proposal.approve(&from.person, asker, which, &rules.approval, now) {
            Ok(approved) => {
                self.note(now, say::noted::approved(&from.person, &approved.plan().hash()));
                self.drop_effects(|effect| *effect == Effect::Expire);
                self.set_aside = None;
                self.state = State::Approved(Box::new(approved));
                self.plan_effect(Effect::Apply, now);
            }
            Err(refusal) => {
                let card = say::refused(self, &refusal);
                self.reply(from, card, now);
            }
        }
    }

    fn reject(
        &mut self,
        which: &PlanRef,
        reason: Option<String>,
        from: &ReplyTo,
        rules: &Rules,
        now: Timestamp,
    ) {
        let State::Proposed(proposal) = &self.state else {
            return self.reply(from, say::decided_already(self), now);
        };
        if let Err(refusal) = proposal.reject(&from.person, which, &rules.approval, now) {
            let card = say::refused(self, &refusal);
            return self.reply(from, card, now);
        }
        self.note(now, say::noted::rejected(&from.person, reason.as_deref()));
        self.drop_effects(|effect| *effect == Effect::Expire);
        self.end_offer(State::Rejected { by: from.person.clone(), at: now, reason }, rules, now);
    }

    /// An offer that nobody took: an undo leaves things as they were.
    fn end_offer(&mut self, ended: State, rules: &Rules, now: Timestamp) {
        self.state = self.set_aside.take().map_or(ended, |before| *before);
        self.close_when_over(rules, now);
    }

    fn propose_undo(&mut self, from: &ReplyTo, rules: &Rules, now: Timestamp) {
        let Some(done) = self.in_place.as_ref().filter(|_| self.can_undo()) else {
            return self.reply(from, say::nothing_to_undo(self), now);
        };
        if !rules.approval.lists(&from.person) {
            let card = say::refused(self, &crate::approval::Refusal::NotAnApprover);
            return self.reply(from, card, now);
        }
        let undo = done.approved.plan().undo();
        self.note(now, say::noted::undo_asked(&from.person));
        self.drop_effects(|effect| *effect == Effect::Close);
        let asked_by = Some(from.person.clone());
        self.set_aside = Some(Box::new(self.state.clone()));
        self.propose(Proposal { asked_by, ..Proposal::new(undo, Purpose::Undo, &rules.approval, now) });
    }

    fn propose(&mut self, proposal: Proposal) {
        self.drop_effects(|effect| *effect == Effect::Expire);
        self.plan_effect(Effect::Expire, proposal.expires_at);
        self.state = State::Proposed(Box::new(proposal));
    }

    fn diagnosed(&mut self, diagnosis: Diagnosis, rules: &Rules, now: Timestamp) {
        if !matches!(self.state, State::Diagnosing | State::Superseded { .. }) {
            return;
        }
        if self.is_pending(|pending| pending.effect == Effect::Diagnose) {
            // Somebody asked for another look while this one was under way; that one decides.
            self.diagnosis = Some(diagnosis);
            return;
        }
        self.note(now, say::noted::diagnosed(&diagnosis));
        let offer = match &diagnosis.outcome {
            Outcome::Offer(plan) => Some((**plan).clone()),
            _ => None,
        };
        self.diagnosis = Some(diagnosis);
        match offer {
            Some(plan) => self.propose(Proposal::new(plan, Purpose::Fix, &rules.approval, now)),
            None => self.state = State::Explained,
        }
        if let Some(details) = say::details(self) {
            self.tell_threads(&details, now);
        }
        self.close_when_over(rules, now);
    }

    /// An incident that is over closes at once, or waits a while for its alert to resolve.
    pub(super) fn close_when_over(&mut self, rules: &Rules, now: Timestamp) {
        if !self.is_over() || !self.is_open() || self.is_pending(|pending| pending.effect == Effect::Close) {
            return;
        }
        if !self.is_firing() {
            return self.close(now);
        }
        let due = now.checked_add(rules.timing.close_after).unwrap_or(Timestamp::MAX);
        self.plan_effect(Effect::Close, due);
    }

    fn close(&mut self, now: Timestamp) {
        if self.is_over() && self.is_open() {
            self.drop_effects(|effect| *effect == Effect::Close);
            self.closed_at = Some(now);
            self.note(now, say::noted::closed());
        }
    }

    fn offer_ended(&mut self, rules: &Rules, now: Timestamp) {
        let State::Proposed(proposal) = &self.state else { return };
        let at = proposal.expires_at;
        if now < at {
            // The clock of the worker that took this went fast.
            return self.plan_effect(Effect::Expire, at);
        }
        self.note(now, say::noted::expired());
        self.end_offer(State::Expired { at }, rules, now);
    }

    fn shown(&mut self, message: super::MessageRef, revision: u32, now: Timestamp) {
        let channel = message.channel.clone();
        let found = self.conversations.iter_mut().find(|conversation| conversation.channel == channel);
        let Some(conversation) = found else { return };
        conversation.message = Some(message);
        conversation.shown = revision;
        conversation.trouble = None;
        if conversation.shown < conversation.wanted {
            self.show_in(channel, now);
        }
    }

    fn shown_too_late(&mut self, message: super::MessageRef, revision: u32, now: Timestamp) {
        let ours = |found: &Conversation| found.message.as_ref() == Some(&message) && revision < found.shown;
        if self.conversations.iter().any(ours) {
            self.show_in(message.channel, now);
        }
    }

    fn not_shown(&mut self, channel: &Channel, why: String, gone: bool, now: Timestamp) {
        let found = self.conversations.iter_mut().find(|conversation| conversation.channel == *channel);
        let Some(conversation) = found else { return };
        // A message that could not be updated is still there, and the one to update next time.
        let lost = gone && conversation.message.take().is_some();
        if lost {
            self.show_in(channel.clone(), now);
        } else {
            conversation.trouble = Some(why.clone());
            self.drop_effects(|effect| matches!(effect, Effect::Thread { channel: there, .. } if there == channel));
            self.note(now, say::noted::not_shown(channel, &why));
        }
    }

    fn gave_up(&mut self, why: String, now: Timestamp) {
        self.note(now, why.clone());
        let looks_again = self.is_pending(|pending| pending.effect == Effect::Diagnose);
        match &self.state {
            State::Diagnosing | State::Superseded { .. } if looks_again => {}
            State::Applying(write) => {
                // What Azure took may be in place, so it must be possible to take it back.
                let taken = write.operation.is_some() || write.correlation.is_some();
                if taken && write.approved.purpose() == Purpose::Fix {
                    self.in_place = Some(Box::new(Done::of(write, now)));
                }
                self.state = State::Failed { why };
            }
            State::Diagnosing | State::Superseded { .. } | State::Approved(_) => {
                self.state = State::Failed { why };
            }
            State::Verifying(verification) => {
                let done = Done { unread: Some(why), ..verification.done.clone() };
                self.state = State::NotFixed(Box::new(done));
            }
            _ => {}
        }
    }

    /// Answers one person.
    pub(super) fn reply(&mut self, to: &ReplyTo, card: Card, now: Timestamp) {
        self.plan_effect(Effect::Reply { to: to.clone(), card: Box::new(card) }, now);
    }
}
