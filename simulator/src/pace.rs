//! How fast the simulated Azure's time passes.

use std::{fmt, str::FromStr, time::Duration};

/// How long the simulated Azure takes for what the live one takes a minute for.
///
/// Only waiting is scaled, never a decision: a backend that answers after 45 seconds misses a timeout
/// of 30 at every pace, because both are compared before they are scaled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pace {
    /// The durations of the live service: a write takes a minute, reading backend health half of one.
    Real,
    /// Sixty times faster: a whole repair fits into a few seconds.
    #[default]
    Brisk,
    /// No waiting at all. Operations are complete at their first poll, and servers are probed at the
    /// moment somebody reads their health, where one failure is enough to be Unhealthy.
    Instant,
}

impl Pace {
    /// A duration of the live service, at this pace.
    pub fn scale(self, live: Duration) -> Duration {
        match self {
            Self::Real => live,
            Self::Brisk => live / 60,
            Self::Instant => Duration::ZERO,
        }
    }

    /// How long a gateway write takes (about a minute on the live service).
    pub(crate) fn write(self) -> Duration {
        self.scale(Duration::from_secs(60))
    }

    /// How long reading backend health takes (30 to 60 seconds, Microsoft's 504 article).
    pub(crate) fn health(self) -> Duration {
        self.scale(Duration::from_secs(30))
    }

    /// What `Retry-After` asks for, in seconds.
    pub(crate) fn retry_after(self) -> u64 {
        match self {
            Self::Real => 10,
            Self::Brisk => 1,
            Self::Instant => 0,
        }
    }
}

impl fmt::Display for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Real => "real",
            Self::Brisk => "brisk",
            Self::Instant => "instant",
        })
    }
}

/// The text is none of `real`, `brisk` and `instant`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown pace `{0}`: expected real, brisk or instant")]
pub struct UnknownPace(String);

impl FromStr for Pace {
    type Err = UnknownPace;

    fn from_str(text: &str) -> Result<Self, UnknownPace> {
        match text {
            "real" => Ok(Self::Real),
            "brisk" => Ok(Self::Brisk),
            "instant" => Ok(Self::Instant),
            other => Err(UnknownPace(other.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        for pace in [Pace::Real, Pace::Brisk, Pace::Instant] {
            assert_eq!(pace.to_string().parse(), Ok(pace));
        }
        assert_eq!(
            "fast".parse::<Pace>().unwrap_err().to_string(),
            "unknown pace `fast`: expected real, brisk or instant"
        );
    }

    #[test]
    fn a_minute_is_a_second_at_brisk_pace() {
        assert_eq!(Pace::Brisk.write(), Duration::from_secs(1));
        assert_eq!(Pace::Instant.write(), Duration::ZERO);
    }
}
