//! How an incident moves on.

use jiff::Timestamp;

use super::document::{AlertSeen, Done, Form, Incident, State};
use super::event::{Event, Rules, Shown};
use super::id::IncidentId;
use super::outbox::{Effect, Pending};
use crate::alert::{Condition, Fingerprint};
use crate::approval::{Mode, Proposal, Purpose};
use crate::card::Card;
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
    let had_failed = incident.has_failed();
    incident.react(event, rules, now);
    if !had_failed && incident.has_failed() {
        incident.call_for_failure(rules, now);
    }
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
            errand: None,
            called_at: None,
            found_at: None,
            set_aside: None,
        };
        incident.note(now, say::noted::opened(incident.asked_by.as_ref()));
        incident.plan_effect(Effect::Diagnose, now);
        // What people ask for is shown to them; what an alert brings may be one of many.
        let form = if incident.asked_by.is_some() { Form::Own } else { Form::OwnUnlessStorm };
        for channel in channels {
            incident.join(channel, form, now);
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
            self.count_failure(claimed.id, now);
            self.give_back(claimed.id, until);
            return self;
        }
        if let Event::TooEarly { channel } = event {
            self.count_failure(claimed.id, now);
            self.give_back(claimed.id, self.thread_due(&channel, now));
            return self;
        }
        if let Event::NotWritten { until } = event {
            self.not_written();
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

    /// Keeps a claim for another lease, while its effect goes on. `None` when the claim is lost.
    #[must_use]
    pub fn renewed(mut self, claimed: &Pending, now: Timestamp, lease: jiff::SignedDuration) -> Option<Self> {
        if !self.holds(claimed) {
            return None;
        }
        self.renew(claimed.id, now.checked_add(lease).unwrap_or(Timestamp::MAX));
        Some(self)
    }

    fn react(&mut self, event: Event, rules: &Rules, now: Timestamp) {
        match event {
            Event::Asked { from } => self.asked(&from, now),
            Event::Alerted { fingerprint, rule, severity, summary, condition, shown } => match condition {
                Condition::Fired => {
                    let alert = AlertSeen::new(fingerprint, rule, severity, summary, now);
                    self.fired(alert, shown, now);
                }
                Condition::Resolved => self.resolved(&fingerprint, &shown, now),
            },
            Event::Snoozed { snooze, from } => self.snoozed(&snooze, &from, now),
            Event::NotSnoozed { from, refusal } => self.not_snoozed(&from, &refusal, now),
            Event::StillSnoozed { snooze } => self.still_snoozed(&snooze, now),
            Event::Roused { by, channels } => self.roused(by.as_ref(), channels, now),
            Event::InStorm { channel } => self.in_storm(channel, now),
            Event::Listed { channel, revision } => self.listed(channel, revision, now),
            Event::Pressed(press) => self.pressed(press, rules, now),
            Event::Diagnosed(diagnosis) => self.diagnosed(*diagnosis, rules, now),
            Event::Surveyed(plan) => self.surveyed(plan, rules, now),
            Event::OfferEnded => self.offer_ended(rules, now),
            Event::Undecided => self.undecided(rules, now),
            Event::Closed => self.close(now),
            Event::Shown { message, revision } => self.shown(message, revision, now),
            Event::NotShown { channel, why, gone } => self.not_shown(&channel, why, gone, now),
            Event::NotSaid { channel, why } => self.note(now, say::noted::not_said(&channel, &why)),
            Event::GaveUp { why } => self.gave_up(why, now),
            Event::Said | Event::Postponed { .. } | Event::NotWritten { .. } | Event::TooEarly { .. } => {}
            written => self.react_to_write(written, rules, now),
        }
    }

    fn asked(&mut self, from: &ReplyTo, now: Timestamp) {
        if !self.is_open() {
            return self.reply(from, say::closed_already(self), now);
        }
        let here_already = self.conversation(&from.channel).is_some_and(|found| found.message.is_some());
        self.join(from.channel.clone(), Form::Own, now);
        self.end_errand(now);
        if here_already {
            self.reply(from, say::open_already(self), now);
        }
        // An offer stands until somebody decides or looks again on purpose: asking does not take it away. And
        // whoever asks while the gateway is being read gets that reading, or a storm would start a hundred.
        let answered_soon = matches!(self.state, State::Proposed(_) | State::Diagnosing);
        if !self.is_writing() && !answered_soon {
            self.diagnose_again(now);
        }
    }

    /// Reads the gateway again, unless that is about to begin. A reading that has begun may be older than what
    /// was asked for, so it does not count.
    pub(super) fn diagnose_again(&mut self, now: Timestamp) {
        self.set_aside = None;
        self.drop_offer();
        self.drop_effects(|effect| *effect == Effect::Close);
        let look = self.look();
        if !self.is_pending(|pending| pending.effect == look && pending.claimed_until.is_none()) {
            self.plan_effect(look, now);
        }
        if !matches!(self.state, State::Superseded { .. }) {
            self.state = State::Diagnosing;
        }
    }

    fn fired(&mut self, fired: AlertSeen, shown: Shown, now: Timestamp) {
        self.note(now, say::noted::fired(&fired.rule));
        let known = self.alerts.iter_mut().find(|alert| alert.fingerprint == fired.fingerprint);
        let news = match known {
            Some(alert) => {
                let ended = alert.resolved_at.take().is_some();
                alert.count = alert.count.saturating_add(1);
                alert.last_at = now;
                alert.summary = fired.summary;
                ended
            }
            None => {
                self.alerts.push(fired);
                true
            }
        };
        if !news || !self.is_open() {
            return;
        }
        match shown {
            Shown::Later(snooze) => return self.keep_quiet(&snooze, now),
            // Somebody may have asked about the gateway elsewhere before anything fired.
            Shown::In(channels) if !matches!(self.state, State::Snoozed { .. }) => {
                channels.into_iter().for_each(|channel| self.join(channel, Form::OwnUnlessStorm, now));
            }
            Shown::In(_) => {}
        }
        self.end_errand(now);
        let busy = matches!(
            self.state,
            State::Diagnosing | State::Superseded { .. } | State::Proposed(_) | State::Snoozed { .. }
        );
        if !busy && !self.is_writing() {
            self.diagnose_again(now);
        }
    }

    fn resolved(&mut self, fingerprint: &Fingerprint, shown: &Shown, now: Timestamp) {
        let Some(alert) = self.alerts.iter_mut().find(|alert| alert.fingerprint == *fingerprint) else {
            return;
        };
        alert.resolved_at = Some(now);
        let rule = alert.rule.clone();
        self.note(now, say::noted::resolved(&rule));
        if self.is_firing() || self.is_writing() || self.set_aside.is_some() || !self.is_open() {
            return;
        }
        if self.is_over() {
            self.close(now);
        } else if let Shown::Later(snooze) = shown {
            self.keep_quiet(snooze, now);
        } else {
            // The alert is only a hint: whether the gateway is well again is read, not believed.
            self.diagnose_again(now);
        }
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
        let policy = rules.approval.of(&self.gateway);
        let offer = match &diagnosis.outcome {
            Outcome::Offer(plan) if policy.mode == Mode::Approve => Some((**plan).clone()),
            _ => None,
        };
        self.note(now, say::noted::diagnosed(&diagnosis, policy.mode));
        self.diagnosis = Some(diagnosis);
        match offer {
            Some(plan) => {
                let instead_of = self.superseded_for();
                let offer = Proposal::new(&self.id, plan, Purpose::Fix, &policy, now);
                self.propose(Proposal { instead_of, ..offer });
                self.call_if_undecided(rules);
            }
            None => self.state = State::Explained,
        }
        if let Some(details) = say::details(self) {
            self.tell_threads(&details, now);
        }
        self.close_when_over(rules, now);
    }

    /// Why the plan that was approved before is void, if one is.
    pub(super) fn superseded_for(&self) -> Option<String> {
        match &self.state {
            State::Superseded { why } => Some(why.clone()),
            _ => None,
        }
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

    pub(super) fn close(&mut self, now: Timestamp) {
        if self.is_over() && self.is_open() {
            self.drop_effects(|effect| matches!(effect, Effect::Close | Effect::Rouse));
            self.closed_at = Some(now);
            self.note(now, say::noted::closed());
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
