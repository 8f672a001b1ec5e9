//! A health path that App Service lets through without a login.
//!
//! App Service has no edit of one list: a PUT of `config/authsettingsV2` replaces the whole document. It is made from
//! the reading that leaves secrets out, which loses nothing: version 2 names the application settings that hold
//! secrets (`clientSecretSettingName`) and holds none itself (Microsoft.Web 2024-04-01, `SiteAuthSettingsV2`).

use serde_json::{Value, json};

use super::beside::{Beside, ResourceKind};
use super::{FixKind, Plan, PlanRefused};
use crate::gateway::Gateway;
use crate::gateway::json as raw;
use crate::id::ResourceId;

impl Plan {
    /// Plans to add paths to those that need no login, one for each app. Twice the same app is the same plan.
    ///
    /// # Errors
    /// When all of them are let through already, or settings cannot be read.
    pub(super) fn exclude_path<'a>(
        gateway: &Gateway,
        wanted: impl Iterator<Item = (&'a ResourceId, &'a str, &'a Value)>,
    ) -> Result<Self, PlanRefused> {
        let mut all: Vec<Beside> = Vec::new();
        for (app, path, settings) in wanted {
            let place = format!("{app}/config/authsettingsV2");
            if all.iter().any(|known| known.path.eq_ignore_ascii_case(&place)) {
                continue;
            }
            let before = json!({ "properties": raw::properties(settings) });
            let Some(after) = excluding(&before, path) else { continue };
            let kind = ResourceKind::AppAuthentication;
            all.push(Beside { kind, path: place, before: Some(before), after: Some(after) });
        }
        Self::writing_beside(gateway, FixKind::ExcludePath, all)
    }
}

/// The settings with one more excluded path; none where it is there already, or where it has no place.
fn excluding(settings: &Value, path: &str) -> Option<Value> {
    let mut after = settings.clone();
    let own = after.get_mut("properties")?.as_object_mut()?;
    let validation = own.entry("globalValidation").or_insert_with(|| json!({})).as_object_mut()?;
    let excluded = validation.entry("excludedPaths").or_insert(Value::Null);
    if excluded.is_null() {
        *excluded = json!([]);
    }
    let excluded = excluded.as_array_mut()?;
    if excluded.iter().any(|known| known.as_str() == Some(path)) {
        return None;
    }
    excluded.push(json!(path));
    Some(after)
}
