//! The login that App Service asks for in front of an app (`config/authsettingsV2`).
//!
//! Read by the GET that leaves secrets out. Behaviour: Microsoft, "Authentication and authorization in Azure
//! App Service", "Customize sign-in and sign-out", and "File-based configuration". That a path is excluded is
//! documented for the very path; what an entry does for the paths below it, or a `*`, is not.

use serde_json::Value;

use super::{WebError, properties};
use crate::gateway::json;

/// How an app's platform asks for a login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authentication {
    /// Whether it does at all.
    pub enabled: bool,
    /// The file in the app that holds the settings, if one does: it counts, and this document does not.
    pub config_file: Option<String>,
    /// Whether every request needs a login, where the document says.
    pub required: Option<bool>,
    /// What a request without a login gets.
    pub otherwise: Unauthenticated,
    /// The paths that need none.
    pub excluded: Vec<String>,
    /// The whole document.
    pub raw: Value,
}

/// What a request without a login gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unauthenticated {
    /// A redirect to the login page, or 401 for what does not look like a browser.
    Redirect,
    /// It passes, and the app decides.
    Pass,
    /// This status.
    Status(u16),
    /// Anything ARM may call it in future.
    Other(String),
}

/// What the platform does with a request for a path, without a login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Demand {
    /// It passes.
    None,
    /// It is turned away.
    Login,
    /// It cannot be told, for this reason.
    Unclear(String),
}

impl Authentication {
    /// Reads the settings from the body of a GET of `config/authsettingsV2`.
    ///
    /// # Errors
    /// When the document has no properties.
    pub fn parse(raw: &Value) -> Result<Self, WebError> {
        let own = properties(raw)?;
        let none = Value::Null;
        let platform = own.get("platform").unwrap_or(&none);
        let validation = own.get("globalValidation").unwrap_or(&none);
        Ok(Self {
            enabled: json::flag(platform, "enabled"),
            config_file: json::text(platform, "configFilePath").map(str::to_owned),
            required: validation.get("requireAuthentication").and_then(Value::as_bool),
            otherwise: Unauthenticated::read(json::text(validation, "unauthenticatedClientAction")),
            excluded: json::texts(validation, "excludedPaths"),
            raw: raw.clone(),
        })
    }

    /// What becomes of a request for a path without a login, going by this document.
    #[must_use]
    pub fn demand(&self, path: &str) -> Demand {
        if !self.enabled || self.required == Some(false) || self.otherwise == Unauthenticated::Pass {
            return Demand::None;
        }
        if self.excluded.iter().any(|entry| is_same(entry, path)) {
            return Demand::None;
        }
        if let Some(entry) = self.excluded.iter().find(|entry| may_cover(entry, path)) {
            return Demand::Unclear(format!(
                "whether the excluded path {entry} covers {path} is not documented"
            ));
        }
        match &self.otherwise {
            Unauthenticated::Other(action) => Demand::Unclear(format!("what {action} does is not known")),
            _ if self.required.is_none() => {
                Demand::Unclear("the settings do not say whether a login is required".to_owned())
            }
            _ => Demand::Login,
        }
    }

    /// Whether a request without a login is answered with this status.
    #[must_use]
    pub fn answers(&self, status: u16) -> bool {
        match self.otherwise {
            Unauthenticated::Redirect => matches!(status, 302 | 401),
            Unauthenticated::Status(own) => own == status,
            Unauthenticated::Pass | Unauthenticated::Other(_) => false,
        }
    }
}

impl Unauthenticated {
    /// Absent is a redirect, the service's own default.
    fn read(text: Option<&str>) -> Self {
        let Some(text) = text else { return Self::Redirect };
        let lower = text.to_ascii_lowercase();
        match lower.as_str() {
            "redirecttologinpage" => Self::Redirect,
            "allowanonymous" => Self::Pass,
            other => {
                let status = other.strip_prefix("return").and_then(|status| status.parse().ok());
                status.map_or_else(|| Self::Other(text.to_owned()), Self::Status)
            }
        }
    }
}

fn is_same(entry: &str, path: &str) -> bool {
    let plain = |text: &str| text.split('?').next().unwrap_or_default().trim_end_matches('/').to_owned();
    plain(entry).eq_ignore_ascii_case(&plain(path))
}

/// Whether an entry may be meant for a path: it holds a `*`, or the path is below it.
fn may_cover(entry: &str, path: &str) -> bool {
    let (entry, path) = (entry.to_ascii_lowercase(), path.to_ascii_lowercase());
    match entry.split_once('*') {
        Some((start, _)) => path.starts_with(start.trim_end_matches('/')),
        None => path.starts_with(&format!("{}/", entry.trim_end_matches('/'))),
    }
}
