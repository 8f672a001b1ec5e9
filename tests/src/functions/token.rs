//! Tokens that nobody signed.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::functions::chance;

/// Any tenant.
const TENANT: &str = "00000000-0000-4000-8000-00000000a6e0";

/// An access token for a resource, and when it runs out, in Unix seconds. It has the claims that a storage
/// emulator looks at (`aud`, `iss`, `nbf`, `exp`), and no signature.
pub(crate) fn issue(resource: &str) -> (String, i64) {
    let now = chance::now().as_second();
    let expires = now + 3600;
    let claims = json!({
        "aud": resource.trim_end_matches('/'),
        "iss": format!("https://sts.windows.net/{TENANT}/"),
        "iat": now - 60,
        "nbf": now - 60,
        "exp": expires,
        "oid": chance::guid(),
        "tid": TENANT,
    });
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    (format!("{}.{}.", part(&json!({ "alg": "none", "typ": "JWT" })), part(&claims)), expires)
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;
    use serde_json::Value;

    #[test]
    fn a_token_is_for_its_resource_and_has_no_signature() {
        let (token, expires) = super::issue("https://storage.azure.com/");
        let parts: Vec<&str> = token.split('.').collect();
        let claims = BASE64_URL_SAFE_NO_PAD.decode(parts[1]).unwrap();
        let claims: Value = serde_json::from_slice(&claims).unwrap();
        assert_eq!(claims["aud"], "https://storage.azure.com");
        assert_eq!(claims["exp"], expires);
        assert_eq!((parts.len(), parts[2]), (3, ""));
    }
}
