//! Azure Monitor alerts: from a webhook's body to a typed [`Alert`].
//!
//! An alert is a hint that somebody unknown may have sent. It says where to look; what it claims is read
//! again from Azure. So everything kept from it is bounded in length and free of control characters.
//!
//! Shapes: Microsoft Learn, "Common alert schema" and "Sample alert payloads" (July 2026); "Action groups"
//! for the limit of 256 KB and the retries, each of which sends the same body again.

mod context;
mod fields;
mod fingerprint;
mod sample;

#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::{GatewayId, Name, ResourceId};

pub use fingerprint::Fingerprint;
pub use sample::TestAlert;

/// The largest body that is read, in bytes. Azure Monitor sends no larger one.
pub const LARGEST_ALERT: usize = 256 * 1024;

/// What Azure Monitor posts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// An alert.
    Alert(Box<Alert>),
    /// A sample, by which somebody sees whether alerts arrive.
    Test(TestAlert),
}

/// An alert of a rule that watches at least one Application Gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// Azure's id of this alert, lower-case. Fired and Resolved carry the same one.
    pub alert_id: String,
    /// The rule's name.
    pub rule: String,
    /// The rule's resource id, which newer payloads carry, lower-case.
    pub rule_id: Option<ResourceId>,
    /// Whether the alert begins or ends.
    pub condition: Condition,
    /// `Sev0` to `Sev4`, as sent.
    pub severity: String,
    /// What the rule watches.
    pub signal: Signal,
    /// What the alert is about, ids in lower case.
    pub targets: Vec<ResourceId>,
    /// The Application Gateways among the targets, dimensions and scopes, ids in lower case. Never empty.
    pub gateways: Vec<GatewayId>,
    /// What the rule splits by, as sent.
    pub dimensions: Vec<Dimension>,
    /// When the alert fired.
    pub fired_at: Option<Timestamp>,
    /// When it was resolved.
    pub resolved_at: Option<Timestamp>,
    /// What was measured, such as `UnhealthyHostCount 2 > 0 (average over PT5M)`.
    pub summary: String,
    /// The pool and HTTP setting that the alert names.
    pub backend: Option<BackendDimension>,
}

/// Whether an alert begins or ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Condition {
    /// The rule's condition is met.
    Fired,
    /// It no longer is.
    Resolved,
}

/// What a rule watches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Signal {
    /// A metric.
    Metric,
    /// The result of a log query.
    Log,
    /// An operation on a resource.
    ActivityLog,
    /// What Azure thinks of a resource's health.
    ResourceHealth,
    /// Anything else, as sent.
    Other(String),
}

/// One value that a rule splits by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dimension {
    /// The dimension, such as `BackendSettingsPool`.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// The pool and HTTP setting that an alert names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackendDimension {
    /// The pool's name.
    pub pool: Name,
    /// The HTTP setting's name.
    pub setting: Name,
}

/// Why a body is not an alert for us. Its `Display` is meant for the person who set up the alert.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AlertError {
    /// The body is larger than Azure Monitor sends.
    #[error("the alert has {size} bytes; Azure Monitor sends at most {LARGEST_ALERT}")]
    TooLarge {
        /// The body's size in bytes.
        size: usize,
    },
    /// The body is not JSON.
    #[error("the alert is not JSON: {problem}")]
    NotJson {
        /// What the parser said.
        problem: String,
    },
    /// The body is JSON of another kind, such as a rule's own older schema.
    #[error(
        "the alert has the schema '{found}'; switch on \"Enable the common alert schema\" for this webhook in the \
         action group"
    )]
    NotCommonSchema {
        /// The schema it names, or what it is instead.
        found: String,
    },
    /// A field without which the alert means nothing.
    #[error("the alert has no '{field}'")]
    MissingField {
        /// The field's path.
        field: &'static str,
    },
    /// A field with a value that the schema does not have.
    #[error("the alert's '{field}' is '{found}', which is none of the values it can have")]
    UnknownValue {
        /// The field's path.
        field: &'static str,
        /// Its value.
        found: String,
    },
    /// The alert is about something else.
    #[error("the alert names no Application Gateway, only {}", listed(.targets))]
    NoGateway {
        /// What it is about.
        targets: Vec<ResourceId>,
    },
}

impl Notice {
    /// Reads a webhook's body.
    ///
    /// # Errors
    /// When the body is not in the common alert schema, or is an alert that names no Application Gateway.
    pub fn parse(body: &[u8]) -> Result<Self, AlertError> {
        let json = common(body)?;
        match sample::read(&json) {
            Some(test) => Ok(Self::Test(test)),
            None => Alert::read(&json).map(|alert| Self::Alert(Box::new(alert))),
        }
    }
}

/// A body in the common alert schema.
fn common(body: &[u8]) -> Result<Value, AlertError> {
    if body.len() > LARGEST_ALERT {
        return Err(AlertError::TooLarge { size: body.len() });
    }
    let json: Value = serde_json::from_slice(body)
        .map_err(|problem| AlertError::NotJson { problem: fields::tidy(&problem.to_string(), 200) })?;
    fields::check_schema(&json)?;
    Ok(json)
}

impl Alert {
    /// Reads an alert that is no sample.
    ///
    /// # Errors
    /// As [`Notice::parse`].
    pub fn parse(body: &[u8]) -> Result<Self, AlertError> {
        Self::read(&common(body)?)
    }

    fn read(json: &Value) -> Result<Self, AlertError> {
        let rule = fields::required(json, "data.essentials.alertRule")?;
        let targets = fields::targets(json);
        let dimensions = context::dimensions(json);
        let gateways = context::gateways(json, &targets, &dimensions);
        if gateways.is_empty() {
            return Err(AlertError::NoGateway { targets });
        }
        let condition = fields::condition(json)?;
        let signal = fields::signal(json);
        Ok(Self {
            alert_id: fields::required(json, "data.essentials.alertId")?.to_lowercase(),
            rule_id: fields::rule_id(json),
            severity: fields::text(json, "data.essentials.severity").unwrap_or_default(),
            fired_at: fields::time(json, "data.essentials.firedDateTime"),
            resolved_at: fields::time(json, "data.essentials.resolvedDateTime"),
            summary: context::summary(json, &signal, condition).unwrap_or_else(|| rule.clone()),
            backend: context::backend(&dimensions),
            condition,
            signal,
            rule,
            targets,
            gateways,
            dimensions,
        })
    }

    /// For each gateway, the key under which its incident is open: the same for Fired, for the same alert
    /// firing again, and for Resolved.
    #[must_use]
    pub fn fingerprints(&self) -> Vec<(GatewayId, Fingerprint)> {
        self.gateways.iter().map(|gateway| (gateway.clone(), Fingerprint::of(self, gateway))).collect()
    }

    /// The key by which a repeated delivery of the same webhook is known.
    #[must_use]
    pub fn delivery_key(&self) -> String {
        let condition = match self.condition {
            Condition::Fired => "fired",
            Condition::Resolved => "resolved",
        };
        format!("{}:{condition}", self.alert_id)
    }
}

fn listed(targets: &[ResourceId]) -> String {
    let names: Vec<&str> = targets.iter().take(5).map(ResourceId::as_str).collect();
    if names.is_empty() { "things without a resource id".to_owned() } else { names.join(", ") }
}
