//! What holds whatever happens, in whatever order.

use jiff::Timestamp;
use proptest::collection::vec;
use proptest::prelude::*;

use super::world::*;
use crate::alert::Condition;
use crate::approval::{OfferId, PlanRef, Purpose};
use crate::card::Verb;
use crate::incident::{Effect, Event, Incident, Pending, State};
use crate::plan::PlanHash;

/// Something that happens.
#[derive(Debug, Clone)]
enum Move {
    Ask(bool),
    Alert(bool, bool),
    /// Who presses what: for the plan on offer, or another one.
    Press(Verb, bool, bool),
    Wait(i64),
    /// The servers change.
    Servers(u16, u16),
    Readable(bool),
    /// Somebody else writes to the gateway.
    Meddle(u32),
    /// The next operation fails, with the change in place or not.
    Trouble(bool),
    /// A worker does whatever is due, or waits until all is done.
    Work,
    Settle,
    Claim,
    /// A worker finishes, dies, gives up or puts off the nth thing it has in hand.
    Finish(usize),
    Drop(usize),
    GiveUp(usize),
    PutOff(usize),
}

fn any_move() -> impl Strategy<Value = Move> {
    let (approve, undo) = (Verb::Approve, Verb::Undo);
    let verbs =
        vec![approve, approve, approve, approve, approve, undo, undo, undo, Verb::Reject, Verb::Recheck];
    let status = || proptest::sample::select(vec![200u16, 200, 200, 403, 403, 500]);
    prop_oneof![
        1 => any::<bool>().prop_map(Move::Ask),
        1 => (any::<bool>(), any::<bool>()).prop_map(|(rule, fired)| Move::Alert(rule, fired)),
        5 => (proptest::sample::select(verbs), proptest::bool::weighted(0.8), proptest::bool::weighted(0.8))
            .prop_map(|(verb, may, offered)| Move::Press(verb, may, offered)),
        3 => proptest::sample::select(vec![1i64, 5, 15, 60, 130, 2000]).prop_map(Move::Wait),
        1 => (status(), status()).prop_map(|(root, healthz)| Move::Servers(root, healthz)),
        1 => any::<bool>().prop_map(Move::Readable),
        1 => (0..5u32).prop_map(Move::Meddle),
        1 => any::<bool>().prop_map(Move::Trouble),
        8 => Just(Move::Work),
        2 => Just(Move::Settle),
        6 => Just(Move::Claim),
        10 => (0..4usize).prop_map(Move::Finish),
        1 => (0..4usize).prop_map(Move::Drop),
        1 => (0..4usize).prop_map(Move::GiveUp),
        1 => (0..4usize).prop_map(Move::PutOff),
    ]
}

/// What an independent mind keeps: the plans that somebody approved who may, in time, and by their own hash.
#[derive(Debug, Default)]
struct Model {
    approved: Vec<PlanHash>,
}

struct Play {
    world: World,
    /// What workers have in hand, each with the incident as they saw it.
    hands: Vec<(Incident, Pending)>,
    model: Model,
}

impl Play {
    fn make(&mut self, step: Move) {
        match step {
            Move::Ask(here) => self.world.ask("SAM", if here { "C1" } else { "C2" }),
            Move::Alert(one, fired) => {
                let condition = if fired { Condition::Fired } else { Condition::Resolved };
                self.world.alert(if one { "unhealthy-hosts" } else { "latency" }, condition);
            }
            Move::Press(verb, may, offered) => self.press(verb, may, offered),
            Move::Wait(seconds) => self.world.wait(seconds),
            Move::Servers(root, healthz) => (self.world.root, self.world.healthz) = (root, healthz),
            Move::Readable(readable) => self.world.readable = readable,
            Move::Meddle(timeout) => {
                let setting = &mut self.world.arm["properties"]["backendHttpSettingsCollection"][0];
                setting["properties"]["requestTimeout"] = (20 + timeout).into();
            }
            Move::Trouble(in_place) => self.world.trouble = Some(("Canceled".to_owned(), in_place)),
            Move::Work => self.work(World::work),
            Move::Settle => self.work(World::settle),
            Move::Claim => {
                let claimed = self.world.claim();
                let seen = self.world.incident.clone();
                self.hands.extend(claimed.into_iter().map(|pending| (seen.clone(), pending)));
            }
            Move::Finish(nth) => self.finish(nth),
            Move::Drop(nth) => drop(self.hand(nth)),
            Move::GiveUp(nth) => self.report(nth, |_| Event::GaveUp { why: "gone".to_owned() }),
            Move::PutOff(nth) => self.report(nth, |now| Event::Postponed { until: now }),
        }
    }

    fn press(&mut self, verb: Verb, may: bool, offered: bool) {
        let state = &self.world.incident.state;
        let (plan, until) = match state {
            State::Proposed(proposal) => (Some(proposal.id.clone()), proposal.expires_at),
            _ => (None, Timestamp::MIN),
        };
        let hash = plan.as_ref().map(|_| self.world.offer().plan.hash());
        let other = OfferId::parse(&"0".repeat(32)).unwrap();
        let named = plan.clone().filter(|_| offered).unwrap_or(other);
        let valid = verb == Verb::Approve && may && self.world.now < until && Some(&named) == plan.as_ref();
        self.world.press(verb, if may { "ALEX" } else { "MALLORY" }, PlanRef::Offer(named.clone()));
        assert_eq!(
            valid,
            verb == Verb::Approve
                && matches!(self.world.incident.state, State::Approved(_))
                && plan.is_some()
        );
        if valid {
            self.model.approved.extend(hash);
        }
    }

    fn hand(&mut self, nth: usize) -> Option<(Incident, Pending)> {
        (!self.hands.is_empty()).then(|| self.hands.remove(nth % self.hands.len()))
    }

    /// Promise 1 and 2: whatever is written was approved, and each approval is written once at the most.
    fn work(&mut self, work: impl FnOnce(&mut World)) {
        work(&mut self.world);
        assert!(self.world.puts <= self.model.approved.len());
    }

    fn finish(&mut self, nth: usize) {
        let Some((seen, pending)) = self.hand(nth) else { return };
        self.work(|world| world.perform(&seen, &pending));
    }

    fn report(&mut self, nth: usize, event: impl Fn(Timestamp) -> Event) {
        let Some((_, pending)) = self.hand(nth) else { return };
        // A worker gives up only on what it reads and writes in Azure.
        let fails = matches!(pending.effect, Effect::Diagnose | Effect::Apply | Effect::ReadBack);
        let event = event(self.world.now);
        if fails || matches!(event, Event::Postponed { .. }) {
            self.world.note(&pending, event);
        }
    }

    fn check(&self, before: &Incident) {
        let incident = &self.world.incident;
        let count = |wanted: fn(&Effect) -> bool| {
            incident.pending().iter().filter(|pending| wanted(&pending.effect)).count()
        };
        let writes = count(|effect| matches!(effect, Effect::Apply | Effect::Follow | Effect::ReadBack));
        let looks = count(|effect| *effect == Effect::Diagnose);
        match &incident.state {
            State::Approved(approved) => {
                assert_eq!((count(|effect| *effect == Effect::Apply), writes), (1, 1));
                assert!(self.model.approved.contains(&approved.plan().hash()));
                assert!(approved.still_stands(&self.world.rules.approval.everywhere));
            }
            State::Applying(_) => assert_eq!(writes, 1),
            State::Verifying(_) => assert_eq!(count(|effect| *effect == Effect::Verify), 1),
            State::Diagnosing | State::Superseded { .. } => assert!(looks >= 1 && writes == 0),
            State::Proposed(proposal) => {
                assert_eq!((count(|effect| *effect == Effect::Expire), writes), (1, 0));
                assert_eq!(proposal.purpose == Purpose::Undo, proposal.plan.is_undo());
            }
            _ => assert_eq!((writes, count(|effect| *effect == Effect::Expire)), (0, 0)),
        }
        if before.closed_at.is_some() {
            assert_eq!(incident.closed_at, before.closed_at);
            assert!(looks == 0, "a closed incident looks again");
        }
        for conversation in &incident.conversations {
            let shows = incident
                .pending()
                .iter()
                .filter(|pending| pending.effect == Effect::Show { channel: conversation.channel.clone() });
            let shows = shows.count();
            assert!(shows <= 1 && (shows == 1 || conversation.shown == conversation.wanted));
        }
    }
}

fn play(by_alert: bool, moves: Vec<Move>) -> Play {
    let world = if by_alert { World::alerted() } else { World::asked_by("ALEX") };
    let mut play = Play { world, hands: Vec::new(), model: Model::default() };
    for step in moves {
        let before = play.world.incident.clone();
        play.make(step);
        play.check(&before);
    }
    play
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn nothing_is_ever_stuck_unapproved_or_opened_again(by_alert in any::<bool>(), moves in vec(any_move(), 0..60)) {
        play(by_alert, moves);
    }

    #[test]
    fn in_the_end_everything_is_done_and_shown(by_alert in any::<bool>(), moves in vec(any_move(), 0..40)) {
        let mut world = play(by_alert, moves).world;
        world.settle();
        world.assert_shown();
        let at_rest = world.incident.pending().iter();
        prop_assert!(at_rest.clone().all(|pending| matches!(pending.effect, Effect::Expire | Effect::Close)));
        let stored = serde_json::to_string(&world.incident).unwrap();
        prop_assert_eq!(serde_json::from_str::<Incident>(&stored).unwrap(), world.incident);
    }

    #[test]
    fn the_same_happenings_give_the_same_incident(moves in vec(any_move(), 0..30)) {
        prop_assert_eq!(play(true, moves.clone()).world.incident, play(true, moves).world.incident);
    }
}
