//! Signing in: the endpoints a client asks before it talks to ARM.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{StatusCode, header};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::{ArmError, reply};
use crate::{
    azure::Azure,
    net::{Request, Response},
    random,
    scenario::{SUBSCRIPTION, Scenario, TENANT},
};

/// The object id in every token, and in messages about missing permissions.
pub(crate) const OBJECT_ID: &str = "44444444-4444-4444-4444-444444444444";
const AUDIENCE: &str = "https://management.azure.com";
/// Seconds a token is good for.
const LIFETIME: i64 = 3599;

/// A token with these claims. It is unsigned: who believes it also believes a simulator.
fn issue(claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{}", part(&json!({"alg": "none", "typ": "JWT"})), part(claims), "simulated")
}

/// Whether a token is meant for ARM, and good now. Whoever issued it, its signature is not looked at, so that a
/// client may bring the tokens of any stand-in for a managed identity.
fn is_good(token: &str) -> bool {
    let claims = token.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let claims = claims.and_then(|claims| serde_json::from_slice::<Value>(&claims).ok()).unwrap_or_default();
    let audience = claims.get("aud").and_then(Value::as_str).map(|audience| audience.trim_end_matches('/'));
    let moment = |name: &str| claims.get(name).and_then(Value::as_i64);
    let now = random::now();
    audience == Some(AUDIENCE)
        && moment("nbf").is_none_or(|begin| begin <= now)
        && moment("exp").is_some_and(|end| end > now)
}

/// What the client may do: the same everywhere here. With several roles there would be several entries.
pub(crate) fn permissions(scenario: &Scenario) -> Value {
    let (actions, not_actions) = scenario.permissions();
    json!({"value": [{"actions": actions, "notActions": not_actions, "dataActions": [], "notDataActions": []}]})
}

/// `GET /metadata/endpoints`, in the shape of version 2022-09-01: one object, all of it this server.
pub(crate) fn endpoints(azure: &Azure) -> Response {
    let base = &azure.base;
    let body = json!({
        "name": "AgwSimulator",
        "portal": base,
        "authentication": {
            "loginEndpoint": base, "audiences": [AUDIENCE], "tenant": "common", "identityProvider": "AAD",
        },
        "media": base, "graphAudience": base, "graph": base, "batch": base, "resourceManager": base,
        "vmImageAliasDoc": base, "activeDirectoryDataLake": base, "sqlManagement": base, "gallery": base,
        "suffixes": {"storage": "core.local", "keyVaultDns": "vault.local"},
    });
    reply(StatusCode::OK, &body)
}

/// `GET /{tenant}/v2.0/.well-known/openid-configuration`.
pub(crate) fn openid(azure: &Azure, tenant: &str) -> Response {
    let home = format!("{}/{tenant}", azure.base);
    let body = json!({
        "issuer": format!("{home}/v2.0"),
        "authorization_endpoint": format!("{home}/oauth2/v2.0/authorize"),
        "token_endpoint": format!("{home}/oauth2/v2.0/token"),
        "device_authorization_endpoint": format!("{home}/oauth2/v2.0/devicecode"),
        "jwks_uri": format!("{home}/discovery/v2.0/keys"),
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
    });
    reply(StatusCode::OK, &body)
}

/// `POST /{tenant}/oauth2/v2.0/token`: whoever asks gets a token.
pub(crate) fn token(azure: &Azure, request: &Request) -> Response {
    let form: Vec<(String, String)> = form_urlencoded::parse(request.body()).into_owned().collect();
    let field = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let Some(grant) = field("grant_type") else {
        let body = json!({
            "error": "invalid_request",
            "error_description": "AADSTS900144: The request body must contain 'grant_type'.",
            "error_codes": [900_144],
        });
        return reply(StatusCode::BAD_REQUEST, &body);
    };
    let now = random::now();
    let client = field("client_id").unwrap_or("33333333-3333-3333-3333-333333333333");
    let token = issue(&json!({
        "aud": AUDIENCE, "iss": format!("{}/{TENANT}/", azure.base),
        "iat": now, "nbf": now, "exp": now + LIFETIME,
        "appid": client, "appidacr": "1", "idtyp": "app", "oid": OBJECT_ID, "sub": OBJECT_ID, "tid": TENANT,
        "uti": random::guid(), "ver": "1.0",
    }));
    tracing::debug!(grant, "handed out a token");
    let body = json!({
        "token_type": "Bearer", "expires_in": LIFETIME, "ext_expires_in": LIFETIME, "access_token": token,
    });
    let mut response = reply(StatusCode::OK, &body);
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store, no-cache"));
    response
}

/// Whether a request to ARM bears a token, where one is needed.
pub(crate) fn authenticate(azure: &Azure, request: &Request) -> Result<(), ArmError> {
    if !azure.secured {
        return Ok(());
    }
    let challenge = |error: &str| {
        format!(
            "Bearer authorization_uri=\"{}/{TENANT}\", error=\"invalid_token\", \
             error_description=\"{error}\"",
            azure.base
        )
    };
    let header = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(header) = header else {
        let message = "Authentication failed. The 'Authorization' header is missing.";
        return Err(ArmError::unauthenticated("AuthenticationFailed", message, challenge(message)));
    };
    match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && is_good(token) => Ok(()),
        _ => {
            let message = "The access token is invalid.";
            Err(ArmError::unauthenticated("InvalidAuthenticationToken", message, challenge(message)))
        }
    }
}

/// `GET /subscriptions`, or the one subscription.
pub(crate) fn subscription() -> Value {
    json!({
        "id": format!("/subscriptions/{SUBSCRIPTION}"),
        "subscriptionId": SUBSCRIPTION,
        "tenantId": TENANT,
        "displayName": "Simulated subscription",
        "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01", "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
    })
}

/// An entry of `GET /tenants`.
pub(crate) fn tenant() -> Value {
    json!({
        "id": format!("/tenants/{TENANT}"),
        "tenantId": TENANT,
        "countryCode": "NL",
        "displayName": "Simulated tenant",
        "domains": ["simulated.example"],
        "tenantCategory": "Home",
        "defaultDomain": "simulated.example",
        "tenantType": "AAD",
    })
}
