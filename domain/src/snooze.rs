//! Alerts that nobody wants to hear of for a while: `/agw snooze`.
//!
//! A snooze is about one gateway. Its alerts are kept and counted as ever, and shown when it is over, if they still
//! fire. All snoozes are one small document.

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::id::GatewayId;
use crate::request::Person;

const MINUTES_AN_HOUR: u32 = 60;
const MINUTES_A_DAY: u32 = 24 * MINUTES_AN_HOUR;
/// The longest that a gateway can be silent for: seven days.
const LONGEST: u32 = 7 * MINUTES_A_DAY;

/// How long: whole minutes, one at the least and seven days at the most. As text `30m`, `2h`, `1d` or `1d12h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SnoozeFor(u32);

impl SnoozeFor {
    /// As a duration.
    #[must_use]
    pub fn duration(self) -> SignedDuration {
        SignedDuration::from_mins(self.0.min(LONGEST).into())
    }
}

impl fmt::Display for SnoozeFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            (self.0 / MINUTES_A_DAY, 'd'),
            (self.0 % MINUTES_A_DAY / MINUTES_AN_HOUR, 'h'),
            (self.0 % MINUTES_AN_HOUR, 'm'),
        ];
        parts
            .iter()
            .filter(|(number, _)| *number > 0)
            .try_for_each(|(number, unit)| write!(f, "{number}{unit}"))
    }
}

/// A text that says no length of a snooze.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a time between a minute and seven days, such as 30m, 2h or 1d")]
pub struct NotALength;

impl FromStr for SnoozeFor {
    type Err = NotALength;

    fn from_str(text: &str) -> Result<Self, NotALength> {
        let (mut minutes, mut number, mut below) = (0u32, None::<u32>, u32::MAX);
        for letter in text.chars() {
            if let Some(digit) = letter.to_digit(10) {
                let more = number.unwrap_or(0).checked_mul(10).and_then(|tens| tens.checked_add(digit));
                number = Some(more.ok_or(NotALength)?);
                continue;
            }
            let unit = match letter.to_ascii_lowercase() {
                'd' => MINUTES_A_DAY,
                'h' => MINUTES_AN_HOUR,
                'm' => 1,
                _ => return Err(NotALength),
            };
            // Each unit once, the larger first.
            let many = number.take().filter(|_| unit < below).ok_or(NotALength)?;
            below = unit;
            minutes = many.checked_mul(unit).and_then(|more| minutes.checked_add(more)).ok_or(NotALength)?;
        }
        if number.is_none() && (1..=LONGEST).contains(&minutes) { Ok(Self(minutes)) } else { Err(NotALength) }
    }
}

/// Silence about one gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snooze {
    /// Which.
    pub gateway: GatewayId,
    /// When it is over.
    pub until: Timestamp,
    /// Who wanted it.
    pub by: Person,
    /// Since when.
    pub at: Timestamp,
}

/// All snoozes: the document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Snoozes(Vec<Snooze>);

impl Snoozes {
    /// The one that keeps a gateway silent now.
    #[must_use]
    pub fn of(&self, gateway: &GatewayId, now: Timestamp) -> Option<&Snooze> {
        self.going(now).into_iter().find(|snooze| snooze.gateway == *gateway)
    }

    /// Those that are not over, the first to end first.
    #[must_use]
    pub fn going(&self, now: Timestamp) -> Vec<&Snooze> {
        let mut going: Vec<&Snooze> = self.0.iter().filter(|snooze| now < snooze.until).collect();
        going.sort_by_key(|snooze| snooze.until);
        going
    }

    /// With this one, in place of another for the same gateway, and without those that are over.
    #[must_use]
    pub fn with(&self, snooze: Snooze, now: Timestamp) -> Self {
        let mut snoozes = self.without(&snooze.gateway, now);
        snoozes.0.push(snooze);
        snoozes
    }

    /// Without one for this gateway, and without those that are over.
    #[must_use]
    pub fn without(&self, gateway: &GatewayId, now: Timestamp) -> Self {
        let kept = self.0.iter().filter(|snooze| snooze.gateway != *gateway && now < snooze.until);
        Self(kept.cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Platform;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + 60 * minute).unwrap()
    }

    fn snooze(until: i64) -> Snooze {
        let by = Person { platform: Platform::Slack, id: "U1".to_owned(), name: None };
        let resource = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg/providers/\
                        Microsoft.Network/applicationGateways/agw-shop";
        Snooze { gateway: GatewayId::parse(resource).unwrap(), until: at(until), by, at: at(0) }
    }

    #[test]
    fn lengths_are_read_and_written() {
        for (text, minutes, canonical) in [
            ("30m", 30, "30m"),
            ("2H", 120, "2h"),
            ("1d", 1440, "1d"),
            ("1d12h", 2160, "1d12h"),
            ("90m", 90, "1h30m"),
            ("7d", 10_080, "7d"),
            ("168h", 10_080, "7d"),
        ] {
            let length: SnoozeFor = text.parse().unwrap();
            assert_eq!(length.duration(), SignedDuration::from_mins(minutes), "{text}");
            assert_eq!(length.to_string(), canonical);
            assert_eq!(canonical.parse(), Ok(length));
        }
    }

    #[test]
    fn what_is_no_length_is_refused() {
        for text in [
            "",
            "0m",
            "8d",
            "7d1m",
            "10081m",
            "2",
            "h",
            "2x",
            "-2h",
            "1.5h",
            "2h2h",
            "30m2h",
            "1h30",
            "2 h",
            "99999999999d",
            "٣d",
        ] {
            assert_eq!(text.parse::<SnoozeFor>(), Err(NotALength), "{text:?}");
        }
    }

    #[test]
    fn a_snooze_ends_by_itself() {
        let snoozes = Snoozes::default().with(snooze(30), at(0));
        let gateway = &snooze(30).gateway;
        assert_eq!(snoozes.of(gateway, at(29)), Some(&snooze(30)));
        assert_eq!(snoozes.of(gateway, at(30)), None);
        assert_eq!(snoozes.with(Snooze { ..snooze(60) }, at(0)).going(at(0)), [&snooze(60)], "one a gateway");
        assert!(snoozes.without(gateway, at(0)).going(at(0)).is_empty());
        assert_eq!(snoozes.without(gateway, at(0)), Snoozes::default());
    }

    #[test]
    fn a_gateway_is_the_same_in_any_spelling() {
        let snoozes = Snoozes::default().with(snooze(30), at(0));
        let shouted =
            GatewayId::parse(&snooze(30).gateway.to_string().replace("agw-shop", "AGW-SHOP")).unwrap();
        assert!(snoozes.of(&shouted, at(1)).is_some());
    }
}
