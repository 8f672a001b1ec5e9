//! The login that App Service asks for in front of an app: `config/authsettingsV2`, which clients read and replace.
//!
//! A PUT replaces the document, and from then on the backends that are this app let the excluded paths through
//! (`login` of a route). That the app restarts for it is not simulated.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{ArmError, Call, reply, resources};
use crate::{
    json::{text, texts},
    net::Response,
};

const SETTINGS: &str = "/config/authsettingsv2";
const APPS: &str = "/providers/microsoft.web/sites/";

/// The app whose settings a path is.
fn app_of(path: &str) -> Option<&str> {
    let lower = path.to_lowercase();
    let app = path.get(..path.len().checked_sub(SETTINGS.len())?)?;
    (lower.ends_with(SETTINGS) && lower.contains(APPS)).then_some(app)
}

/// Whether a request is about such settings.
pub(super) fn is_about(call: &Call<'_>) -> bool {
    app_of(call.request.uri().path().trim_end_matches('/')).is_some()
}

/// The answer to a request about such settings; none if it is about something else.
pub(super) async fn answer(call: &Call<'_>) -> Option<Result<Response, ArmError>> {
    let path = call.request.uri().path().trim_end_matches('/');
    let app = app_of(path)?;
    match *call.request.method() {
        Method::GET => Some(match call.azure.written.find(path) {
            Some(found) => Ok(reply(StatusCode::OK, &found)),
            None => resources::get(call).await,
        }),
        Method::PUT => Some(put(call, path, app)),
        _ => None,
    }
}

fn put(call: &Call<'_>, path: &str, app: &str) -> Result<Response, ArmError> {
    let Some(site) = call.azure.resource(app) else { return Err(resources::missing(app)) };
    let body: Value = serde_json::from_slice(call.request.body())
        .map_err(|error| ArmError::bad("InvalidRequestContent", error.to_string()))?;
    let Some(own) = body.get("properties").filter(|own| own.is_object()) else {
        return Err(ArmError::bad("BadRequest", "Required property 'properties' not found in JSON."));
    };
    let shown = json!({
        "id": path, "name": "authsettingsV2", "type": "Microsoft.Web/sites/config",
        "location": site.get("location"), "properties": own,
    });
    let excluded = texts(own, "/globalValidation/excludedPaths");
    let hosts = texts(site, "/properties/hostNames");
    for host in hosts.iter().map(String::as_str).chain(text(site, "/properties/defaultHostName")) {
        call.azure.worlds().for_each(|world| world.plane.let_through(host, &excluded));
    }
    call.azure.written.keep(path, shown.clone());
    Ok(reply(StatusCode::OK, &shown))
}
