//! Races: the real worker and the real store against Azure's rules for writes, in virtual time.
//!
//! A run has a gateway with a refused probe, one or two workers that crash and stall, people who press buttons
//! in time and too late, other people who change the gateway, and an Azure that throttles, refuses, supersedes,
//! fails and hangs up. What happens next is drawn from a seed, so a run that went wrong can be run again. In the
//! end a judge reads the log of every reading and every write that Azure kept, and counts what must not have
//! happened; what the bot believes does not count.

mod azure;
mod chat;
mod differ;
mod judge;
mod loom;
mod others;
mod people;
mod race;
mod runs;
mod store;
mod tally;
mod watch;

pub use race::{Manners, Setup};
pub use runs::{Verdict, races, run};
pub use tally::Tally;
