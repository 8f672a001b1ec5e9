//! `[approval]`: who may approve what, where and when.

use domain::approval::{Approver, Mode, Policies, Policy, Rule, Window};
use domain::request::{Channel, Platform};
use domain::scope::{GatewayPattern, Reach};
use jiff::SignedDuration;
use serde::Deserialize;
use serde::de::{Deserializer, Error};

use super::{scope, value};

/// Who may approve a fix.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Approval {
    /// Whether the bot offers changes, or only tells what it sees; it offers them.
    pub mode: Mode,
    /// Who may approve: nobody, which makes the bot read-only.
    #[serde(deserialize_with = "approvers")]
    pub approvers: Vec<Approver>,
    /// How many different people have to approve; one.
    #[serde(deserialize_with = "approvals")]
    pub approvals: u32,
    /// Whether the one who asked for the diagnosis may approve its fix; yes.
    pub asker_may_approve: bool,
    /// How long an offer stands; 30 min.
    #[serde(deserialize_with = "value::duration")]
    pub expires_after: SignedDuration,
    /// The channels in which it can be decided; any.
    #[serde(deserialize_with = "channels")]
    pub channels: Vec<Channel>,
    /// When it can be approved; always.
    #[serde(deserialize_with = "windows")]
    pub windows: Vec<Window>,
    /// Rules for some gateways, the most exact first; none.
    pub rules: Vec<GatewayRule>,
}

impl Default for Approval {
    fn default() -> Self {
        let Policy { mode, approvers, approvals, asker_may_approve, expires_after, channels, windows } =
            Policy::default();
        let rules = Vec::new();
        Self { mode, approvers, approvals, asker_may_approve, expires_after, channels, windows, rules }
    }
}

impl Approval {
    /// The policy as incidents want it.
    #[must_use]
    pub fn policies(&self) -> Policies {
        let Self { mode, approvers, approvals, asker_may_approve, expires_after, channels, windows, rules } =
            self.clone();
        Policies {
            everywhere: Policy {
                mode,
                approvers,
                approvals,
                asker_may_approve,
                expires_after,
                channels,
                windows,
            },
            rules: rules.into_iter().map(|rule| rule.0).collect(),
        }
    }
}

/// A rule for some gateways. What it does not say is as in a rule that is about more of them.
#[derive(Debug, Clone, PartialEq)]
pub struct GatewayRule(pub Rule);

/// A rule as it is written: about exactly one of `gateway`, `resource_group` and `subscription`.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
struct Written {
    #[serde(deserialize_with = "gateway")]
    gateway: Option<GatewayPattern>,
    #[serde(deserialize_with = "group_name")]
    resource_group: Option<String>,
    #[serde(deserialize_with = "value::word")]
    subscription: Option<String>,
    mode: Option<Mode>,
    #[serde(deserialize_with = "some_approvers")]
    approvers: Option<Vec<Approver>>,
    #[serde(deserialize_with = "some_approvals")]
    approvals: Option<u32>,
    asker_may_approve: Option<bool>,
    #[serde(deserialize_with = "some_duration")]
    expires_after: Option<SignedDuration>,
    #[serde(deserialize_with = "some_channels")]
    channels: Option<Vec<Channel>>,
    #[serde(deserialize_with = "some_windows")]
    windows: Option<Vec<Window>>,
}

impl<'de> Deserialize<'de> for GatewayRule {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let written = Written::deserialize(from)?;
        let reach = match (written.gateway, written.resource_group, written.subscription) {
            (Some(gateway), None, None) => Reach::Gateway(gateway),
            (None, Some(group), None) => Reach::ResourceGroup(group),
            (None, None, Some(subscription)) => Reach::Subscription(subscription),
            _ => return Err(D::Error::custom("expected one of gateway, resource_group and subscription")),
        };
        Ok(Self(Rule {
            reach,
            mode: written.mode,
            approvers: written.approvers,
            approvals: written.approvals,
            asker_may_approve: written.asker_may_approve,
            expires_after: written.expires_after,
            channels: written.channels,
            windows: written.windows,
        }))
    }
}

/// Somebody who may approve, as it is written: a person by `id`, or everybody in a `group`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenApprover {
    platform: Platform,
    id: Option<String>,
    group: Option<String>,
}

struct Listed(Approver);

impl<'de> Deserialize<'de> for Listed {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let WrittenApprover { platform, id, group } = WrittenApprover::deserialize(from)?;
        match (id, group) {
            (Some(id), None) if !is_member(platform, &id) => Err(value::instead(&id, member(platform))),
            (None, Some(id)) => match group_of(platform) {
                None => Err(D::Error::custom(format!("{platform} knows no groups here, expected an id"))),
                Some(expected) if !is_member(platform, &id) => Err(value::instead(&id, expected)),
                Some(_) => Ok(Self(Approver::Group { platform, id })),
            },
            // Entra does not tell upper case from lower case.
            (Some(id), None) if platform == Platform::Teams => {
                Ok(Self(Approver::Person { platform, id: id.to_ascii_lowercase() }))
            }
            (Some(id), None) => Ok(Self(Approver::Person { platform, id })),
            _ => Err(D::Error::custom("expected either id or group beside platform")),
        }
    }
}

/// Whether this is the id of a person, group or role.
fn is_member(platform: Platform, id: &str) -> bool {
    match platform {
        Platform::Slack => value::is_slack_id(id),
        // Behind an id of another tenant than the bot's own stands which.
        Platform::Teams => id.matches('@').count() < 2 && id.split('@').all(value::is_guid),
        Platform::Discord => value::is_snowflake(id),
        Platform::Console => !id.is_empty(),
    }
}

/// What a person's id looks like.
fn member(platform: Platform) -> &'static str {
    match platform {
        Platform::Slack => "a member's id such as \"U07ALEX001\"; Slack's profile menu copies it",
        Platform::Teams => "an Entra object id, a GUID; `az ad user show --id NAME --query id` prints it",
        Platform::Discord => {
            "a member's id such as \"53908232506183680\"; Discord copies it from the member's menu in developer mode"
        }
        Platform::Console => "the console's person, \"operator\"",
    }
}

/// What the id of a group looks like, where a platform has groups that the bot can ask about.
fn group_of(platform: Platform) -> Option<&'static str> {
    match platform {
        Platform::Slack => {
            Some("a user group's id such as \"S0614TZR7\"; Slack shows it among the group's details")
        }
        Platform::Discord => Some(
            "a role's id such as \"539082325061836999\"; Discord copies it from the role's menu in developer mode",
        ),
        Platform::Teams | Platform::Console => None,
    }
}

/// A channel, as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenChannel {
    platform: Platform,
    id: String,
}

struct Place(Channel);

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let WrittenChannel { platform, id } = WrittenChannel::deserialize(from)?;
        if !super::channels::is_id(platform, &id) {
            return Err(value::instead(&id, super::channels::expected(platform)));
        }
        Ok(Self(Channel { platform, id }))
    }
}

struct Opening(Window);

impl<'de> Deserialize<'de> for Opening {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let expected = "a change window such as \"Mon-Fri 08:00-18:00 Europe/Zurich\"";
        value::text(from, expected, |text| text.parse().ok().map(Self))
    }
}

fn approvers<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Approver>, D::Error> {
    Ok(Vec::<Listed>::deserialize(from)?.into_iter().map(|listed| listed.0).collect())
}

fn channels<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Channel>, D::Error> {
    Ok(Vec::<Place>::deserialize(from)?.into_iter().map(|place| place.0).collect())
}

fn windows<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Window>, D::Error> {
    Ok(Vec::<Opening>::deserialize(from)?.into_iter().map(|opening| opening.0).collect())
}

/// At least one: a plan that nobody has to approve would write by itself.
fn approvals<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    let found = u32::deserialize(from)?;
    if found == 0 { Err(D::Error::custom("found 0, expected 1 or more")) } else { Ok(found) }
}

fn some_approvers<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<Approver>>, D::Error> {
    approvers(from).map(Some)
}

fn some_channels<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<Channel>>, D::Error> {
    channels(from).map(Some)
}

fn some_windows<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<Window>>, D::Error> {
    windows(from).map(Some)
}

fn some_approvals<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u32>, D::Error> {
    approvals(from).map(Some)
}

fn some_duration<'de, D: Deserializer<'de>>(from: D) -> Result<Option<SignedDuration>, D::Error> {
    value::duration(from).map(Some)
}

fn gateway<'de, D: Deserializer<'de>>(from: D) -> Result<Option<GatewayPattern>, D::Error> {
    scope::pattern(from).map(Some)
}

fn group_name<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    value::text(from, "a resource group's name", |text| {
        let known = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '(' | ')');
        let is_name = !text.is_empty() && text.chars().all(known);
        is_name.then(|| Some(text.to_owned()))
    })
}
