use serde_json::json;

use super::*;

const LINKED: &str = "The client 'c' with object id 'o' has permission to perform action \
    'Microsoft.Network/applicationGateways/write' on scope '/subscriptions/s'; however, it does not have \
    permission to perform action(s) 'Microsoft.Network/virtualNetworks/subnets/join/action' on the linked \
    scope(s) '/subscriptions/s/x' (respectively) or the linked scope(s) are invalid.";

fn call() -> Call<'static> {
    let url = "https://management.azure.com/x".parse().unwrap();
    Call::get(url, "the gateway x".to_owned(), "Microsoft.Network/applicationGateways/read")
}

fn said(status: u16, body: Value) -> ArmError {
    let status = StatusCode::from_u16(status).unwrap();
    error(&call(), status, &HeaderMap::new(), body.to_string().as_bytes())
}

fn coded(code: &str, message: &str) -> Value {
    json!({"error": {"code": code, "message": message}})
}

fn forbidden(action: &str) -> ArmError {
    ArmError::Forbidden { action: action.to_owned() }
}

#[test]
fn a_missing_permission_is_named() {
    let message = "The client 'c' with object id 'o' does not have authorization to perform action \
        'Microsoft.Network/applicationGateways/backendhealth/action' over scope '/subscriptions/s' or the \
        scope is invalid. If access was recently granted, please refresh your credentials.";
    let action = "Microsoft.Network/applicationGateways/backendhealth/action";
    assert_eq!(said(403, coded("AuthorizationFailed", message)), forbidden(action));
}

#[test]
fn for_a_linked_resource_the_missing_permission_is_named_not_the_granted_one() {
    let action = "Microsoft.Network/virtualNetworks/subnets/join/action";
    assert_eq!(said(403, coded("LinkedAuthorizationFailed", LINKED)), forbidden(action));
}

#[test]
fn without_words_the_permission_is_the_one_that_the_call_needs() {
    assert_eq!(said(403, json!({})), forbidden("Microsoft.Network/applicationGateways/read"));
    assert_eq!(
        said(403, coded("AuthorizationFailed", "no")),
        forbidden("Microsoft.Network/applicationGateways/read")
    );
}

#[test]
fn a_policy_that_forbids_is_not_a_missing_permission() {
    let error = said(403, coded("RequestDisallowedByPolicy", "Resource 'x' was disallowed by policy."));
    assert!(matches!(error, ArmError::Refused { status: 403, .. }), "{error}");
}

#[test]
fn the_other_statuses() {
    assert_eq!(
        said(404, coded("ResourceNotFound", "no")),
        ArmError::NotFound { what: "the gateway x".to_owned() }
    );
    assert_eq!(said(429, json!({})), ArmError::Throttled { retry_after_s: 30 });
    assert!(
        matches!(said(401, coded("Expired", "why")), ArmError::SignedOut { what } if what.ends_with("Expired: why"))
    );
    assert!(matches!(said(302, json!({})), ArmError::Unexpected { .. }));
    let locked = said(409, coded("ScopeLocked", "locked"));
    assert_eq!(locked, refused(StatusCode::CONFLICT, "ScopeLocked".to_owned(), "locked".to_owned()));
}

#[test]
fn the_wait_that_azure_asks_for_is_passed_on() {
    let mut headers = HeaderMap::new();
    headers.insert(RETRY_AFTER, "17".parse().unwrap());
    let error = error(&call(), StatusCode::TOO_MANY_REQUESTS, &headers, b"");
    assert_eq!(error, ArmError::Throttled { retry_after_s: 17 });
}

#[test]
fn errors_of_all_shapes_are_read() {
    let inner = json!({"error": {"code": "Inner", "message": "why"}});
    for body in [
        inner.clone(),
        json!({"code": "Inner", "message": "why"}),
        json!({"odata.error": {"code": "Inner", "message": {"lang": "en", "value": "why"}}}),
        json!({"error": {"code": "Outer", "message": "x", "details": [{"code": "Inner", "message": "why"}]}}),
        json!({"error": {"code": "Outer", "message": inner.to_string()}}),
        json!({"error": {"code": "A", "details": [{"code": "B", "details": [{"code": "Inner", "message": "why"}]}]}}),
    ] {
        let expected = Wording { code: "Inner".to_owned(), message: "why".to_owned() };
        assert_eq!(Wording::read(&body), expected, "{body}");
    }
}

#[test]
fn an_error_without_words_is_still_an_error() {
    for body in [json!(null), json!([]), json!({"error": null}), json!({"error": {"details": "x"}}), json!(5)]
    {
        let expected = ArmError::Refused {
            status: 500,
            code: "HTTP 500".to_owned(),
            message: "no reason given".to_owned(),
        };
        assert_eq!(said(500, body.clone()), expected, "{body}");
    }
}

#[test]
fn a_page_of_a_proxy_is_quoted_and_cut() {
    let page = format!("<html>\n{}", "x ".repeat(1000));
    let error = error(&call(), StatusCode::BAD_GATEWAY, &HeaderMap::new(), page.as_bytes());
    let ArmError::Refused { message, .. } = error else { panic!("{error}") };
    assert!(message.starts_with("<html> x x") && message.chars().count() < 510);
}
