//! An incident that nobody wants to hear of for a while.

use jiff::Timestamp;

use super::document::{Form, Incident, State};
use super::id::IncidentId;
use super::outbox::Effect;
use crate::approval::Refusal;
use crate::id::GatewayId;
use crate::request::{Channel, ReplyTo};
use crate::say;
use crate::snooze::Snooze;

impl Incident {
    /// Opens an incident that an alert brings while its gateway is snoozed: it counts, and wants nothing else before
    /// that is over.
    #[must_use]
    pub fn open_snoozed(id: IncidentId, gateway: GatewayId, snooze: &Snooze, now: Timestamp) -> Self {
        let mut incident = Self::open(id, gateway, None, Vec::new(), now);
        incident.drop_effects(|effect| *effect == Effect::Diagnose);
        incident.state = State::Snoozed { by: snooze.by.clone(), until: snooze.until };
        incident.keep_quiet(snooze, now);
        incident
    }

    /// Whether it looks again when a snooze is over.
    #[must_use]
    pub fn waits_for_snooze(&self) -> bool {
        self.is_pending(|pending| pending.effect == Effect::Rouse)
            || matches!(self.state, State::Snoozed { .. })
    }

    /// Notes that an alert is kept and not shown, and looks again when the snooze is over.
    pub(super) fn keep_quiet(&mut self, snooze: &Snooze, now: Timestamp) {
        if self.is_pending(|pending| pending.effect == Effect::Rouse) {
            return;
        }
        self.note(now, say::noted::kept_quiet(snooze));
        self.plan_effect(Effect::Rouse, snooze.until.max(now));
    }

    /// Somebody silenced the gateway.
    pub(super) fn snoozed(&mut self, snooze: &Snooze, from: &ReplyTo, now: Timestamp) {
        self.note_deed(now, say::noted::snoozed(snooze), from, None);
        self.still_snoozed(snooze, now);
    }

    /// Somebody tried to silence it, or to end that, and may not.
    pub(super) fn not_snoozed(&mut self, from: &ReplyTo, refusal: &Refusal, now: Timestamp) {
        self.note_refused(now, say::noted::not_snoozed(&from.person, refusal), from);
    }

    /// Silence lasts until another moment than was known.
    pub(super) fn still_snoozed(&mut self, snooze: &Snooze, now: Timestamp) {
        let waits = self.is_pending(|pending| pending.effect == Effect::Rouse);
        if let State::Snoozed { by, until } = &mut self.state {
            (*by, *until) = (snooze.by.clone(), snooze.until);
        } else if !waits {
            return;
        }
        if self.is_open() {
            self.drop_effects(|effect| *effect == Effect::Rouse);
            self.plan_effect(Effect::Rouse, snooze.until.max(now));
        }
    }

    /// Silence is over: what still fires is shown, and the gateway is read.
    pub(super) fn roused(&mut self, by: Option<&ReplyTo>, channels: Vec<Channel>, now: Timestamp) {
        let was_quiet = self.waits_for_snooze();
        self.drop_effects(|effect| *effect == Effect::Rouse);
        match by {
            Some(from) => self.note_deed(now, say::noted::snooze_ended(&from.person), from, None),
            None => self.note(now, say::noted::snooze_over()),
        }
        // Whoever is on call may have been left alone for the snooze.
        self.hasten(|effect| *effect == Effect::Escalate, now);
        if (by.is_some() && !was_quiet) || !self.is_open() {
            return;
        }
        if !self.is_firing() {
            return if self.is_over() { self.close(now) } else { self.look_after_snooze(now) };
        }
        for channel in channels {
            self.join(channel, Form::OwnUnlessStorm, now);
        }
        self.look_after_snooze(now);
    }

    /// What fired or resolved meanwhile was noted, and not looked at.
    fn look_after_snooze(&mut self, now: Timestamp) {
        let looked_at =
            matches!(self.state, State::Diagnosing | State::Superseded { .. } | State::Proposed(_));
        if !looked_at && !self.is_writing() {
            self.diagnose_again(now);
        }
    }
}
