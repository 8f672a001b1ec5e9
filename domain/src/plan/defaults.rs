//! What a new health probe is to be.

use serde::{Deserialize, Serialize};

/// The name and numbers of a health probe that the bot creates.
///
/// The default is that of the runbook: `custom-healthz`, `/healthz`, every 30 s, 30 s of patience, unhealthy
/// after 3 failures, 200-399 is healthy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProbeDefaults {
    /// Its name, if that is free; otherwise the plan adds `-2`, `-3` …
    pub name: String,
    /// The path it asks for; starts with `/`.
    pub path: String,
    /// Seconds from one probe to the next, 1 to 86400.
    pub interval_s: u32,
    /// Seconds that a server may take to answer, 1 to 86400 and not above the interval.
    pub timeout_s: u32,
    /// Failures in a row until a server counts as unhealthy, 1 to 20.
    pub unhealthy_threshold: u32,
    /// What counts as healthy: `200`, or a range such as `200-399`.
    pub status_codes: Vec<String>,
}

impl Default for ProbeDefaults {
    fn default() -> Self {
        Self {
            name: "custom-healthz".to_owned(),
            path: "/healthz".to_owned(),
            interval_s: 30,
            timeout_s: 30,
            unhealthy_threshold: 3,
            status_codes: vec!["200-399".to_owned()],
        }
    }
}

/// What Azure would not accept of a probe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum ProbeDefaultsError {
    /// The name breaks the rule for names of a gateway's children.
    #[error(
        "'{0}' is no name for a probe: 1 to 80 letters, digits, '.', '_' or '-', \
         beginning with a letter or digit and ending with one or '_'"
    )]
    Name(String),
    /// The path is no path.
    #[error("'{0}' is no path for a probe: it has to start with '/' and to be without spaces and '#'")]
    Path(String),
    /// The interval is out of range.
    #[error("an interval of {0} s is out of range: 1 to 86400")]
    Interval(u32),
    /// The timeout is out of range.
    #[error("a timeout of {0} s is out of range: 1 to 86400")]
    Timeout(u32),
    /// The next probe would start before the last one may end.
    #[error("a timeout of {timeout_s} s is longer than the interval of {interval_s} s")]
    TimeoutAboveInterval {
        /// The timeout.
        timeout_s: u32,
        /// The interval.
        interval_s: u32,
    },
    /// The threshold is out of range.
    #[error("an unhealthy threshold of {0} is out of range: 1 to 20")]
    Threshold(u32),
    /// There is no status code, or one that is none.
    #[error("'{0}' is no status code and no range of them, such as 200 or 200-399")]
    StatusCodes(String),
}

impl ProbeDefaults {
    /// Checks it against Azure's limits (`ApplicationGatewayProbePropertiesFormat`; timeout against interval:
    /// the check that hashicorp/terraform-provider-azurerm makes).
    ///
    /// # Errors
    /// The first limit that it breaks.
    pub fn validate(&self) -> Result<(), ProbeDefaultsError> {
        use ProbeDefaultsError as Error;
        let range = 1..=86_400;
        let (interval_s, timeout_s) = (self.interval_s, self.timeout_s);
        let checks = [
            (is_name(&self.name), Error::Name(self.name.clone())),
            (is_path(&self.path), Error::Path(self.path.clone())),
            (range.contains(&interval_s), Error::Interval(interval_s)),
            (range.contains(&timeout_s), Error::Timeout(timeout_s)),
            (timeout_s <= interval_s, Error::TimeoutAboveInterval { timeout_s, interval_s }),
            ((1..=20).contains(&self.unhealthy_threshold), Error::Threshold(self.unhealthy_threshold)),
            (!self.status_codes.is_empty(), Error::StatusCodes(String::new())),
        ];
        if let Some((_, error)) = checks.into_iter().find(|(good, _)| !good) {
            return Err(error);
        }
        match self.status_codes.iter().find(|codes| !is_codes(codes)) {
            Some(codes) => Err(Error::StatusCodes(codes.clone())),
            None => Ok(()),
        }
    }
}

/// Longest name of a gateway's child.
pub(super) const LONGEST_NAME: usize = 80;

fn is_name(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    (1..=LONGEST_NAME).contains(&name.len())
        && name.chars().all(inner)
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
}

fn is_path(path: &str) -> bool {
    path.starts_with('/') && path.chars().all(|c| c.is_ascii_graphic() && c != '#')
}

fn is_codes(codes: &str) -> bool {
    let code = |text: &str| {
        let digits = text.len() == 3 && text.chars().all(|c| c.is_ascii_digit());
        text.parse::<u16>().ok().filter(|code| digits && (100..=599).contains(code))
    };
    let (low, high) = codes.split_once('-').unwrap_or((codes, codes));
    matches!((code(low), code(high)), (Some(low), Some(high)) if low <= high)
}
