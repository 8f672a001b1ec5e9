//! Web apps of Azure App Service, as far as they decide whether a gateway gets an answer.
//!
//! Everything here is a view of raw ARM JSON, as forgiving as the gateway's: what is missing gets the
//! service's own default, what is unknown is left alone. A decision that rests on something that was not
//! understood says so; it never guesses. Nothing secret is read: the settings of a login come from the
//! operation that leaves its secrets out.
//!
//! Field names: `CommonDefinitions.json` and `WebApps.json` of Azure/azure-rest-api-specs, api-version
//! 2024-04-01.

pub mod access;
pub mod authentication;
pub mod config;
pub mod endpoints;
pub mod site;
#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::gateway::json;
use crate::id::{IdError, Name, ResourceId};

/// Why a JSON document is not the part of a web app that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebError {
    /// There is no `id`, or it is not a text.
    #[error("the document has no id")]
    NoId,
    /// The `id` is no resource id.
    #[error("the document's id is wrong: {0}")]
    BadId(#[from] IdError),
    /// The `id` is that of something else.
    #[error("the document is of the type {found}, not Microsoft.Web/sites")]
    WrongKind {
        /// The type of the document.
        found: String,
    },
    /// There is no `properties` object.
    #[error("the document has no properties")]
    NoProperties,
    /// There is no whole list where the answer has one (`value`).
    #[error("the answer has no whole list")]
    NoList,
}

/// The `properties` of a part of a web app.
fn properties(raw: &Value) -> Result<&Value, WebError> {
    Some(json::properties(raw)).filter(|own| own.is_object()).ok_or(WebError::NoProperties)
}

/// The endings of the names that App Service gives to its apps, in each of its clouds, and those that an App
/// Service Environment gives. Source: Microsoft, "Compare Azure Government and global Azure", "Azure China
/// developer guide" and "App Service Environment networking".
const SUFFIXES: [&str; 6] = [
    ".azurewebsites.net",
    ".azurewebsites.us",
    ".chinacloudsites.cn",
    ".appserviceenvironment.net",
    ".appserviceenvironment.us",
    ".appserviceenvironment.cn",
];

/// Whether a host name is one that App Service gives to an app.
#[must_use]
pub fn is_given(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    SUFFIXES.iter().any(|suffix| host.ends_with(suffix))
}

/// How the Azure CLI is told which app is meant: `-g rg-shop -n shop`, and `--slot staging` for a slot.
#[must_use]
pub fn az_names(app: &ResourceId) -> String {
    let group = app.resource_group();
    match slot(app) {
        Some((site, slot)) => format!("-g {group} -n {} --slot {slot}", site.name()),
        None => format!("-g {group} -n {}", app.name()),
    }
}

/// The app and the name of its slot, where the id is that of a deployment slot.
fn slot(app: &ResourceId) -> Option<(ResourceId, Name)> {
    let is_slot = app.as_str().to_ascii_lowercase().contains("/slots/");
    Some((app.parent().filter(|_| is_slot)?, app.name()))
}
