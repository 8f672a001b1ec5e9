//! What is to be done, and who is doing it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::document::{Form, Incident};
use crate::card::Card;
use crate::request::{Channel, ReplyTo};

/// Something to do outside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "do")]
pub enum Effect {
    /// Read the gateway and give a diagnosis.
    Diagnose,
    /// Look at what is set up beside the gateway, and plan what is missing.
    Survey,
    /// Write the approved plan.
    Apply,
    /// Ask how the write is going.
    Follow,
    /// Read the configuration back and compare it with the plan.
    ReadBack,
    /// Look at the servers' health.
    Verify,
    /// End an offer that nobody took.
    Expire,
    /// Call whoever is on call, if nobody has decided about the offer by then.
    Escalate,
    /// Close an incident that is over.
    Close,
    /// Look whether the gateway is still to be silent, and show the incident if not.
    Rouse,
    /// Bring the incident's line in a channel's digest up to date.
    List {
        /// Where.
        channel: Channel,
    },
    /// Post or update the incident's message in a channel.
    Show {
        /// Where.
        channel: Channel,
    },
    /// Add to the thread of the incident's message.
    Thread {
        /// Where.
        channel: Channel,
        /// What.
        card: Box<Card>,
    },
    /// Answer one person.
    Reply {
        /// Whom, and how.
        to: ReplyTo,
        /// What.
        card: Box<Card>,
    },
}

/// Names one entry of the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EffectId(u32);

/// An entry of the outbox.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pending {
    /// Its name.
    pub id: EffectId,
    /// What to do.
    pub effect: Effect,
    /// Not before.
    pub due: Timestamp,
    /// Until when a worker has it for itself.
    pub claimed_until: Option<Timestamp>,
    /// How often it was begun.
    pub attempts: u32,
    /// How often it ended in failure, and was to be tried again.
    #[serde(default, skip_serializing_if = "is_none")]
    pub failures: u32,
    /// Since when it has been failing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<Timestamp>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_none(failures: &u32) -> bool {
    *failures == 0
}

impl Pending {
    /// When it can be taken: when due, or when the claim of a worker that died has run out.
    fn free_at(&self) -> Timestamp {
        self.claimed_until.map_or(self.due, |until| until.max(self.due))
    }

    /// Whether it has been failing for longer than this.
    #[must_use]
    pub fn is_failing_for(&self, limit: SignedDuration, now: Timestamp) -> bool {
        self.failing_since.is_some_and(|since| now.duration_since(since) >= limit)
    }

    /// How often it was begun and never came to an end, not even a bad one.
    #[must_use]
    pub fn begun_in_vain(&self) -> u32 {
        self.attempts.saturating_sub(self.failures)
    }
}

/// What is to be done.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Outbox {
    next: u32,
    pending: Vec<Pending>,
}

impl Incident {
    /// Claims what can be done now, for as long as `lease`. Save the document before doing any of it: whoever
    /// saves first has it.
    pub fn claim(&mut self, now: Timestamp, lease: SignedDuration) -> Vec<Pending> {
        let until = now.checked_add(lease).unwrap_or(Timestamp::MAX);
        let mut claimed = Vec::new();
        for pending in self.outbox.pending.iter_mut().filter(|pending| pending.free_at() <= now) {
            pending.claimed_until = Some(until);
            pending.attempts += 1;
            claimed.push(pending.clone());
        }
        claimed
    }

    /// Whether something that is free now was begun by a worker that never said what came of it: it died, maybe of
    /// this.
    #[must_use]
    pub fn was_left(&self, now: Timestamp) -> bool {
        let mut free = self.outbox.pending.iter().filter(|pending| pending.free_at() <= now);
        free.any(|pending| pending.claimed_until.is_some())
    }

    /// When there is something to do next.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        self.outbox.pending.iter().map(Pending::free_at).min()
    }

    /// What is waiting to be done.
    #[must_use]
    pub fn pending(&self) -> &[Pending] {
        &self.outbox.pending
    }

    /// Whether a worker's claim is still its own: the entry is there, and was begun as often as the worker
    /// knows. After a claim ran out and somebody else took over, it is not.
    #[must_use]
    pub fn holds(&self, claimed: &Pending) -> bool {
        let mut entries = self.outbox.pending.iter();
        entries.any(|pending| pending.id == claimed.id && pending.attempts == claimed.attempts)
    }

    /// Takes an entry out: it is done.
    pub(super) fn settle(&mut self, id: EffectId) {
        self.outbox.pending.retain(|pending| pending.id != id);
    }

    /// Lengthens a worker's claim.
    pub(super) fn renew(&mut self, id: EffectId, until: Timestamp) {
        for pending in self.outbox.pending.iter_mut().filter(|pending| pending.id == id) {
            pending.claimed_until = Some(until);
        }
    }

    /// Gives an entry back, to be tried again later.
    pub(super) fn give_back(&mut self, id: EffectId, due: Timestamp) {
        for pending in self.outbox.pending.iter_mut().filter(|pending| pending.id == id) {
            pending.claimed_until = None;
            pending.due = due;
        }
    }

    /// Counts a failure of an entry that is tried again.
    pub(super) fn count_failure(&mut self, id: EffectId, now: Timestamp) {
        for pending in self.outbox.pending.iter_mut().filter(|pending| pending.id == id) {
            pending.failures = pending.failures.saturating_add(1);
            pending.failing_since.get_or_insert(now);
        }
    }

    /// Lets what waits for a message in a channel go on.
    pub(super) fn hasten_threads(&mut self, there: &Channel, now: Timestamp) {
        for pending in &mut self.outbox.pending {
            let waits = matches!(&pending.effect, Effect::Thread { channel, .. } if channel == there);
            if waits && pending.claimed_until.is_none() {
                pending.due = pending.due.min(now);
            }
        }
    }

    /// Adds an entry.
    pub(super) fn plan_effect(&mut self, effect: Effect, due: Timestamp) {
        self.outbox.next += 1;
        let id = EffectId(self.outbox.next);
        self.outbox.pending.push(Pending {
            id,
            effect,
            due,
            claimed_until: None,
            attempts: 0,
            failures: 0,
            failing_since: None,
        });
    }

    /// Looks at once at what was to happen later.
    pub(super) fn hasten(&mut self, wanted: impl Fn(&Effect) -> bool, now: Timestamp) {
        let later = self.outbox.pending.iter_mut().filter(|pending| wanted(&pending.effect));
        later.for_each(|pending| pending.due = pending.due.min(now));
    }

    /// Whether there is an entry like this.
    pub(super) fn is_pending(&self, wanted: impl Fn(&Pending) -> bool) -> bool {
        self.outbox.pending.iter().any(wanted)
    }

    /// Drops what was to happen to an offer that is one no longer.
    pub(super) fn drop_offer(&mut self) {
        self.drop_effects(|effect| matches!(effect, Effect::Expire | Effect::Escalate));
    }

    /// Drops the entries that no longer make sense, such as the expiry of an offer that was taken.
    pub(super) fn drop_effects(&mut self, unwanted: impl Fn(&Effect) -> bool) {
        self.outbox.pending.retain(|pending| !unwanted(&pending.effect));
    }

    /// Asks every conversation to be brought up to date.
    pub(super) fn show_everywhere(&mut self, now: Timestamp) {
        let channels: Vec<Channel> = self
            .conversations
            .iter_mut()
            .map(|conversation| {
                conversation.wanted += 1;
                conversation.channel.clone()
            })
            .collect();
        for channel in channels {
            self.show_in(channel, now);
        }
    }

    /// Asks one conversation to be brought up to date, unless that is on its way already.
    pub(super) fn show_in(&mut self, channel: Channel, now: Timestamp) {
        let (form, listed) = self.conversation(&channel).map_or((Form::Own, None), |it| (it.form, it.listed));
        let list = listed.map(|_| Effect::List { channel: channel.clone() });
        let show = (form != Form::Line).then_some(Effect::Show { channel });
        for effect in [list, show].into_iter().flatten() {
            if !self.is_pending(|pending| pending.effect == effect) {
                self.plan_effect(effect, now);
            }
        }
    }

    /// Adds a card to the thread in every conversation that has one.
    pub(super) fn tell_threads(&mut self, card: &Card, now: Timestamp) {
        let with_thread = self.conversations.iter().filter(|found| found.form != Form::Line);
        let channels: Vec<Channel> = with_thread.map(|found| found.channel.clone()).collect();
        for channel in channels {
            self.plan_effect(Effect::Thread { channel, card: Box::new(card.clone()) }, now);
        }
    }
}
