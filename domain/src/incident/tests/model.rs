//! Every order in which the write of one incident can go, within bounds: a breadth-first search over the real
//! `claim`, `take`, `checkpoint` and `complete`.
//!
//! Two workers, two approvers, requests that are delivered again, crashes, claims that run out, PUTs that are
//! lost, refused or never answered, and somebody who takes the change back. What a worker does between two saves
//! is `handler/src/worker/write.rs` in miniature; what the document makes of it is the real thing. `stateright`
//! would do the search, but brings a web server and second versions of three crates that are here already.

#![expect(clippy::print_stdout, reason = "the bounds and how many states they hold are part of the result")]

mod node;
mod search;

use jiff::SignedDuration;

use super::world::{self, person};
use crate::incident::{Rules, Timing};
use node::{Bounds, Node};
use search::{Found, search};

/// Time goes in steps of this.
const TICK: SignedDuration = SignedDuration::from_mins(1);

fn rules() -> Rules {
    let timing = Timing {
        follow_every: TICK,
        write_within: TICK * 4,
        verify_every: TICK,
        verify_for: SignedDuration::ZERO,
        close_after: TICK,
    };
    let mut rules = Rules { timing, ..world::rules() };
    rules.approval.everywhere.expires_after = TICK * 2;
    rules
}

fn explore(bounds: Bounds) -> Found {
    let begun = std::time::Instant::now();
    let found = search(Node::start(bounds));
    println!("{bounds:?}: {found:?} in {:.1} s", begun.elapsed().as_secs_f64());
    found
}

/// Nothing wrong, nothing stuck, and both ends were seen.
fn holds(bounds: Bounds) {
    let found = explore(bounds);
    assert!(found.wrong.is_empty(), "{:#?}", found.wrong);
    assert!(found.stuck.is_empty(), "{:?}", found.stuck.first());
    assert!(found.states > 500 && found.written > 0 && found.expired > 0);
}

#[test]
fn promise_2_two_workers_and_two_approvers_in_every_order_write_once_for_an_approval() {
    let heeds = false;
    holds(Bounds { workers: 2, crashes: 0, faults: 0, others: 0, presses: 2, deliveries: 1, heeds });
}

#[test]
fn promise_2_two_workers_that_die_and_requests_that_come_again_in_every_order_write_once() {
    let heeds = false;
    holds(Bounds { workers: 2, crashes: 1, faults: 0, others: 0, presses: 1, deliveries: 2, heeds });
}

#[test]
fn promise_3_two_workers_in_every_order_do_not_make_again_what_somebody_took_back() {
    let heeds = true;
    holds(Bounds { workers: 2, crashes: 0, faults: 1, others: 1, presses: 1, deliveries: 1, heeds });
}

#[test]
fn promise_2_crashes_and_faults_in_every_order_leave_one_write_for_an_approval() {
    let heeds = false;
    holds(Bounds { workers: 1, crashes: 2, faults: 2, others: 1, presses: 1, deliveries: 1, heeds });
}

/// What no client can avoid while Azure ignores `If-Match`: a process that stood still between its last reading
/// and its PUT until another one took over, and somebody who takes the change back between the two PUTs.
#[test]
fn without_if_match_two_puts_on_their_way_at_once_can_both_be_taken() {
    let heeds = false;
    let bounds = Bounds { workers: 2, crashes: 0, faults: 0, others: 1, presses: 1, deliveries: 1, heeds };
    let found = explore(bounds);
    let at_once = |wrong: &String| wrong.contains("twice") && wrong.matches("Sending").count() == 2;
    assert!(!found.wrong.is_empty() && found.wrong.iter().all(at_once), "{:#?}", found.wrong);
}

#[test]
fn the_search_finds_a_worker_that_forgets_a_put_that_was_never_answered() {
    let heeds = true;
    let bounds = Bounds { workers: 1, crashes: 0, faults: 1, others: 1, presses: 1, deliveries: 1, heeds };
    let found = search(Node::start(bounds).forgetful());
    assert!(found.wrong.iter().any(|wrong| wrong.contains("twice")), "{:?}", found.wrong);
}
