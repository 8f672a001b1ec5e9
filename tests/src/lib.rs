//! One fake world to test the whole bot in, from the outside: a simulated Azure, a Slack that checks what it
//! is sent, a clock that only the test moves, and the bot between them, in this process ([`World`]) or in one of
//! its own that can be killed ([`House`]).
//!
//! A test reads like a chat: somebody says or presses something, the bot's message is read, and a message that
//! nobody read fails the test.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test harness fails by panicking, where the test stands"
)]

mod alert;
mod balancer;
mod board;
mod clock;
mod collector;
pub mod deployed;
mod discord;
mod elsewhere;
mod entra;
mod exposed;
pub mod functions;
mod gate;
mod house;
mod issuer;
mod json;
mod large;
mod program;
mod recorded;
pub mod safety;
mod serve;
pub mod settings;
mod slack;
mod stage;
mod talk;
mod teams;
mod traffic;
mod truth;
mod world;

pub use alert::AlertBody;
pub use balancer::Balancer;
pub use clock::ManualClock;
pub use collector::{Collector, Fields, Line, Number, Series, Span, Temper};
pub use deployed::Deployed;
pub use discord::{DISCORD_CHANNEL, DiscordAnswer, DiscordMessage, FakeDiscord};
pub use elsewhere::{ELSEWHERE, Elsewhere, Told, Weather};
pub use entra::FakeEntra;
pub use exposed::{Exposed, Planted, Setup, Where};
pub use gate::{Gate, Moment};
pub use house::House;
pub use json::{differences, put_unknown_everywhere};
pub use large::large_gateway;
pub use program::{Finished, agw};
pub use recorded::{Measured, Recorded, measured, public_root};
pub use slack::{Button, Content, FakeSlack, Mood, Posted};
pub use stage::Stage;
pub use talk::{CHANNEL, Sent, Talk, user};
pub use teams::{FakeTeams, TEAMS_CHANNEL, TeamsMessage};
pub use truth::Expected;
pub use world::{World, envelope};

/// What only the bot may know. None of it may turn up anywhere else.
pub mod canary {
    /// Slack's signing secret.
    pub const SIGNING: &str = "canary-signing-0b8f4e1d77";
    /// Slack's bot token.
    pub const TOKEN: &str = "xoxb-canary-token-5a1c9e";
    /// The alert key.
    pub const ALERT_KEY: &str = "canary-alert-key-93d2";
    /// Discord's bot token.
    pub const DISCORD_TOKEN: &str = "canary-discord-token-77ab";
    /// The secret of the bot's app in Entra ID.
    pub const TEAMS_SECRET: &str = "canary-teams-secret-c41d";
    /// The token that it buys.
    pub const TEAMS_TOKEN: &str = "canary-teams-token-7e02";
    /// What the collector wants to see.
    pub const OTLP: &str = "canary-otlp-key-61f0";
    /// What every `response_url` has in it.
    pub const REPLY: &str = "canary-reply";
}
