//! Resources beside the gateway: created whole and deleted again on undo, or replaced and put back.
//!
//! The same safeguards as for the gateway hold: each is read right before it is written, whatever is not as the
//! plan found it voids the approval, and afterwards it is read back. Sources: Microsoft.Insights
//! `diagnosticSettings` 2021-05-01-preview and `metricAlerts` 2018-03-01, and Microsoft.Web
//! `sites/config/authsettingsV2` 2024-04-01, all written at once, without a long-running operation.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::compare::{self, Difference};
use super::probe::is_empty;
use super::readback::ReadBack;
use super::{FixKind, Plan, PlanRefused, Prepared, ProbeList};
use crate::evidence::{ArmRead, Asker};
use crate::gateway::{BlastRadius, Gateway};
use crate::id::Name;

/// What kind of resource it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResourceKind {
    /// Where a gateway's logs go.
    DiagnosticSetting,
    /// A rule that watches a metric.
    MetricAlert,
    /// How App Service asks for a login in front of an app. It is always there, and never deleted.
    AppAuthentication,
}

impl ResourceKind {
    /// The version of the API that it is read and written by.
    #[must_use]
    pub fn version(self) -> &'static str {
        match self {
            Self::DiagnosticSetting => "2021-05-01-preview",
            Self::MetricAlert => "2018-03-01",
            Self::AppAuthentication => "2024-04-01",
        }
    }

    /// The permission to read it.
    #[must_use]
    pub fn read_action(self) -> &'static str {
        match self {
            Self::DiagnosticSetting => "Microsoft.Insights/diagnosticSettings/read",
            Self::MetricAlert => "Microsoft.Insights/metricAlerts/read",
            Self::AppAuthentication => "Microsoft.Web/sites/config/read",
        }
    }

    /// The permission to create or replace it.
    #[must_use]
    pub fn write_action(self) -> &'static str {
        match self {
            Self::DiagnosticSetting => "Microsoft.Insights/diagnosticSettings/write",
            Self::MetricAlert => "Microsoft.Insights/metricAlerts/write",
            Self::AppAuthentication => "Microsoft.Web/sites/config/write",
        }
    }

    /// The permission to delete it.
    #[must_use]
    pub fn delete_action(self) -> &'static str {
        match self {
            Self::DiagnosticSetting => "Microsoft.Insights/diagnosticSettings/delete",
            Self::MetricAlert => "Microsoft.Insights/metricAlerts/delete",
            // An undo writes what was there.
            Self::AppAuthentication => self.write_action(),
        }
    }
}

/// One resource, what is there before a plan, and what is there after it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Beside {
    /// What it is.
    pub kind: ResourceKind,
    /// Its resource id.
    pub path: String,
    /// What has to be there; none if there must be nothing.
    pub before: Option<Value>,
    /// What will be there; none if there will be nothing.
    pub after: Option<Value>,
}

impl Beside {
    /// The question what is there now.
    #[must_use]
    pub fn read(&self) -> ArmRead {
        ArmRead {
            asker: Asker::Reader,
            path: self.path.clone(),
            version: self.kind.version(),
            query: None,
            body: None,
            action: self.kind.read_action(),
            what: self.in_words(),
        }
    }

    /// What it is called in a sentence.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self.kind {
            ResourceKind::DiagnosticSetting => format!("the diagnostic setting {}", self.name()),
            ResourceKind::MetricAlert => format!("the metric alert {}", self.name()),
            ResourceKind::AppAuthentication => format!("the authentication settings of app {}", self.owner()),
        }
    }

    /// The name of the resource that it belongs to, as `app` in `…/sites/app/config/authsettingsV2`.
    #[must_use]
    pub fn owner(&self) -> &str {
        self.path.rsplit('/').nth(2).unwrap_or_default()
    }

    /// Its name, the end of its id.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    fn reversed(&self) -> Self {
        Self { before: self.after.clone(), after: self.before.clone(), ..self.clone() }
    }

    fn is_in_effect(&self, found: Option<&Value>) -> bool {
        is_alike(self.after.as_ref(), found)
    }

    fn stands(&self, found: Option<&Value>) -> bool {
        is_alike(self.before.as_ref(), found)
    }
}

impl Plan {
    /// A plan that creates resources beside a gateway.
    pub(super) fn creating(
        gateway: &Gateway,
        kind: FixKind,
        created: Vec<(ResourceKind, String, Value)>,
    ) -> Result<Self, PlanRefused> {
        let create = |(kind, path, after)| Beside { kind, path, before: None, after: Some(after) };
        Self::writing_beside(gateway, kind, created.into_iter().map(create).collect())
    }

    /// A plan that writes resources beside a gateway.
    pub(super) fn writing_beside(
        gateway: &Gateway,
        kind: FixKind,
        beside: Vec<Beside>,
    ) -> Result<Self, PlanRefused> {
        if beside.is_empty() {
            return Err(PlanRefused::NothingToDo);
        }
        Ok(Self {
            gateway: gateway.id().clone(),
            kind,
            probes: Vec::new(),
            settings: Vec::new(),
            edits: Vec::new(),
            requires: Vec::new(),
            serves: BlastRadius::default(),
            undo: false,
            probe_list: ProbeList::Kept,
            beside,
        })
    }

    /// The resources beside the gateway that it writes, or takes back. A plan has either these or edits of the
    /// gateway itself.
    #[must_use]
    pub fn beside(&self) -> &[Beside] {
        &self.beside
    }

    /// Whether it leaves the gateway itself as it is.
    #[must_use]
    pub fn is_beside(&self) -> bool {
        !self.beside.is_empty()
    }

    pub(super) fn beside_reversed(&self) -> Vec<Beside> {
        self.beside.iter().rev().map(Beside::reversed).collect()
    }

    /// Decides on fresh readings, one for each of [`Plan::beside`] in order, what is left to be written.
    ///
    /// # Errors
    /// Anything but [`Prepared::Ready`]: the gateway must not be worked on, all is done already, or somebody
    /// has changed or made one of the resources since the plan was made.
    pub fn prepare_beside(&self, fresh: &Gateway, found: &[Option<Value>]) -> Result<Vec<&Beside>, Prepared> {
        // An app's settings are another's business than the gateway's.
        if let Some(stop) = self.stop(fresh).filter(|_| self.kind.is_errand()) {
            return Err(stop);
        }
        let pairs = || self.beside.iter().zip(found.iter().map(Option::as_ref));
        let left: Vec<(&Beside, Option<&Value>)> =
            pairs().filter(|(beside, found)| !beside.is_in_effect(*found)).collect();
        if left.is_empty() {
            return Err(Prepared::AlreadyApplied);
        }
        let changed = left.iter().filter(|(beside, found)| !beside.stands(*found));
        let changes: Vec<Difference> = changed
            .map(|(beside, found)| Difference {
                pointer: beside.path.clone(),
                before: beside.before.clone(),
                after: found.cloned(),
            })
            .collect();
        if !changes.is_empty() {
            return Err(Prepared::Void { changes });
        }
        Ok(left.into_iter().map(|(beside, _)| beside).collect())
    }

    /// What a reading after the write shows, one for each of [`Plan::beside`] in order.
    #[must_use]
    pub fn read_back_beside(&self, found: &[Option<Value>]) -> ReadBack {
        let pairs = self.beside.iter().zip(found.iter().map(Option::as_ref));
        let missing: Vec<String> = pairs
            .filter(|(beside, found)| !beside.is_in_effect(*found))
            .map(|(beside, _)| beside.path.clone())
            .collect();
        ReadBack { applied: missing.is_empty(), missing, unexpected: Vec::new() }
    }
}

/// The names of the resources in a list.
pub(super) fn names(list: &[Value]) -> Vec<Name> {
    list.iter().filter_map(|item| item.get("name")?.as_str()).map(Name::new).collect()
}

/// Whether two resources do the same: fields that only the service writes do not matter, nor those that say no
/// more than their absence, nor parts of lists that are switched off (a diagnostic setting comes back with every
/// category of the gateway).
fn is_alike(wanted: Option<&Value>, found: Option<&Value>) -> bool {
    match (wanted, found) {
        (None, None) => true,
        (Some(wanted), Some(found)) => compare::same(&essence(wanted), &essence(found)),
        (None, Some(_)) | (Some(_), None) => false,
    }
}

/// What the service alone writes, and what a resource is addressed by.
const NOT_OURS: [&str; 8] =
    ["id", "name", "type", "location", "kind", "etag", "systemData", "provisioningState"];

fn essence(resource: &Value) -> Value {
    let fields = resource.as_object().into_iter().flatten();
    let own = fields.filter(|(key, _)| !NOT_OURS.contains(&key.as_str()));
    own.map(|(key, value)| (key.clone(), telling(value)))
        .filter(|(_, value)| !is_empty(value))
        .collect::<Map<_, _>>()
        .into()
}

fn telling(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| (key.clone(), telling(value)))
            .filter(|(_, value)| !is_empty(value))
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().filter(|item| !is_off(item)).map(telling).collect();
            items.sort_by_key(Value::to_string);
            items.into()
        }
        other => other.clone(),
    }
}

fn is_off(item: &Value) -> bool {
    item.get("enabled").and_then(Value::as_bool) == Some(false)
}
