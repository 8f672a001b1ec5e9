//! Discord: messages with embeds and buttons out.

pub mod render;
