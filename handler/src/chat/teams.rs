//! Microsoft Teams: Adaptive Cards out.

pub mod render;
