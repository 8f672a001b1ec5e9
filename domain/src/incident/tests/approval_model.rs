//! Approvals against a list of who may, what is on offer, and until when: any sequence of presses, commands,
//! waits and changes of policy comes out as the list says.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::sample::select;

use super::world::*;
use crate::approval::{Approver, OfferId, PlanRef};
use crate::card::Verb;
use crate::incident::State;
use crate::plan::PlanHash;
use crate::request::Platform;

const PEOPLE: [&str; 4] = ["ALEX", "BO", "CAROL", "MALLORY"];

/// How somebody names the plan.
#[derive(Debug, Clone, Copy)]
enum Named {
    Button,
    Code(usize),
    OldButton,
    NotAtAll,
}

#[derive(Debug, Clone)]
enum Move {
    Press(Verb, usize, Named),
    Wait(i64),
    /// What is due is done: an offer may end.
    Work,
    /// The policy is another one after a restart.
    List(Vec<usize>, bool),
}

fn any_move() -> impl Strategy<Value = Move> {
    let named = select(vec![
        Named::Button,
        Named::Button,
        Named::Code(8),
        Named::Code(4),
        Named::Code(3),
        Named::OldButton,
        Named::NotAtAll,
    ]);
    let people = proptest::collection::vec(0..PEOPLE.len(), 0..3);
    prop_oneof![
        6 => (select(vec![Verb::Approve, Verb::Approve, Verb::Reject]), 0..PEOPLE.len(), named)
            .prop_map(|(verb, who, named)| Move::Press(verb, who, named)),
        3 => select(vec![1i64, 600, 1_799, 1_800]).prop_map(Move::Wait),
        2 => Just(Move::Work),
        1 => (people, any::<bool>()).prop_map(|(people, asker)| Move::List(people, asker)),
    ]
}

/// What the incident has come to, as anybody could work it out.
#[derive(Debug, Clone, PartialEq)]
enum Stand {
    OnOffer,
    Approved(&'static str),
    Rejected(&'static str),
    Expired,
}

struct Model {
    listed: Vec<&'static str>,
    asker: &'static str,
    asker_may: bool,
    until: Timestamp,
    stand: Stand,
}

impl Model {
    fn press(&mut self, verb: Verb, who: &'static str, named: Named, now: Timestamp) {
        let open = self.stand == Stand::OnOffer && now < self.until && self.listed.contains(&who);
        let right = matches!(named, Named::Button | Named::Code(4..));
        let second = self.asker_may || who != self.asker;
        if open && verb == Verb::Approve && right && second {
            self.stand = Stand::Approved(who);
        } else if open && verb == Verb::Reject && (right || matches!(named, Named::NotAtAll)) {
            self.stand = Stand::Rejected(who);
        }
    }

    fn work(&mut self, now: Timestamp) {
        if self.stand == Stand::OnOffer && now >= self.until {
            self.stand = Stand::Expired;
        }
    }
}

fn stand(world: &World) -> Stand {
    let known = |id: &str| *PEOPLE.iter().find(|person| **person == id).unwrap();
    match &world.incident.state {
        State::Proposed(_) => Stand::OnOffer,
        State::Approved(approved) => Stand::Approved(known(&approved.by().next().unwrap().id)),
        State::Rejected { by, .. } => Stand::Rejected(known(&by.id)),
        State::Expired { .. } => Stand::Expired,
        other => panic!("{other:?}"),
    }
}

fn names(offer: &OfferId, hash: &PlanHash, named: Named) -> PlanRef {
    match named {
        Named::Button => PlanRef::Offer(offer.clone()),
        Named::Code(length) => PlanRef::Code(hash.as_str()[..length].to_uppercase()),
        Named::OldButton => PlanRef::Offer(OfferId::parse(&"0".repeat(32)).unwrap()),
        Named::NotAtAll => PlanRef::Unnamed,
    }
}

fn play(asker: &'static str, moves: &[Move]) {
    let mut world = World::asked_by(asker);
    world.work();
    let offer = world.offer().clone();
    let (hash, until) = (offer.plan.hash(), offer.expires_at);
    let mut model =
        Model { listed: vec!["ALEX", "BO"], asker, asker_may: true, until, stand: Stand::OnOffer };
    for step in moves {
        match step {
            Move::Press(verb, who, named) => {
                model.press(*verb, PEOPLE[*who], *named, world.now);
                world.press(*verb, PEOPLE[*who], names(&offer.id, &hash, *named));
            }
            Move::Wait(seconds) => world.now += SignedDuration::from_secs(*seconds),
            // Once it is approved, the work is the write: that is for other tests.
            Move::Work if matches!(model.stand, Stand::Approved(_)) => {}
            Move::Work => {
                model.work(world.now);
                world.work();
            }
            Move::List(people, asker_may) => {
                model.listed = people.iter().map(|person| PEOPLE[*person]).collect();
                model.asker_may = *asker_may;
                let approver =
                    |id: &&str| Approver::Person { platform: Platform::Slack, id: (*id).to_owned() };
                world.rules.approval.everywhere.approvers = model.listed.iter().map(approver).collect();
                world.rules.approval.everywhere.asker_may_approve = *asker_may;
            }
        }
        assert_eq!(stand(&world), model.stand, "after {step:?}");
        assert_eq!(world.puts, 0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn promise_1_approvals_are_what_a_list_of_who_may_says(
        asker in select(PEOPLE.to_vec()),
        moves in proptest::collection::vec(any_move(), 1..25),
    ) {
        play(asker, &moves);
    }
}
