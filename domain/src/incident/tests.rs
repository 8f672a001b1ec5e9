//! An incident from the first word to the last, against a little world that does what workers do.

mod alerts;
mod approval_model;
mod approvals;
mod crashes;
mod ids;
mod model;
mod oncall;
mod policies;
mod properties;
mod story;
mod undo;
mod views;
mod world;
mod writes;
