//! Calling whoever is on call: when nobody decides about what an alert opened, or the bot could not mend it.

use jiff::Timestamp;

use super::document::{Incident, State};
use super::event::Rules;
use super::outbox::Effect;
use crate::approval::Purpose;
use crate::card::{Card, Group};
use crate::say;

impl Incident {
    /// Once an incident, for what an alert opened: whoever asked by themselves is there already.
    fn may_call(&self, rules: &Rules) -> bool {
        let by_alert = self.asked_by.is_none() && !self.alerts.is_empty();
        by_alert && self.called_at.is_none() && self.is_open() && !rules.oncall.groups.is_empty()
    }

    /// A fix is on offer: if nobody decides about it, whoever is on call is called.
    pub(super) fn call_if_undecided(&mut self, rules: &Rules) {
        if let Some(due) = self.call_due(rules).filter(|_| self.may_call(rules)) {
            self.plan_effect(Effect::Escalate, due);
        }
    }

    /// When the fix on offer has waited long enough.
    fn call_due(&self, rules: &Rules) -> Option<Timestamp> {
        match &self.state {
            State::Proposed(offer) if offer.purpose == Purpose::Fix => {
                Some(offer.offered_at.checked_add(rules.oncall.after).unwrap_or(Timestamp::MAX))
            }
            _ => None,
        }
    }

    /// The time for a decision may be over.
    pub(super) fn undecided(&mut self, rules: &Rules, now: Timestamp) {
        let Some(due) = self.call_due(rules).filter(|_| self.may_call(rules)) else { return };
        if now < due {
            // The clock of the worker that took this went fast.
            return self.plan_effect(Effect::Escalate, due);
        }
        self.call(rules, now, say::noted::called_undecided(), say::undecided);
    }

    /// Whether the bot is at its end.
    pub(super) fn has_failed(&self) -> bool {
        matches!(self.state, State::NotFixed(_) | State::Failed { .. })
    }

    /// The bot has just come to its end: a person is needed.
    pub(super) fn call_for_failure(&mut self, rules: &Rules, now: Timestamp) {
        if self.may_call(rules) {
            self.call(rules, now, say::noted::called_failed(), say::failed_to_mend);
        }
    }

    fn call(&mut self, rules: &Rules, now: Timestamp, noted: String, card: fn(&Self, &Group) -> Card) {
        self.called_at = Some(now);
        self.note(now, noted);
        for group in &rules.oncall.groups {
            let card = card(self, group);
            let theirs = self.conversations.iter().map(|found| &found.channel);
            let theirs: Vec<_> =
                theirs.filter(|channel| channel.platform == group.platform).cloned().collect();
            for channel in theirs {
                self.plan_effect(Effect::Thread { channel, card: Box::new(card.clone()) }, now);
            }
        }
    }
}
