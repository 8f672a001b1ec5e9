use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

mod wordings;

/// Sentences that a gateway writes, or could write, each beside the symptom it stands for.
const SENTENCES: &[(&str, &str)] = &[
    ("healthy", "Success. Received 200 status code"),
    ("healthy", "Received 200 from backend"),
    ("healthy", "Health probe succeeded with HTTP 204"),
    (
        "status-mismatch",
        "Received invalid status code: 503 in the backend server's HTTP response. As per the health probe configuration, 200-399 is the acceptable status code. Either modify probe configuration or resolve backend issues.",
    ),
    (
        "status-mismatch",
        "Status code of the backend's HTTP response didn't match the probe setting. Expected:200-399 Received:403.",
    ),
    ("status-mismatch", "Probe status code mismatch: Received 401"),
    ("status-mismatch", "Probe failed with 403"),
    ("status-mismatch", "The backend returned HTTP 502 Bad Gateway"),
    ("status-mismatch", "Health probe failed. The server answered with 404, 200-299 was expected"),
    (
        "body-mismatch",
        "Body of the backend's HTTP response did not match the probe setting. Received response body doesn't contain OK.",
    ),
    ("body-mismatch", "Status code 200 is fine but the response body does not include the configured string"),
    (
        "timeout",
        "Time taken by the backend to respond to application gateway's health probe is more than the time-out threshold in the probe setting. Either increase it or resolve the backend issues.",
    ),
    ("timeout", "The request to the backend timed out"),
    ("timeout", "Backend took too long to answer the health probe"),
    (
        "cannot-connect",
        "Cannot connect to backend server. Check whether any NSG/UDR/Firewall is blocking access to server. Check if application is running on correct port.",
    ),
    (
        "cannot-connect",
        "Application Gateway could not connect to the backend. Please check that the backend responds on the port used for the probe, and the DNS and TLS certificate of it.",
    ),
    ("cannot-connect", "Failed to connect to backend server. Timeout exceeded."),
    ("cannot-connect", "Connection refused by 10.0.0.123:443"),
    ("cannot-connect", "The backend is unreachable (connection timed out)"),
    (
        "dns",
        "Application Gateway could not create a probe for this backend. This usually happens when the FQDN of the backend has not been entered correctly.",
    ),
    ("dns", "Unable to resolve the backend FQDN api.internal.example"),
    (
        "tls-name-mismatch",
        "The Common Name of the leaf certificate presented by the backend server does not match the Probe or Backend Setting hostname of the application gateway.",
    ),
    ("tls-name-mismatch", "The Common Name (CN) of the backend certificate doesn't match."),
    (
        "tls-expired",
        "Backend certificate is invalid. Current date is not within the \"Valid from\" and \"Valid to\" date range on the certificate.",
    ),
    ("tls-expired", "The certificate of the backend server has expired"),
    (
        "tls-chain",
        "The Intermediate certificate is missing from the certificate chain presented by the backend server. Ensure the certificate chain is complete and correctly ordered.",
    ),
    (
        "tls-chain",
        "The Leaf certificate is not the topmost certificate in the chain presented by the backend server.",
    ),
    (
        "tls-untrusted",
        "The Intermediate certificate is not signed by a well-known Certificate Authority (CA). Ensure the certificate chain is complete and correctly ordered on the backend server.",
    ),
    ("tls-untrusted", "Backend server certificate isn't allow-listed with Application Gateway."),
    ("tls-untrusted", "Backend server certificate is not whitelisted with Application Gateway."),
    ("tls-untrusted", "The backend presented a self-signed certificate"),
    (
        "tls-root-mismatch",
        "The root certificate of the server certificate used by the backend does not match the trusted root certificate added to the application gateway. Ensure that you add the correct root certificate to whitelist the backend.",
    ),
    (
        "tls-root-mismatch",
        "The Intermediate certificate not signed by any Root certificates uploaded to the application gateway.",
    ),
    (
        "tls-other",
        "The validity of the backend certificate could not be verified. To find out the reason, check OpenSSL diagnostics for the message associated with error code 20",
    ),
    ("tls-other", "Backend certificate is invalid."),
    (
        "proxy-protocol",
        "Verify that the backend server is set up to accept the Proxy protocol header sent by the probes.",
    ),
    (
        "status-unavailable",
        "The backend health status could not be retrieved. This happens when an NSG/UDR/Firewall on the application gateway subnet is blocking traffic on ports 65503-65534 in case of v1 SKU, and ports 65200-65535 in case of the v2 SKU or if the FQDN configured in the backend pool could not be resolved to an IP address.",
    ),
    ("status-unavailable", "Unable to retrieve health status data."),
    ("no-healthy-server", "Backend pool web has no healthy servers that can handle the request"),
];

#[test]
fn each_sentence_has_its_symptom() {
    for (slug, text) in SENTENCES {
        assert_eq!(Symptom::read(text).slug(), *slug, "{text}");
    }
}

#[test]
fn a_mismatch_names_what_came_and_what_was_wanted() {
    let read = |text: &str| match Symptom::read(text) {
        Symptom::StatusMismatch { received, expected } => (received, expected),
        other => panic!("{other:?}"),
    };
    let wanted = Some("200-399".to_owned());
    for text in [
        "Received invalid status code: 403 in the backend server's HTTP response. As per the health probe configuration, 200-399 is the acceptable status code.",
        "Status code of the response did not match. Expected:200-399 Received:403.",
        "Status code of the response did not match. Received: 403. Expected: 200-399.",
        "Invalid status code 403 received, expected 200-399",
        "Status code 403 from 10.0.0.200 on port 443 after 300 ms did not match the expected 200-399",
    ] {
        assert_eq!(read(text), (Some(403), wanted.clone()), "{text}");
    }
    assert_eq!(
        read("Status code mismatch. Expected: 200,204 Received: 500"),
        (Some(500), Some("200,204".into()))
    );
    assert_eq!(read("Status code mismatch. Expected 200 but got 201"), (Some(201), Some("200".into())));
    let template =
        "Status code did not match the probe setting. Expected:{HTTPStatusCode0} Received:{HTTPStatusCode1}.";
    assert_eq!(read(template), (None, None));
}

#[test]
fn details_of_other_symptoms() {
    assert_eq!(Symptom::read("Success. Received 302 status code"), Symptom::Healthy { status: Some(302) });
    let body = |text: &str| Symptom::BodyMismatch { expected: Some(text.to_owned()) };
    assert_eq!(
        Symptom::read("Received response body doesn't contain {\"up\": true}."),
        body("{\"up\": true}")
    );
    assert_eq!(
        Symptom::read("Response body does not contain 'All Good'. To learn more visit - https://aka.ms/x."),
        body("All Good")
    );
    let template = "Received response body does not contain {string}.";
    assert_eq!(Symptom::read(template), Symptom::BodyMismatch { expected: None });
    let tls = Symptom::read("Certificate could not be verified, OpenSSL error code 0x15");
    assert_eq!(tls, Symptom::TlsOther { code: Some("0x15".into()) });
}

#[test]
fn a_link_speaks_only_when_the_words_do_not() {
    let link = "To learn more visit - https://aka.ms/ProbeTimeOut.";
    assert_eq!(Symptom::read(&format!("Something new happened. {link}")), Symptom::Timeout);
    assert_eq!(Symptom::read(&format!("Cannot connect to backend server. {link}")), Symptom::CannotConnect);
    assert_eq!(Symptom::read("New words. https://aka.ms/ServerNotReachable?x=1"), Symptom::CannotConnect);
}

#[test]
fn an_error_name_speaks_only_when_the_text_does_not() {
    let mismatch = Some("HttpStatusCodeMismatchWithStatusCode");
    assert_eq!(Symptom::read_with("", mismatch).slug(), "status-mismatch");
    assert_eq!(Symptom::read_with("The request timed out", mismatch), Symptom::Timeout);
    assert_eq!(Symptom::read_with("", Some("SuccessWithStatusCode")), Symptom::Healthy { status: None });
    assert_eq!(Symptom::read_with("  ", Some("BrandNewName")), Symptom::NotReported);
}

#[test]
fn unknown_words_are_kept_as_sent() {
    let text = "  The moon is in\tthe wrong phase. ";
    assert_eq!(Symptom::read(text), Symptom::Unrecognised { text: text.to_owned() });
    assert_eq!(Symptom::read(" \n"), Symptom::NotReported);
}

#[test]
fn slug_and_stored_form_agree() {
    for (slug, text) in SENTENCES.iter().chain(&[("unrecognised", "Moon"), ("not-reported", "")]) {
        let stored = serde_json::to_value(Symptom::read(text)).unwrap();
        assert_eq!(stored.get("kind"), Some(&json!(slug)));
        assert_eq!(serde_json::from_value::<Symptom>(stored).unwrap(), Symptom::read(text));
    }
    assert_eq!(Symptom::read("Probe failed with 403").in_words(), "refused the probe with 403");
}

fn server(health: &str, log: &str) -> Value {
    json!({"address": "10.0.0.5", "health": health, "healthProbeLog": log})
}

fn report(servers: &[Value]) -> Value {
    let gateway = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/applicationGateways/agw";
    json!({"backendAddressPools": [{
        "backendAddressPool": {"id": format!("{gateway}/backendaddressPools/Api")},
        "backendHttpSettingsCollection": [{
            "backendHttpSettings": {"id": format!("{gateway}/backendHttpSettingsCollection/https")},
            "servers": servers,
        }],
    }]})
}

#[test]
fn a_report_is_read_in_both_vocabularies() {
    let body = report(&[
        server("Healthy", "Success. Received 200 status code"),
        server("up", ""),
        server("Down", "Received invalid status code: 403"),
        json!({"health": "Sleeping"}),
    ]);
    let health = BackendHealth::parse(&body).unwrap();
    let states: Vec<Health> = health.servers().map(|(_, _, server)| server.health).collect();
    assert_eq!(states, [Health::Healthy, Health::Healthy, Health::Unhealthy, Health::Unknown]);
    let setting = health.of(&Name::new("api"), &Name::new("HTTPS")).unwrap();
    assert_eq!(setting.servers[3].reported, "Sleeping");
    assert_eq!(setting.servers[2].symptom.slug(), "status-mismatch");
    assert!(health.of(&Name::new("api"), &Name::new("http")).is_none());
    assert!(!health.all_healthy());
}

#[test]
fn all_healthy_needs_a_server() {
    let parse = |body: &Value| BackendHealth::parse(body).unwrap();
    assert!(!parse(&json!({})).all_healthy());
    assert!(!parse(&json!({"backendAddressPools": null})).all_healthy());
    assert!(!parse(&report(&[])).all_healthy());
    assert!(parse(&report(&[server("Up", "")])).all_healthy());
    assert!(!parse(&report(&[server("Up", ""), server("Draining", "")])).all_healthy());
}

#[test]
fn state_and_log_may_disagree_and_both_are_kept() {
    let timeout = "Time taken by the backend to respond is more than the timeout";
    let body =
        report(&[server("Healthy", timeout), server("Unhealthy", "Success. Received 200 status code")]);
    let health = BackendHealth::parse(&body).unwrap();
    assert!(health.servers().all(|(_, _, server)| server.log_disagrees()));
    let (_, _, first) = health.servers().next().unwrap();
    assert_eq!((first.health, &first.symptom), (Health::Healthy, &Symptom::Timeout));
    let agreeing =
        BackendHealth::parse(&report(&[server("Healthy", ""), server("Unhealthy", "New words")])).unwrap();
    assert!(!agreeing.servers().any(|(_, _, server)| server.log_disagrees()));
}

#[test]
fn an_on_demand_answer_is_one_setting() {
    let setting = report(&[server("Up", "")])
        .pointer("/backendAddressPools/0/backendHttpSettingsCollection/0")
        .cloned();
    let servers = parse_on_demand(&json!({"backendHealthHttpSettings": setting})).unwrap();
    assert_eq!(servers[0].health, Health::Healthy);
    assert!(matches!(parse_on_demand(&json!({})), Err(HealthError::Shape { .. })));
}

#[test]
fn what_is_no_report_is_an_error_and_not_an_empty_report() {
    let refused = json!({"error": {"code": "AuthorizationFailed", "message": "no"}});
    assert!(matches!(BackendHealth::parse(&refused), Err(HealthError::Refused { .. })));
    assert!(BackendHealth::parse(&json!([])).is_err());
    assert!(BackendHealth::parse(&json!({"backendAddressPools": {}})).is_err());
    let nameless = BackendHealth::parse(&json!({"backendAddressPools": [{}]})).unwrap_err();
    let at = "/backendAddressPools/0/backendAddressPool/id";
    assert_eq!(nameless.to_string(), format!("the gateway's health answer has no id at '{at}'"));
}

proptest! {
    #[test]
    fn reading_never_panics(text in any::<String>(), name in any::<Option<String>>()) {
        let symptom = Symptom::read_with(&text, name.as_deref());
        prop_assert!(!symptom.in_words().is_empty());
    }

    #[test]
    fn dress_does_not_change_a_symptom(
        index in 0..SENTENCES.len(), upper in any::<bool>(), gap in "[ \t\n\u{a0}]{1,3}", link in "[A-Za-z]{3,20}",
    ) {
        let (slug, text) = SENTENCES[index];
        let spaced = text.split(' ').collect::<Vec<_>>().join(&gap);
        let cased = if upper { spaced.to_ascii_uppercase() } else { spaced.to_ascii_lowercase() };
        let linked = format!("{gap}{cased}{gap}To learn more visit - https://aka.ms/{link}.{gap}");
        prop_assert_eq!(Symptom::read(&cased).slug(), slug);
        prop_assert_eq!(Symptom::read(&linked).slug(), slug);
    }

    #[test]
    fn every_received_code_is_read(code in 400u16..600) {
        let text = format!("Received invalid status code: {code} in the backend server's HTTP response. As per the health probe configuration, 200-399 is the acceptable status code.");
        let expected = Some("200-399".to_owned());
        prop_assert_eq!(Symptom::read(&text), Symptom::StatusMismatch { received: Some(code), expected });
    }
}
