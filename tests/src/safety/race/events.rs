//! What happens around the bot: presses, other people's writes, crashes and stalls.

use domain::card::Verb;
use domain::request::Ask;
use handler::ports::Clock;
use jiff::SignedDuration;
use serde_json::Value;

use super::{Happening, Race};
use crate::safety::azure::Who;
use crate::safety::judge::Sent;
use crate::safety::loom::Step;
use crate::safety::others::{change, take_back};
use crate::safety::people::{APPROVERS, Press, presses};

/// The number of the writer who comes at the worst of moments.
const MEDDLER: usize = 9;

impl Race {
    /// Lets what is due by now happen.
    pub(super) async fn happen(&mut self) {
        let now = self.clock.now();
        self.azure.lock().unwrap().reach(now);
        while let Some(entry) = self.happenings.first_entry() {
            if entry.key().0 > now {
                return;
            }
            match entry.remove() {
                Happening::Press(press) => self.press(press).await,
                Happening::Alert(fired) => self.alert(fired).await,
                Happening::OtherReads(writer) => self.other_reads(writer),
                Happening::OtherWrites { writer, base, body } => self.other_writes(writer, &base, &body),
            }
        }
    }

    async fn press(&mut self, press: Press) {
        self.tally.presses += 1;
        let (at, turn, number) = (self.clock.now(), self.loom.now(), press.number.to_string());
        self.ask(&["press", &number], Ask::Click { click: press.click(), from: press.from(), reason: None })
            .await;
        self.sent.push(Sent { press, at, turn });
    }

    /// Somebody reads the gateway, and writes it back a little later, changed. Some wait while it is being
    /// updated, and some do not.
    fn other_reads(&mut self, writer: usize) {
        let turn = self.loom.now();
        let mut read = self.azure.lock().unwrap().read(Who::Other(writer), turn);
        if read["properties"]["provisioningState"] == "Updating" && self.rng.bool() {
            return self.at(SignedDuration::from_secs(20), Happening::OtherReads(writer));
        }
        let base = read["etag"].as_str().unwrap().to_owned();
        self.numbers += 1;
        change(&mut read, self.numbers, &mut self.rng);
        let quick = self.rng.bool();
        let wait = self.some_seconds(if quick { 1 } else { 15 });
        self.at(wait, Happening::OtherWrites { writer, base, body: read });
    }

    fn other_writes(&mut self, writer: usize, base: &str, body: &Value) {
        let (turn, now) = (self.loom.now(), self.clock.now());
        let taken = self.azure.lock().unwrap().write_other(writer, turn, now, base, body);
        if !taken {
            // A good neighbour does not replay: reads anew.
            let wait = self.some_seconds(30);
            self.at(wait, Happening::OtherReads(writer));
        }
    }

    /// People look at the messages, and make up their minds.
    pub(super) fn look(&mut self) {
        let count = self.watch.count();
        if count > self.offers_seen {
            let offers = self.watch.offers();
            for new in &offers[self.offers_seen..] {
                let old = offers.first().filter(|old| old.id != new.id);
                let found = presses(new, old, self.clock.now(), &mut self.rng, &mut self.numbers);
                for (at, press) in found {
                    self.numbers += 1;
                    self.happenings.insert((at, self.numbers), Happening::Press(press));
                }
            }
            self.offers_seen = count;
        }
        for (incident, latest) in self.watch.latest() {
            let again = self.reopened.get(&incident).copied().unwrap_or_default();
            if !latest.at_rest || again >= 2 {
                continue;
            }
            self.reopened.insert(incident.clone(), again + 1);
            let verb = if latest.can_undo { Verb::Undo } else { Verb::Recheck };
            if self.rng.f64() < 0.25 {
                self.numbers += 1;
                let press = Press { who: APPROVERS[0], verb, incident, offer: None, number: self.numbers };
                let wait = self.some_seconds(300);
                self.at(wait, Happening::Press(press));
            }
        }
    }

    /// Crashes, stalls, and people who write at the worst of moments.
    pub(super) fn disturb(&mut self) {
        if self.rng.f64() < self.manners.crash {
            self.crash();
        }
        if self.rng.f64() < self.manners.stall {
            let seat = self.rng.usize(0..self.seats.len());
            let wait = SignedDuration::from_secs(self.rng.i64(30..400));
            self.stalled.insert(self.seats[seat].life, self.clock.now().checked_add(wait).unwrap());
            self.tally.stalls += 1;
        }
        let waits = |wanted| self.loom.waiting().iter().any(|(_, step)| *step == wanted);
        let (before, after) = (waits(Step::Put), waits(Step::PutHeard));
        if (before || after) && self.rng.f64() < self.manners.meddle {
            self.meddle(after);
        }
    }

    /// Somebody reads and writes right now: what they like, or the opposite of what the bot has just written.
    fn meddle(&mut self, after: bool) {
        let (turn, now) = (self.loom.now(), self.clock.now());
        self.numbers += 1;
        let mut azure = self.azure.lock().unwrap();
        let mut read = azure.read(Who::Other(MEDDLER), turn);
        let base = read["etag"].as_str().unwrap().to_owned();
        if after && self.rng.bool() {
            take_back(&mut read);
        } else {
            change(&mut read, self.numbers, &mut self.rng);
        }
        azure.write_other(MEDDLER, turn, now, &base, &read);
    }

    fn crash(&mut self) {
        let seat = self.rng.usize(0..self.seats.len());
        let died = self.seats[seat].life;
        self.tasks.retain(|task| task.life != died);
        self.stalled.remove(&died);
        self.seats[seat] = self.new_life();
        self.tally.crashes += 1;
    }
}
