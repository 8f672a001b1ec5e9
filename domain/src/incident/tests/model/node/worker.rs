//! What a worker does between two saves: `handler/src/worker/write.rs` in miniature.

use super::super::super::world::LEASE;
use super::super::{TICK, rules};
use super::{Hand, Node, Phase, document, fixed, is_ready};
use crate::incident::{Effect, Event, State};
use crate::say;

impl Node {
    /// A worker goes on by one step, in every way that it can come out.
    pub(super) fn worked(&self, worker: usize) -> Vec<Self> {
        let Some(hand) = &self.hands[worker] else { return Vec::new() };
        let on_its_way = matches!(hand.phase, Phase::Intended { .. } | Phase::Sending { .. });
        if !on_its_way && !self.incident.holds(&hand.pending) {
            return vec![self.overtaken(worker, hand)];
        }
        match &hand.phase {
            Phase::Claimed if hand.pending.effect == Effect::Apply => vec![self.read(worker, hand)],
            Phase::Claimed => vec![self.done(worker, self.outcome(hand))],
            Phase::Read { version, applied } => vec![self.decided(worker, hand, *version, *applied)],
            Phase::Intended { version } => vec![self.looked_again(worker, hand, *version)],
            Phase::Sending { version } if self.left.heeds && *version != self.version => {
                vec![self.done(worker, Event::NotWritten { until: self.now + TICK })]
            }
            Phase::Sending { .. } => self.sent(worker, hand),
            Phase::Done(event) => vec![self.noted(worker, hand, event)],
        }
    }

    fn at(&self, worker: usize, phase: Phase) -> Self {
        let mut next = self.then(format!("worker {worker}: {}", name(&phase)));
        if let Some(hand) = &mut next.hands[worker] {
            hand.phase = phase;
        }
        next
    }

    fn done(&self, worker: usize, event: Event) -> Self {
        self.at(worker, Phase::Done(Box::new(event)))
    }

    fn is_late(&self, hand: &Hand) -> bool {
        let approved = hand.seen.approved().map(|approved| approved.at());
        approved.is_none_or(|at| self.now.duration_since(at) > rules().timing.write_within)
    }

    fn read(&self, worker: usize, hand: &Hand) -> Self {
        if self.is_late(hand) {
            let trouble = Some("late".to_owned());
            return self.done(
                worker,
                match hand.seen.state {
                    State::Applying(_) => Event::OperationEnded { trouble },
                    _ => Event::GaveUp { why: "late".to_owned() },
                },
            );
        }
        self.at(worker, Phase::Read { version: self.version, applied: self.applied })
    }

    fn decided(&self, worker: usize, hand: &Hand, version: u8, applied: bool) -> Self {
        let Some(approved) = hand.seen.approved() else { return self.done(worker, Event::Said) };
        let fresh = document(version, applied);
        if !is_ready(approved.plan(), applied) {
            return self.done(worker, Event::InPlace);
        }
        if !self.forgets && matches!(&hand.seen.state, State::Applying(write) if write.is_outdated(&fresh)) {
            return self.done(worker, Event::Voided { why: say::noted::maybe_written() });
        }
        let intended = Event::Intended { before: Box::new(fresh) };
        let saved = self.incident.clone().checkpoint(&hand.pending, intended, &rules(), self.now, LEASE);
        let Some(saved) = saved else { return self.overtaken(worker, hand) };
        let mut next = self.at(worker, Phase::Intended { version });
        next.incident = saved;
        next
    }

    /// Whatever a worker has to note whose claim was lost changes nothing.
    fn overtaken(&self, worker: usize, hand: &Hand) -> Self {
        let mut next = self.then(format!("worker {worker} was overtaken"));
        next.hands[worker] = None;
        let event = match &hand.phase {
            Phase::Done(event) => (**event).clone(),
            _ => Event::Voided { why: "late".to_owned() },
        };
        next.incident = next.incident.complete(&hand.pending, event, &rules(), self.now);
        if next.incident != self.incident {
            next.wrong = Some("a worker that was overtaken has changed the incident".to_owned());
        }
        next
    }

    fn looked_again(&self, worker: usize, hand: &Hand, version: u8) -> Self {
        if self.version != version || self.is_late(hand) {
            return self.done(worker, Event::NotWritten { until: self.now });
        }
        self.at(worker, Phase::Sending { version })
    }

    /// The PUT, which may be lost, refused or not answered.
    fn sent(&self, worker: usize, hand: &Hand) -> Vec<Self> {
        let again = Event::Postponed { until: self.now + TICK };
        let taken = Event::PutAccepted { operation: None, correlation: None };
        let mut found = vec![self.written(worker, hand, taken, "taken")];
        if self.left.faults > 0 {
            let refused = Event::NotWritten { until: self.now + TICK };
            found.push(self.done(worker, again.clone()));
            found.push(self.done(worker, refused));
            found.push(self.written(worker, hand, again, "not answered"));
            found.iter_mut().skip(1).for_each(|next| next.left.faults -= 1);
        }
        found
    }

    fn written(&self, worker: usize, hand: &Hand, event: Event, how: &str) -> Self {
        let mut next = self.done(worker, event);
        next.what = format!("worker {worker}: the PUT is {how}");
        next.version += 1;
        let changes = !std::mem::replace(&mut next.applied, true);
        let at = hand.seen.approved().map(|approved| approved.at());
        match next.approvals.iter_mut().rev().find(|(given, _)| Some(*given) == at) {
            None => next.wrong = Some("written without an approval".to_owned()),
            Some((_, writes)) => *writes += u8::from(changes),
        }
        if next.approvals.iter().any(|(_, writes)| *writes > 1) {
            next.wrong = Some("written twice on one approval".to_owned());
        }
        next
    }

    /// What comes of the other effects.
    fn outcome(&self, hand: &Hand) -> Event {
        match (&hand.pending.effect, &hand.seen.state) {
            (Effect::Diagnose, _) => fixed().diagnoses[usize::from(self.applied)].clone(),
            (Effect::Expire, _) => Event::OfferEnded,
            (Effect::Close, _) => Event::Closed,
            (Effect::ReadBack, State::Applying(write)) => {
                let after = document(self.version, self.applied);
                let before = write.before.as_ref().unwrap_or(&after);
                Event::ReadBack(write.approved.plan().read_back(before, &after))
            }
            (Effect::Verify, _) => {
                Event::HealthRead { healthy: Ok(self.applied), paths: Vec::new(), visits: Vec::new() }
            }
            _ => Event::Said,
        }
    }

    fn noted(&self, worker: usize, hand: &Hand, event: &Event) -> Self {
        let mut next = self.then(format!("worker {worker} notes it"));
        next.hands[worker] = None;
        next.incident = next.incident.complete(&hand.pending, event.clone(), &rules(), self.now);
        next
    }
}

fn name(phase: &Phase) -> String {
    match phase {
        Phase::Done(_) => "knows what came of it".to_owned(),
        other => format!("{other:?}"),
    }
}
