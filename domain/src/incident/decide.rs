//! What people decide: approve, reject, undo, look again; and what becomes of an offer that nobody takes.

use jiff::Timestamp;

use super::document::{Incident, State};
use super::event::Rules;
use super::outbox::Effect;
use crate::approval::{Approval, Proposal, Purpose, Refusal};
use crate::card::Verb;
use crate::request::{Press, ReplyTo};
use crate::say;

impl Incident {
    pub(super) fn pressed(&mut self, press: Press, rules: &Rules, now: Timestamp) {
        // Another instance kept it, and its clock may go fast.
        let press = Press { at: press.at.min(now), ..press };
        let from = &press.from;
        match press.verb {
            Verb::Approve => self.approve(&press, rules, now),
            Verb::Reject => self.reject(press, rules, now),
            Verb::Recheck if self.is_writing() => self.reply(from, say::busy_writing(self), now),
            Verb::Recheck if !self.is_open() => self.reply(from, say::closed_already(self), now),
            Verb::Recheck => {
                self.join_from(from, now);
                self.diagnose_again(now);
            }
            Verb::Undo => self.propose_undo(press, rules, now),
        }
    }

    fn approve(&mut self, press: &Press, rules: &Rules, now: Timestamp) {
        let from = &press.from;
        let State::Proposed(proposal) = &mut self.state else {
            return self.reply(from, say::decided_already(self), now);
        };
        let (policy, hash) = (rules.approval.of(&self.gateway), proposal.plan.hash());
        let counted = proposal.approve(press, self.asked_by.as_ref(), &policy, now);
        if counted.is_ok() {
            self.join_from(from, now);
        }
        match counted {
            Ok(Approval::Missing(missing)) => {
                let part = say::noted::approved_in_part(&from.person, &hash, missing);
                self.note_deed(now, part, from, Some(hash));
            }
            Ok(Approval::Complete(approved)) => {
                self.note_deed(now, say::noted::approved(&from.person, &hash), from, Some(hash));
                self.drop_offer();
                self.set_aside = None;
                self.state = State::Approved(approved);
                self.plan_effect(Effect::Apply, now);
            }
            Err(refusal) => self.refuse(Verb::Approve, &refusal, from, now),
        }
    }

    /// Tells the person, nobody else, and the audit trail.
    fn refuse(&mut self, verb: Verb, refusal: &Refusal, from: &ReplyTo, now: Timestamp) {
        self.note_refused(now, say::noted::refused(&from.person, verb, refusal), from);
        let card = say::refused(self, refusal);
        self.reply(from, card, now);
    }

    fn reject(&mut self, press: Press, rules: &Rules, now: Timestamp) {
        let Press { plan: which, reason, from, .. } = &press;
        let State::Proposed(proposal) = &self.state else {
            return self.reply(from, say::decided_already(self), now);
        };
        let policy = rules.approval.of(&self.gateway);
        if let Err(refusal) = proposal.reject(from, which, &policy, now) {
            return self.refuse(Verb::Reject, &refusal, from, now);
        }
        let hash = proposal.plan.hash();
        self.note_deed(now, say::noted::rejected(&from.person, reason.as_deref()), from, Some(hash));
        self.join_from(from, now);
        self.drop_offer();
        let Press { reason, from, at, .. } = press;
        self.end_offer(State::Rejected { by: from.person, at, reason }, rules, now);
    }

    /// An offer that nobody took: an undo leaves things as they were.
    fn end_offer(&mut self, ended: State, rules: &Rules, now: Timestamp) {
        self.state = self.set_aside.take().map_or(ended, |before| *before);
        self.close_when_over(rules, now);
    }

    fn propose_undo(&mut self, press: Press, rules: &Rules, now: Timestamp) {
        let Press { reason, from, .. } = press;
        let from = &from;
        let Some(done) = self.in_place.as_ref().filter(|_| self.can_undo()) else {
            return self.reply(from, say::nothing_to_undo(self), now);
        };
        let policy = rules.approval.of(&self.gateway);
        let undo = done.approved.plan().undo();
        if let Err(refusal) = policy.check(from) {
            return self.refuse(Verb::Undo, &refusal, from, now);
        }
        self.note_deed(now, say::noted::undo_asked(&from.person, reason.as_deref()), from, Some(undo.hash()));
        self.join_from(from, now);
        self.drop_effects(|effect| *effect == Effect::Close);
        let asked_by = Some(from.person.clone());
        self.set_aside = Some(Box::new(self.state.clone()));
        let offer = Proposal::new(&self.id, undo, Purpose::Undo, &policy, now);
        self.propose(Proposal { asked_by, reason, ..offer });
    }

    pub(super) fn propose(&mut self, proposal: Proposal) {
        self.drop_offer();
        self.plan_effect(Effect::Expire, proposal.expires_at);
        self.state = State::Proposed(Box::new(proposal));
    }

    pub(super) fn offer_ended(&mut self, rules: &Rules, now: Timestamp) {
        let State::Proposed(proposal) = &self.state else { return };
        let at = proposal.expires_at;
        if now < at {
            // The clock of the worker that took this went fast.
            return self.plan_effect(Effect::Expire, at);
        }
        self.drop_offer();
        self.note(now, say::noted::expired());
        self.end_offer(State::Expired { at }, rules, now);
    }
}
