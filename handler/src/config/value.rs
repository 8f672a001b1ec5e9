//! Values: what is accepted, and what is said when it is not.

use std::fmt;
use std::net::SocketAddr;

use domain::id::ResourceId;
use jiff::SignedDuration;
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use url::{Host, Url};

/// What a duration looks like.
const DURATION: &str = "a duration such as \"30s\", \"5m\" or \"250ms\"";
/// What an address looks like.
const URL: &str = "a URL such as \"https://management.azure.com\"";

/// A duration above zero.
pub(super) fn duration<'de, D: Deserializer<'de>>(from: D) -> Result<SignedDuration, D::Error> {
    text(from, DURATION, span)
}

/// Without a sign and without "ago": a time to wait, not a direction.
fn span(text: &str) -> Option<SignedDuration> {
    let plain = text.starts_with(|first: char| first.is_ascii_digit()) && !text.contains("ago");
    text.parse::<SignedDuration>().ok().filter(|found| plain && found.is_positive())
}

/// A duration of whole seconds, as Azure counts them.
pub(super) fn seconds<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    text(from, "a duration of whole seconds such as \"30s\" or \"5m\"", |text| {
        let found = span(text).filter(|found| found.subsec_nanos() == 0)?;
        u32::try_from(found.as_secs()).ok()
    })
}

/// An address and a port.
pub(super) fn listen<'de, D: Deserializer<'de>>(from: D) -> Result<SocketAddr, D::Error> {
    text(from, "an address and a port such as \"127.0.0.1:8080\"", |text| text.parse().ok())
}

/// A service: https, or http on this machine, because a token goes there.
pub(super) fn endpoint<'de, D: Deserializer<'de>>(from: D) -> Result<Url, D::Error> {
    let url = url(from)?;
    if url.scheme() == "https" || is_loopback(&url) {
        Ok(url)
    } else {
        Err(D::Error::custom("expected https: tokens go there, and http is for this machine alone"))
    }
}

/// The same, where there need not be one.
pub(super) fn some_endpoint<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Url>, D::Error> {
    endpoint(from).map(Some)
}

/// Services on this machine.
pub(super) fn loopbacks<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Url>, D::Error> {
    Ok(Vec::<Loopback>::deserialize(from)?.into_iter().map(|loopback| loopback.0).collect())
}

struct Loopback(Url);

impl<'de> Deserialize<'de> for Loopback {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let url = url(from)?;
        let here = is_loopback(&url);
        here.then_some(Self(url)).ok_or_else(|| {
            D::Error::custom("expected a URL on this machine, such as \"http://localhost:56150\"")
        })
    }
}

/// A proxy.
pub(super) fn proxy<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Url>, D::Error> {
    url(from).map(Some)
}

/// A service of a storage account.
pub(super) fn service<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Url>, D::Error> {
    let url = url(from)?;
    match url.scheme() {
        "https" => Ok(Some(url)),
        _ => Err(D::Error::custom("expected https: tokens go there")),
    }
}

/// The name of a storage account.
pub(super) fn account<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    text(from, "the name of a storage account: 3 to 24 small letters and digits", |text| {
        let plain = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        ((3..=24).contains(&text.len()) && plain).then(|| Some(text.to_owned()))
    })
}

/// A URL that holds no password. What is none is not shown, for it may hold one all the same.
fn url<'de, D: Deserializer<'de>>(from: D) -> Result<Url, D::Error> {
    let url = Url::parse(&text(from, URL, |text| Some(text.to_owned()))?).ok();
    let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let url = url.ok_or_else(|| D::Error::custom(format!("expected {URL}")))?;
    let bare = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    if bare { Ok(url) } else { Err(D::Error::custom("expected a URL without a user, password or query")) }
}

/// A URL that is part of the program.
#[expect(clippy::expect_used, reason = "constants, and tests read them")]
pub(super) fn known_url(text: &str) -> Url {
    Url::parse(text).expect("a constant")
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

/// A word that names something in Azure.
pub(super) fn word<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(Some(Word::deserialize(from)?.0))
}

/// A resource of Azure's.
pub(super) fn resource<'de, D: Deserializer<'de>>(from: D) -> Result<Option<ResourceId>, D::Error> {
    text(
        from,
        "a resource id such as \"/subscriptions/…/providers/Microsoft.Insights/actionGroups/ops\"",
        |text| ResourceId::parse(text).ok().map(Some),
    )
}

/// Words that name something in Azure.
pub(super) fn words<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    Ok(Vec::<Word>::deserialize(from)?.into_iter().map(|word| word.0).collect())
}

struct Word(String);

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        text(from, "an id of letters, digits and dashes", |text| {
            (!text.is_empty() && plain(text)).then(|| Self(text.to_owned()))
        })
    }
}

/// Slack's ids are capitals and digits; names are in lower case.
pub(super) fn is_slack_id(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
}

/// An id of Discord's.
pub(super) fn snowflake<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    text(from, "an id such as \"845027738276462632\"; Discord's developer portal shows it", |text| {
        is_snowflake(text).then(|| Some(text.to_owned()))
    })
}

/// Slack's id of a user group.
pub(super) fn slack_group<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    text(from, "a user group's id such as \"S0614TZR7\"; Slack shows it in the link to the group", |text| {
        (text.starts_with('S') && is_slack_id(text)).then(|| Some(text.to_owned()))
    })
}

/// Discord's ids are numbers of up to 64 bits, in digits (Discord, "Snowflakes").
pub(super) fn is_snowflake(text: &str) -> bool {
    (15..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Entra's ids are GUIDs, with dashes.
pub(super) fn is_guid(text: &str) -> bool {
    let dashes = [8, 13, 18, 23];
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match dashes.contains(&at) {
            true => byte == b'-',
            false => byte.is_ascii_hexdigit(),
        })
}

/// The id of an app or a tenant in Entra.
pub(super) fn guid<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    text(from, "an id such as \"22222222-3333-4444-5555-666666666666\"", |text| {
        is_guid(text).then(|| Some(text.to_owned()))
    })
}

/// Reads a text. `read` gives nothing when it is not what is `expected`.
pub(super) fn text<'de, D, T, F>(from: D, expected: &'static str, read: F) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    F: FnOnce(&str) -> Option<T>,
{
    from.deserialize_str(Reader { expected, read })
}

pub(super) fn instead<E: Error>(found: &str, expected: &str) -> E {
    E::custom(format!("found {found:?}, expected {expected}"))
}

/// Reads inside of the parser, which then says where in the file it went wrong.
struct Reader<F> {
    expected: &'static str,
    read: F,
}

impl<T, F: FnOnce(&str) -> Option<T>> Visitor<'_> for Reader<F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        (self.read)(text).ok_or_else(|| instead(text, self.expected))
    }
}
