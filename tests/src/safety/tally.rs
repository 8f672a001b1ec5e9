//! What is counted.

use std::collections::BTreeMap;

use serde::Serialize;

/// The counts of one run, or of many.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Tally {
    /// Runs.
    pub runs: u64,
    /// The seed of the first; each has the one after that of the run before.
    pub seed: u64,
    /// Runs against an Azure that heeds `If-Match` on a PUT; the others ignore it.
    pub runs_if_match_heeded: u64,
    /// Incidents that were opened.
    pub incidents: u64,
    /// Plans that were offered.
    pub offers: u64,
    /// Deliveries of presses of a button.
    pub presses: u64,
    /// Offers that somebody approved who may, in time, by the plan's own hash.
    pub approvals: u64,
    /// PUTs that the bot sent.
    pub puts: u64,
    /// Those that Azure took.
    pub puts_taken: u64,
    /// PUTs of other people that Azure took.
    pub puts_of_others: u64,
    /// Workers that were dropped in the middle of something.
    pub crashes: u64,
    /// Workers that stood still longer than most claims hold.
    pub stalls: u64,
    /// What Azure did wrong, by kind.
    pub faults: BTreeMap<&'static str, u64>,
    /// How incidents ended.
    pub ends: BTreeMap<&'static str, u64>,
    /// Other people's changes that a PUT of the bot has undone, and that it could have seen: they were there
    /// before its last reading, or it did something else between that reading and the PUT, or Azure would have
    /// refused the PUT if it had said `If-Match`.
    pub lost_updates: u64,
    /// Other people's changes that were made between the bot's last reading and its PUT, one right after the
    /// other, with an Azure that ignores `If-Match`: no client can avoid these.
    pub lost_in_put_window: u64,
    /// Of these, the ones whose own operation Azure ended as canceled: whoever made the change was told so.
    pub lost_in_put_window_and_told: u64,
    /// Writes beyond one for an approval.
    pub double_writes: u64,
    /// Of two writes for one approval those that no client can avoid: both PUTs were on their way at once, because
    /// a process stood still between its last reading and its PUT until another one took over, somebody took the
    /// first change back in between, and Azure ignores `If-Match`.
    pub double_in_put_window: u64,
    /// Writes without an approval, by somebody who may, of exactly this plan, in time.
    pub unapproved_writes: u64,
    /// Incidents that nothing moves any more, or that never come to rest.
    pub stuck_incidents: u64,
    /// Places that a PUT changed in what the bot had read, outside its plan.
    pub changes_outside_plan: u64,
}

impl Tally {
    /// Whether nothing happened that must not happen.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        let bad = [
            self.lost_updates,
            self.double_writes,
            self.unapproved_writes,
            self.stuck_incidents,
            self.changes_outside_plan,
        ];
        bad.iter().sum::<u64>() == 0
    }

    /// Adds the counts of another run.
    pub(crate) fn add(&mut self, other: &Self) {
        self.runs += other.runs;
        self.runs_if_match_heeded += other.runs_if_match_heeded;
        self.incidents += other.incidents;
        self.offers += other.offers;
        self.presses += other.presses;
        self.approvals += other.approvals;
        self.puts += other.puts;
        self.puts_taken += other.puts_taken;
        self.puts_of_others += other.puts_of_others;
        self.crashes += other.crashes;
        self.stalls += other.stalls;
        self.lost_updates += other.lost_updates;
        self.lost_in_put_window += other.lost_in_put_window;
        self.lost_in_put_window_and_told += other.lost_in_put_window_and_told;
        self.double_writes += other.double_writes;
        self.double_in_put_window += other.double_in_put_window;
        self.unapproved_writes += other.unapproved_writes;
        self.stuck_incidents += other.stuck_incidents;
        self.changes_outside_plan += other.changes_outside_plan;
        for (into, from) in [(&mut self.faults, &other.faults), (&mut self.ends, &other.ends)] {
            from.iter().for_each(|(name, count)| *into.entry(name).or_default() += count);
        }
    }
}
