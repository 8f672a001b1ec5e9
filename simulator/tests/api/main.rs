//! The simulator from outside: real HTTP, as any client of Azure would use it.

#![expect(clippy::indexing_slicing, reason = "a missing member of an answer fails the test, and should")]

mod control_plane;
mod faults;
mod identity;
mod many;
mod scenarios;
mod story;
mod support;
