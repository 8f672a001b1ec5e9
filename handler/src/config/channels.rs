//! Where alerts are shown: each platform's ids of channels, and routes for some gateways.

use std::marker::PhantomData;

use domain::id::GatewayId;
use domain::request::{Channel, Platform};
use domain::scope::GatewayPattern;
use serde::Deserialize;
use serde::de::Deserializer;

use super::{scope, value};

/// Channels for some gateways' alerts.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// Which gateways.
    pub gateway: GatewayPattern,
    /// Which channels, by the platform's own ids.
    pub channels: Vec<String>,
}

/// The channels of a gateway: those of the route that names it most exactly, of two that do so equally the first;
/// or else the ones for everything.
pub(super) fn of<'a>(gateway: &GatewayId, routes: &'a [Route], everything: &'a [String]) -> &'a [String] {
    let fitting = routes.iter().filter(|route| route.gateway.matches(gateway));
    fitting.rev().max_by_key(|route| route.gateway.exactness()).map_or(everything, |route| &route.channels)
}

/// These ids, on their platform.
pub(super) fn on(platform: Platform, ids: &[String]) -> impl Iterator<Item = Channel> {
    ids.iter().map(move |id| Channel { platform, id: id.clone() })
}

/// What a channel's id looks like, or whether this is one.
pub(super) fn is_id(platform: Platform, id: &str) -> bool {
    match platform {
        Platform::Slack => InSlack::is_id(id),
        Platform::Teams => InTeams::is_id(id),
        Platform::Discord => InDiscord::is_id(id),
        Platform::Console => !id.is_empty(),
    }
}

/// What a channel's id has to look like.
pub(super) fn expected(platform: Platform) -> &'static str {
    match platform {
        Platform::Slack => InSlack::EXPECTED,
        Platform::Teams => InTeams::EXPECTED,
        Platform::Discord => InDiscord::EXPECTED,
        Platform::Console => "the console's id, \"console\"",
    }
}

/// A platform, as far as its channels' ids go.
pub(super) trait Kind {
    const EXPECTED: &'static str;
    fn is_id(text: &str) -> bool;
}

pub(super) struct InSlack;
pub(super) struct InTeams;
pub(super) struct InDiscord;

impl Kind for InSlack {
    const EXPECTED: &'static str =
        "a channel's id such as \"C05OPS0001\"; Slack shows it at the end of the channel's details";

    fn is_id(text: &str) -> bool {
        value::is_slack_id(text)
    }
}

impl Kind for InTeams {
    const EXPECTED: &'static str = "a conversation's id such as \"19:…@thread.tacv2\"; the link to a channel of Teams holds it, with %3a for : and %40 for @";

    fn is_id(text: &str) -> bool {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic() && c != '%')
    }
}

impl Kind for InDiscord {
    const EXPECTED: &'static str = "a channel's id such as \"645027906669510667\"; Discord copies it from the channel's menu in developer mode";

    fn is_id(text: &str) -> bool {
        value::is_snowflake(text)
    }
}

struct Id<K>(String, PhantomData<K>);

impl<'de, K: Kind> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        value::text(from, K::EXPECTED, |text| K::is_id(text).then(|| Self(text.to_owned(), PhantomData)))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, bound = "")]
struct Written<K: Kind> {
    #[serde(deserialize_with = "scope::pattern")]
    gateway: GatewayPattern,
    channels: Vec<Id<K>>,
}

/// A platform's ids of channels.
pub(super) fn ids<'de, K: Kind, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    Ok(Vec::<Id<K>>::deserialize(from)?.into_iter().map(|id| id.0).collect())
}

/// Routes to channels of a platform.
pub(super) fn routes<'de, K: Kind, D: Deserializer<'de>>(from: D) -> Result<Vec<Route>, D::Error> {
    let written = Vec::<Written<K>>::deserialize(from)?;
    let route = |Written { gateway, channels }: Written<K>| Route {
        gateway,
        channels: channels.into_iter().map(|id| id.0).collect(),
    };
    Ok(written.into_iter().map(route).collect())
}
