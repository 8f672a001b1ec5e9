//! The simulator from outside: real HTTP, as any client of Azure would use it.

#![expect(clippy::indexing_slicing, reason = "a missing member of an answer fails the test, and should")]

mod answers;
mod bases;
mod certificates;
mod control_plane;
mod faults;
mod front;
mod graph;
mod identity;
mod insights;
mod many;
mod scenarios;
mod story;
mod support;
