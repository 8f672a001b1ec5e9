//! What people decide: approve, reject, undo, look again; and what becomes of an offer that nobody takes.

use jiff::Timestamp;

use super::document::{Incident, State};
use super::event::Rules;
use super::outbox::Effect;
use crate::approval::{PlanRef, Proposal, Purpose};
use crate::card::Verb;
use crate::request::ReplyTo;
use crate::say;

impl Incident {
    pub(super) fn pressed(
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

    pub(super) fn propose(&mut self, proposal: Proposal) {
        self.drop_effects(|effect| *effect == Effect::Expire);
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
        self.note(now, say::noted::expired());
        self.end_offer(State::Expired { at }, rules, now);
    }
}
