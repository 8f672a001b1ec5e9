//! Who may send alerts.

use super::Line;
use crate::config::{Config, Secrets};

/// What of the way in for alerts is configured. `hosted`: a Functions host checks the function's key.
#[must_use]
pub fn line(config: &Config, secrets: &Secrets, hosted: bool) -> Line {
    let key = secrets.alert_key.is_some();
    let entra = config.alerts.app_id.is_some();
    let says = match (key, entra, hosted) {
        (true, true, _) => "a key is set, and a token of Entra ID is wanted too",
        (true, false, _) => "a key is set",
        (false, true, false) => "a token of Entra ID is wanted, and no key",
        (false, true, true) => "the host checks the function's key, and a token of Entra ID is wanted too",
        (false, false, true) => "the host checks the function's key",
        (false, false, false) => {
            return Line::missing("alerts", "refused, as neither a key nor the secure webhook is configured")
                .mended_by("set AGW_ALERT_KEY, and give it to the action group");
        }
    };
    Line::good("alerts", says)
}

/// Whether the keys can be had that tokens are signed with.
#[must_use]
pub fn keys(config: &Config, known: bool) -> Line {
    let what = "alerts, secure webhook";
    let tenant = config.alerts.tenant.as_deref().unwrap_or_default();
    match known {
        true => Line::good(what, format!("Entra ID gives the keys of the tenant {tenant}")),
        false => Line::missing(what, format!("Entra ID does not give the keys of the tenant {tenant}"))
            .mended_by("look at alerts.tenant, and let the bot reach login.microsoftonline.com"),
    }
}
