//! The causes about certificates.

use serde_json::{Value, json};

use super::{found, told, with_probe};
use crate::certificate::tests::{Authority, Leaf, base64};
use crate::diagnosis::{Diagnosis, Finding, Outcome, Verdict};
use crate::evidence::fixture::{Azure, log_of};
use crate::evidence::{Evidence, WhyNot};
use crate::gateway::Gateway;
use crate::gateway::fixture::{child, id, list, pool, probe, rule, shop_with};
use crate::health::{ReportedCertificate, Symptom};

const NAME: &str = "The Common Name of the leaf certificate presented by the backend server does not match the Probe or Backend Setting hostname of the application gateway.";
const EXPIRED: &str = "Backend certificate is invalid. Current date is not within the \"Valid from\" and \"Valid to\" date range on the certificate.";
const CHAIN: &str = "The Intermediate certificate is missing from the certificate chain presented by the backend server. Ensure the certificate chain is complete and correctly ordered on the backend server.";
const UNTRUSTED: &str = "The backend Server certificate is not signed by a well-known Certificate Authority (CA). To use unknown CA certificates, its Root certificate must be uploaded to the Backend Setting of the application gateway.";
const OTHER_ROOT: &str = "The root certificate of the server certificate used by the backend doesn't match the trusted root certificate added to the application gateway. Ensure that you add the correct root certificate to the allowlist for the backend.";
const PROXY: &str =
    "Verify that the backend server is set up to accept the Proxy protocol header sent by the probes.";
const SHOP: &str = "shop.azurewebsites.net";

fn code(number: &str) -> String {
    format!(
        "The validity of the backend certificate could not be verified. To find out the reason, check OpenSSL diagnostics for the message associated with error code {number}"
    )
}

/// How a handshake is put.
fn request(address: &str, name: Option<&str>) -> String {
    let name = name.map(|name| format!(" (SNI {name})")).unwrap_or_default();
    format!("TLS {address}:443{name}")
}

/// What a handshake shows.
fn sends(chain: &[&[u8]], rooted: bool) -> Value {
    let chain: Vec<String> = chain.iter().map(|der| base64(der)).collect();
    json!({ "tls": true, "chain": chain, "trusted": false, "why_not_trusted": "…", "rooted": rooted,
            "protocol": "TLSv1.3", "address": null })
}

/// The shop, whose one server says something of its certificate, and what that server sends.
fn shows(gateway: Gateway, log: &str, answer: Value) -> Diagnosis {
    let evidence = Evidence::healthy(gateway).seen("web", "https", &[log]);
    found(&Azure::default().with(&request(SHOP, Some(SHOP)), answer).ask(evidence).0)
}

fn shop() -> Gateway {
    shop_with(|_| {})
}

/// The shop, with roots uploaded and trusted by the setting.
fn trusting(roots: &[(&str, Value)]) -> Gateway {
    shop_with(|raw| {
        raw["properties"]["trustedRootCertificates"] =
            roots.iter().map(|(name, own)| child("trustedRootCertificates", name, own.clone())).collect();
        setting(raw)["trustedRootCertificates"] =
            roots.iter().map(|(name, _)| id("trustedRootCertificates", name)).collect();
    })
}

fn setting(raw: &mut Value) -> &mut Value {
    &mut list(raw, "backendHttpSettingsCollection")[0]["properties"]
}

fn uploaded(root: &Authority) -> Value {
    json!({ "data": base64(root.der()) })
}

fn of<'a>(diagnosis: &'a Diagnosis, cause: &str) -> &'a Finding {
    diagnosis.findings.iter().find(|finding| finding.cause == cause).unwrap_or_else(|| panic!("no {cause}"))
}

/// Each cause about this setting with its verdict.
fn verdicts(diagnosis: &Diagnosis) -> Vec<(&str, Verdict)> {
    diagnosis.findings.iter().map(|finding| (finding.cause.as_str(), finding.verdict)).collect()
}

fn leaf(names: &[&str], years: (i32, i32)) -> Vec<u8> {
    Authority::new("Corp Root").issue(&Leaf { names, years, ..Leaf::default() })
}

const LONG: (i32, i32) = (2020, 2040);

#[test]
fn a_certificate_for_other_names_is_confirmed_by_its_names() {
    let diagnosis = shows(shop(), NAME, sends(&[&leaf(&["shop.example", "*.shop.example"], LONG)], true));
    assert_eq!(diagnosis.outcome, Outcome::ByHand);
    assert_eq!(verdicts(&diagnosis), [("certificate-name", Verdict::Confirmed)]);
    insta::assert_snapshot!(told(of(&diagnosis, "certificate-name")), @r###"
    certificate-name confirmed: Server shop.azurewebsites.net sends a certificate for shop.example, *.shop.example, and the probe asks for shop.azurewebsites.net.
    - Backend health: The Common Name of the leaf certificate presented by the backend server does not match the Probe or Backend Setting hostname of the application gateway.
    - TLS handshake from where the bot runs, shop.azurewebsites.net:443, asking for shop.azurewebsites.net: CN=shop issued by CN=Corp Root, valid 2020-01-01 00:00 UTC to 2040-01-01 00:00 UTC, sent alone
    > Let the HTTP setting https (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop/backendHttpSettingsCollection/https) name a host that the certificate is for, if the server answers to it: az network application-gateway http-settings update -g rg-shop --gateway-name agw-shop -n https --host-name shop.example
    > Or install a certificate on the server that is for shop.azurewebsites.net.
    > From a machine in the gateway's virtual network: openssl s_client -connect shop.azurewebsites.net:443 -servername shop.azurewebsites.net -showcerts </dev/null
    "###);
}

#[test]
fn a_certificate_that_fits_by_now_rules_the_name_out_and_says_what_else() {
    let diagnosis = shows(shop(), NAME, sends(&[&leaf(&["*.azurewebsites.net"], (2020, 2025))], true));
    insta::assert_snapshot!(told(of(&diagnosis, "certificate-name")), @r###"
    certificate-name ruled out: Server shop.azurewebsites.net sends a certificate that is for shop.azurewebsites.net, as the probe asks; it expired on 2025-01-01 00:00 UTC.
    - TLS handshake from where the bot runs, shop.azurewebsites.net:443, asking for shop.azurewebsites.net: CN=shop issued by CN=Corp Root, valid 2020-01-01 00:00 UTC to 2025-01-01 00:00 UTC, sent alone
    > Press Re-check: the gateway's word may be older than this. If it stays, the gateway reaches another server by this address than the bot does.
    "###);
    insta::assert_snapshot!(told(diagnosis.lead().unwrap()), @"
    not-in-catalogue not checked: The gateway reports that server shop.azurewebsites.net presented a certificate for another name. Server shop.azurewebsites.net sends a certificate that is for shop.azurewebsites.net, as the probe asks; it expired on 2025-01-01 00:00 UTC.
    - Backend health: The Common Name of the leaf certificate presented by the backend server does not match the Probe or Backend Setting hostname of the application gateway.
    > Press Re-check: the gateway's word may be older than what was looked at.
    > Read what Microsoft writes about it: backend health troubleshooting (https://learn.microsoft.com/azure/application-gateway/application-gateway-backend-health-troubleshooting)
    ");
}

#[test]
fn without_a_host_the_default_probe_asks_for_127_0_0_1() {
    let bare = || shop_with(|raw| setting(raw)["hostName"] = Value::Null);
    let diagnosis = shows(bare(), NAME, sends(&[&leaf(&["shop.example"], LONG)], true));
    insta::assert_snapshot!(told(of(&diagnosis, "certificate-name")), @r###"
    certificate-name confirmed: Server shop.azurewebsites.net sends a certificate for shop.example, and the probe asks for 127.0.0.1, as neither probe nor setting names a host.
    - Backend health: The Common Name of the leaf certificate presented by the backend server does not match the Probe or Backend Setting hostname of the application gateway.
    - TLS handshake from where the bot runs, shop.azurewebsites.net:443, asking for shop.azurewebsites.net: CN=shop issued by CN=Corp Root, valid 2020-01-01 00:00 UTC to 2040-01-01 00:00 UTC, sent alone
    > Let the HTTP setting https (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop/backendHttpSettingsCollection/https) name a host that the certificate is for, if the server answers to it: az network application-gateway http-settings update -g rg-shop --gateway-name agw-shop -n https --host-name shop.example
    > An IP address is no host for HTTPS: certificates are for names.
    > From a machine in the gateway's virtual network: openssl s_client -connect shop.azurewebsites.net:443 -servername shop.azurewebsites.net -showcerts </dev/null
    "###);
    let own = shows(bare(), NAME, sends(&[&leaf(&[SHOP], LONG)], true));
    assert_eq!(
        of(&own, "certificate-name").verdict,
        Verdict::Consistent,
        "it may be the server's name that counts"
    );
}

#[test]
fn a_setting_that_checks_no_names_is_not_blamed_for_them() {
    let gateway = shop_with(|raw| setting(raw)["validateSNI"] = json!(false));
    let diagnosis = shows(gateway, NAME, sends(&[&leaf(&["shop.example"], LONG)], true));
    assert_eq!(verdicts(&diagnosis), [("certificate-name", Verdict::Consistent)]);
    let gateway = shop_with(|raw| setting(raw)["sniName"] = json!("shop.example"));
    let diagnosis = shows(gateway, NAME, sends(&[&leaf(&["shop.example"], LONG)], true));
    assert_eq!(verdicts(&diagnosis), [("certificate-name", Verdict::Consistent)]);
}

#[test]
fn the_custom_probes_host_comes_first_and_an_address_asks_for_no_name() {
    let gateway = |own: Value| {
        shop_with(|raw| {
            list(raw, "probes").push(probe("theirs", own));
            setting(raw)["probe"] = id("probes", "theirs");
        })
    };
    let named = json!({ "host": "www.shop.example", "pickHostNameFromBackendHttpSettings": false });
    let evidence = Evidence::healthy(gateway(named)).seen("web", "https", &[NAME]);
    let azure = Azure::default()
        .with(&request(SHOP, Some("www.shop.example")), sends(&[&leaf(&["*.shop.example"], LONG)], true));
    let (evidence, waves) = azure.ask(evidence);
    assert_eq!((of(&found(&evidence), "certificate-name").verdict, waves), (Verdict::RuledOut, 1));
    let address = json!({ "host": "203.0.113.9", "pickHostNameFromBackendHttpSettings": false });
    let evidence = Evidence::healthy(gateway(address)).seen("web", "https", &[NAME]);
    let azure = Azure::default().with(&request(SHOP, None), sends(&[&leaf(&[SHOP], LONG)], true));
    let diagnosis = found(&azure.ask(evidence).0);
    insta::assert_snapshot!(told(of(&diagnosis, "certificate-name")), @r###"
    certificate-name confirmed: Server shop.azurewebsites.net sends a certificate for shop.azurewebsites.net, and the probe asks for 203.0.113.9.
    - Backend health: The Common Name of the leaf certificate presented by the backend server does not match the Probe or Backend Setting hostname of the application gateway.
    - TLS handshake from where the bot runs, shop.azurewebsites.net:443, asking for no name: CN=shop issued by CN=Corp Root, valid 2020-01-01 00:00 UTC to 2040-01-01 00:00 UTC, sent alone
    > Let the probe theirs (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop/probes/theirs) name a host that the certificate is for, if the server answers to it: az network application-gateway probe update -g rg-shop --gateway-name agw-shop -n theirs --host shop.azurewebsites.net
    > An IP address is no host for HTTPS: certificates are for names.
    > From a machine in the gateway's virtual network: openssl s_client -connect shop.azurewebsites.net:443 -showcerts </dev/null
    "###);
}

#[test]
fn a_server_out_of_reach_is_told_in_the_gateways_words() {
    let mut evidence = Evidence::healthy(shop()).seen("web", "https", &[NAME]);
    evidence.servers("web", "https")[0].certificates = vec![ReportedCertificate {
        subject: Some("CN=old.example".to_owned()),
        ..ReportedCertificate::default()
    }];
    let why = WhyNot::Failed { what: "no connection: refused".to_owned() };
    let azure = Azure::default().without(&request(SHOP, Some(SHOP)), why);
    let diagnosis = found(&azure.ask(evidence).0);
    insta::assert_snapshot!(told(of(&diagnosis, "certificate-name")), @"
    certificate-name consistent, not proven: By the gateway's word the certificate of shop.azurewebsites.net is not for the host of the probe, shop.azurewebsites.net. It notes that it is CN=old.example.
    - Backend health: The Common Name of the leaf certificate presented by the backend server does not match the Probe or Backend Setting hostname of the application gateway.
    - The gateway's own note of the certificate of shop.azurewebsites.net: CN=old.example
    - Not looked at, the certificate of shop.azurewebsites.net: no connection: refused
    > Let the HTTP setting https (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop/backendHttpSettingsCollection/https) name a host that the certificate is for, if the server answers to it: az network application-gateway http-settings update -g rg-shop --gateway-name agw-shop -n https --host-name NAME
    > Or install a certificate on the server that is for shop.azurewebsites.net.
    > From a machine in the gateway's virtual network: openssl s_client -connect shop.azurewebsites.net:443 -servername shop.azurewebsites.net -showcerts </dev/null
    ");
    for (log, cause) in [
        (EXPIRED, "certificate-expired"),
        (CHAIN, "certificate-chain"),
        (OTHER_ROOT, "trusted-root"),
        (&code("10"), "tls-handshake"),
    ] {
        let evidence = Evidence::healthy(shop()).seen("web", "https", &[log]);
        let diagnosis = found(&Azure::default().ask(evidence).0);
        assert_eq!(verdicts(&diagnosis), [(cause, Verdict::Consistent)]);
    }
}

#[test]
fn what_a_private_address_shows_settles_nothing() {
    for (address, resolved) in [("10.0.0.9", None), ("shop.internal", Some("10.0.0.9"))] {
        let gateway = shop_with(|raw| list(raw, "backendAddressPools")[0] = pool("web", &[address]));
        for (years, verdict) in [((2020, 2021), Verdict::Consistent), (LONG, Verdict::Consistent)] {
            let evidence = Evidence::healthy(gateway.clone()).seen("web", "https", &[EXPIRED]);
            let mut answer = sends(&[&leaf(&[SHOP], years)], false);
            answer["address"] = json!(resolved);
            let diagnosis =
                found(&Azure::default().with(&request(address, Some(SHOP)), answer).ask(evidence).0);
            assert_eq!(verdicts(&diagnosis), [("certificate-expired", verdict)], "{address}, {years:?}");
        }
    }
}

#[test]
fn an_expired_certificate_is_confirmed_by_its_dates() {
    let diagnosis = shows(shop(), EXPIRED, sends(&[&leaf(&[SHOP], (2020, 2025))], true));
    insta::assert_snapshot!(told(of(&diagnosis, "certificate-expired")), @r###"
    certificate-expired confirmed: The certificate of shop.azurewebsites.net, CN=shop, expired on 2025-01-01 00:00 UTC.
    - Backend health: Backend certificate is invalid. Current date is not within the "Valid from" and "Valid to" date range on the certificate.
    - TLS handshake from where the bot runs, shop.azurewebsites.net:443, asking for shop.azurewebsites.net: CN=shop issued by CN=Corp Root, valid 2020-01-01 00:00 UTC to 2025-01-01 00:00 UTC, sent alone
    > Renew the certificate on the server, and let the server load it: many go on with the old one until they are restarted.
    > From a machine in the gateway's virtual network: openssl s_client -connect shop.azurewebsites.net:443 -servername shop.azurewebsites.net -showcerts </dev/null
    "###);
    let early = shows(shop(), EXPIRED, sends(&[&leaf(&[SHOP], (2030, 2040))], true));
    let words = told(of(&early, "certificate-expired"));
    assert!(
        words.contains("confirmed") && words.contains("is not valid before 2030-01-01 00:00 UTC"),
        "{words}"
    );
}

#[test]
fn an_expired_intermediate_is_named_unless_there_is_another_way_up() {
    let root = Authority::new("Root");
    let middle = root.below("Middle", (2020, 2024));
    let own = middle.issue(&Leaf::default());
    let mut answer = sends(&[&own, middle.der()], true);
    let diagnosis = shows(shop(), EXPIRED, answer.clone());
    insta::assert_snapshot!(told(of(&diagnosis, "certificate-expired")), @r###"
    certificate-expired confirmed: A certificate above that of shop.azurewebsites.net, CN=Middle, expired on 2024-01-01 00:00 UTC.
    - Backend health: Backend certificate is invalid. Current date is not within the "Valid from" and "Valid to" date range on the certificate.
    - TLS handshake from where the bot runs, shop.azurewebsites.net:443, asking for shop.azurewebsites.net: CN=shop issued by CN=Middle, valid 2020-01-01 00:00 UTC to 2040-01-01 00:00 UTC, then CN=Middle
    > Install the authority's current certificates on the server, above the server's own.
    > From a machine in the gateway's virtual network: openssl s_client -connect shop.azurewebsites.net:443 -servername shop.azurewebsites.net -showcerts </dev/null
    "###);
    answer["trusted"] = json!(true);
    assert_eq!(verdicts(&shows(shop(), EXPIRED, answer)), [("certificate-expired", Verdict::Consistent)]);
}

#[test]
fn a_good_certificate_rules_the_gateways_old_word_out() {
    let diagnosis = shows(shop(), EXPIRED, sends(&[&leaf(&[SHOP], LONG)], true));
    insta::assert_snapshot!(told(of(&diagnosis, "certificate-expired")), @r###"
    certificate-expired ruled out: Server shop.azurewebsites.net sends certificates that are within their dates, until 2040-01-01 00:00 UTC.
    - TLS handshake from where the bot runs, shop.azurewebsites.net:443, asking for shop.azurewebsites.net: CN=shop issued by CN=Corp Root, valid 2020-01-01 00:00 UTC to 2040-01-01 00:00 UTC, sent alone
    > Press Re-check: the gateway's word may be older than this. If it stays, the gateway reaches another server by this address than the bot does.
    "###);
}

#[test]
fn what_the_gateway_takes_on_demand_is_not_confirmed() {
    let gateway = with_probe("/healthz");
    let evidence = Evidence::healthy(gateway).seen("web", "https", &[EXPIRED]).tried(
        "web",
        "https",
        "/healthz",
        &[&log_of(404)],
    );
    let azure =
        Azure::default().with(&request(SHOP, Some(SHOP)), sends(&[&leaf(&[SHOP], (2020, 2025))], true));
    let diagnosis = found(&azure.ask(evidence).0);
    insta::assert_snapshot!(told(of(&diagnosis, "certificate-expired")), @r###"
    certificate-expired consistent, not proven: The certificate of shop.azurewebsites.net, CN=shop, expired on 2025-01-01 00:00 UTC.
    - Backend health: Backend certificate is invalid. Current date is not within the "Valid from" and "Valid to" date range on the certificate.
    - TLS handshake from where the bot runs, shop.azurewebsites.net:443, asking for shop.azurewebsites.net: CN=shop issued by CN=Corp Root, valid 2020-01-01 00:00 UTC to 2025-01-01 00:00 UTC, sent alone
    - Probe of /healthz on demand, pool web: shop.azurewebsites.net failed the probe with 404: on demand the gateway takes the certificate
    > Renew the certificate on the server, and let the server load it: many go on with the old one until they are restarted.
    > From a machine in the gateway's virtual network: openssl s_client -connect shop.azurewebsites.net:443 -servername shop.azurewebsites.net -showcerts </dev/null
    "###);
    // A red probe on demand says nothing: it reports mismatches that are none.
    let evidence =
        Evidence::healthy(shop()).seen("web", "https", &[NAME]).tried("web", "https", "/", &[NAME]);
    let azure = Azure::default().with(&request(SHOP, Some(SHOP)), sends(&[&leaf(&[SHOP], LONG)], true));
    assert_eq!(of(&found(&azure.ask(evidence).0), "certificate-name").verdict, Verdict::RuledOut);
}

#[test]
fn of_several_servers_the_one_with_the_old_certificate_is_named() {
    let addresses = ["203.0.113.4", "203.0.113.5", "203.0.113.6"];
    let gateway = shop_with(|raw| list(raw, "backendAddressPools")[0] = pool("web", &addresses));
    let evidence = Evidence::healthy(gateway.clone()).seen("web", "https", &[EXPIRED, EXPIRED, &log_of(200)]);
    let azure = Azure::default()
        .with(&request(addresses[0], Some(SHOP)), sends(&[&leaf(&[SHOP], LONG)], true))
        .with(&request(addresses[1], Some(SHOP)), sends(&[&leaf(&[SHOP], (2020, 2025))], true));
    let (evidence, waves) = azure.ask(evidence);
    assert_eq!((evidence.facts.len(), waves), (2, 1), "those that are sick, at once");
    insta::assert_snapshot!(told(of(&found(&evidence), "certificate-expired")), @r###"
    certificate-expired confirmed: The certificate of 203.0.113.5, CN=shop, expired on 2025-01-01 00:00 UTC.
    - Backend health: Backend certificate is invalid. Current date is not within the "Valid from" and "Valid to" date range on the certificate.
    - TLS handshake from where the bot runs, 203.0.113.4:443, asking for shop.azurewebsites.net: CN=shop issued by CN=Corp Root, valid 2020-01-01 00:00 UTC to 2040-01-01 00:00 UTC, sent alone
    - TLS handshake from where the bot runs, 203.0.113.5:443, asking for shop.azurewebsites.net: CN=shop issued by CN=Corp Root, valid 2020-01-01 00:00 UTC to 2025-01-01 00:00 UTC, sent alone
    - Server 203.0.113.4 sends certificates that are within their dates, until 2040-01-01 00:00 UTC.
    > Renew the certificate on the server, and let the server load it: many go on with the old one until they are restarted.
    > From a machine in the gateway's virtual network: openssl s_client -connect 203.0.113.5:443 -servername shop.azurewebsites.net -showcerts </dev/null
    "###);
    let evidence = Evidence::healthy(gateway).seen("web", "https", &[EXPIRED, EXPIRED, EXPIRED]);
    let azure = Azure::default()
        .with(&request(addresses[0], Some(SHOP)), sends(&[&leaf(&[SHOP], LONG)], true))
        .with(&request(addresses[1], Some(SHOP)), sends(&[&leaf(&[SHOP], LONG)], true));
    let diagnosis = found(&azure.ask(evidence).0);
    let words = told(of(&diagnosis, "certificate-expired"));
    assert!(words.contains("consistent") && words.contains("Not looked at: 1 more of 3 servers"), "{words}");
}

#[test]
fn a_server_in_two_pools_is_one() {
    let gateway = shop_with(|raw| {
        list(raw, "backendAddressPools").push(pool("again", &[SHOP]));
        list(raw, "requestRoutingRules").push(rule("again", 30, "again", "https"));
    });
    let evidence =
        Evidence::healthy(gateway).seen("web", "https", &[EXPIRED]).seen("again", "https", &[EXPIRED]);
    let azure = Azure::default().with(&request(SHOP, Some(SHOP)), sends(&[&leaf(&[SHOP], LONG)], true));
    let (evidence, _) = azure.ask(evidence);
    assert_eq!(evidence.facts.len(), 1);
    assert_eq!(of(&found(&evidence), "certificate-expired").verdict, Verdict::RuledOut);
}

#[test]
fn a_missing_intermediate_is_confirmed_where_the_gateway_misses_it_too() {
    let middle = Authority::new("Root").below("Middle", LONG);
    let own = middle.issue(&Leaf::default());
    let diagnosis = shows(shop(), CHAIN, sends(&[&own], false));
    insta::assert_snapshot!(told(of(&diagnosis, "certificate-chain")), @r###"
    certificate-chain confirmed: Server shop.azurewebsites.net does not send the certificate of CN=Middle, which issued CN=shop, and that is neither an uploaded root nor a well-known one, by Mozilla's list.
    - Backend health: The Intermediate certificate is missing from the certificate chain presented by the backend server. Ensure the certificate chain is complete and correctly ordered on the backend server.
    - TLS handshake from where the bot runs, shop.azurewebsites.net:443, asking for shop.azurewebsites.net: CN=shop issued by CN=Middle, valid 2020-01-01 00:00 UTC to 2040-01-01 00:00 UTC, sent alone
    > Install the server's own certificate first, then each one that issued the one before; the root may be left out.
    > Its authority may publish the certificate of CN=Middle; many also offer one file with the whole chain.
    > From a machine in the gateway's virtual network: openssl s_client -connect shop.azurewebsites.net:443 -servername shop.azurewebsites.net -showcerts </dev/null
    "###);
    assert_eq!(
        verdicts(&shows(shop(), CHAIN, sends(&[&own, middle.der()], true))),
        [("not-in-catalogue", Verdict::NotChecked), ("certificate-chain", Verdict::RuledOut),]
    );
    // An authority of somebody's own looks the same, if the gateway only says that it does not know it.
    let diagnosis = shows(shop(), UNTRUSTED, sends(&[&own], false));
    assert_eq!(
        verdicts(&diagnosis),
        [("certificate-root", Verdict::Consistent), ("certificate-chain", Verdict::Consistent),]
    );
    insta::assert_snapshot!(told(of(&diagnosis, "certificate-root")), @r###"
    certificate-root consistent, not proven: The certificates of shop.azurewebsites.net lead to CN=Middle, which is neither sent nor uploaded. It is a private root, or a certificate is missing in between.
    - Backend health: The backend Server certificate is not signed by a well-known Certificate Authority (CA). To use unknown CA certificates, its Root certificate must be uploaded to the Backend Setting of the application gateway.
    - TLS handshake from where the bot runs, shop.azurewebsites.net:443, asking for shop.azurewebsites.net: CN=shop issued by CN=Middle, valid 2020-01-01 00:00 UTC to 2040-01-01 00:00 UTC, sent alone
    > If CN=Middle is a root that you trust, upload it, and name it in the HTTP setting https (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop/backendHttpSettingsCollection/https): az network application-gateway root-cert create -g rg-shop --gateway-name agw-shop -n new-root --cert-file root.cer && az network application-gateway http-settings update -g rg-shop --gateway-name agw-shop -n https --root-certs new-root
    > From a machine in the gateway's virtual network: openssl s_client -connect shop.azurewebsites.net:443 -servername shop.azurewebsites.net -showcerts </dev/null
    "###);
}

#[test]
fn a_chain_in_the_wrong_order_is_confirmed() {
    let middle = Authority::new("Root").below("Middle", LONG);
    let own = middle.issue(&Leaf::default());
    for (sent, words) in [
        ([middle.der(), own.as_slice()].as_slice(), "does not send its own certificate first"),
        (&[middle.der()], "certificates of authorities alone"),
    ] {
        let told = told(of(&shows(shop(), CHAIN, sends(sent, true)), "certificate-chain"));
        assert!(told.contains("confirmed") && told.contains(words), "{told}");
    }
}

#[test]
fn a_private_root_that_nobody_uploaded_is_confirmed_where_it_was_sent() {
    let root = Authority::new("Corp Root");
    let own = root.issue(&Leaf::default());
    let diagnosis = shows(shop(), UNTRUSTED, sends(&[&own, root.der()], false));
    assert_eq!(
        verdicts(&diagnosis),
        [("certificate-root", Verdict::Confirmed), ("certificate-chain", Verdict::RuledOut),]
    );
    insta::assert_snapshot!(told(of(&diagnosis, "certificate-root")), @r###"
    certificate-root confirmed: The certificates of shop.azurewebsites.net lead to the root CN=Corp Root, which is not well known, and the HTTP setting trusts no root of its own.
    - Backend health: The backend Server certificate is not signed by a well-known Certificate Authority (CA). To use unknown CA certificates, its Root certificate must be uploaded to the Backend Setting of the application gateway.
    - TLS handshake from where the bot runs, shop.azurewebsites.net:443, asking for shop.azurewebsites.net: CN=shop issued by CN=Corp Root, valid 2020-01-01 00:00 UTC to 2040-01-01 00:00 UTC, then CN=Corp Root
    > If CN=Corp Root is a root that you trust, upload it, and name it in the HTTP setting https (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop/backendHttpSettingsCollection/https): az network application-gateway root-cert create -g rg-shop --gateway-name agw-shop -n new-root --cert-file root.cer && az network application-gateway http-settings update -g rg-shop --gateway-name agw-shop -n https --root-certs new-root
    > From a machine in the gateway's virtual network: openssl s_client -connect shop.azurewebsites.net:443 -servername shop.azurewebsites.net -showcerts </dev/null
    "###);
    let known = shows(shop(), UNTRUSTED, sends(&[&own, root.der()], true));
    assert_eq!(of(&known, "certificate-root").verdict, Verdict::RuledOut);
}

#[test]
fn a_certificate_that_issued_itself_cannot_be_uploaded() {
    let diagnosis = shows(shop(), UNTRUSTED, sends(&[&Leaf::default().alone()], false));
    insta::assert_snapshot!(told(of(&diagnosis, "certificate-root")), @r###"
    certificate-root confirmed: Server shop.azurewebsites.net sends a certificate that it issued itself, CN=shop. It is no authority's, so it cannot be uploaded as a root either.
    - Backend health: The backend Server certificate is not signed by a well-known Certificate Authority (CA). To use unknown CA certificates, its Root certificate must be uploaded to the Backend Setting of the application gateway.
    - TLS handshake from where the bot runs, shop.azurewebsites.net:443, asking for shop.azurewebsites.net: CN=shop issued by CN=shop, valid 2020-01-01 00:00 UTC to 2040-01-01 00:00 UTC, sent alone
    > Install a certificate by a well-known authority, or make a root of your own, let it issue the server's certificate, and upload that root: self-signed certificates with a custom root (https://learn.microsoft.com/azure/application-gateway/self-signed-certificates).
    > From a machine in the gateway's virtual network: openssl s_client -connect shop.azurewebsites.net:443 -servername shop.azurewebsites.net -showcerts </dev/null
    "###);
}

#[test]
fn another_root_than_the_uploaded_one_is_confirmed_and_both_are_named() {
    let (root, other) = (Authority::new("Corp Root 2026"), Authority::new("Corp Root 2016"));
    let own = root.issue(&Leaf::default());
    for log in [OTHER_ROOT, UNTRUSTED] {
        let diagnosis =
            shows(trusting(&[("corp", uploaded(&other))]), log, sends(&[&own, root.der()], false));
        assert_eq!(
            diagnosis.lead().map(|lead| (lead.cause.as_str(), lead.verdict)),
            Some(("trusted-root", Verdict::Confirmed))
        );
    }
    let public = shows(trusting(&[("corp", uploaded(&other))]), OTHER_ROOT, sends(&[&own], true));
    let words = told(of(&public, "trusted-root"));
    assert!(words.contains("confirmed: The certificates of shop.azurewebsites.net lead to CN=Corp Root 2026, and the HTTP setting trusts CN=Corp Root 2016 alone."), "{words}");
    let open = shows(trusting(&[("corp", uploaded(&other))]), OTHER_ROOT, sends(&[&own], false));
    let words = told(of(&open, "trusted-root"));
    assert!(
        words.contains("consistent") && words.contains("or a certificate is missing in between"),
        "{words}"
    );
    let right = shows(
        trusting(&[("corp", uploaded(&other)), ("new", uploaded(&root))]),
        OTHER_ROOT,
        sends(&[&own], false),
    );
    assert_eq!(of(&right, "trusted-root").verdict, Verdict::RuledOut);
}

#[test]
fn a_root_of_the_same_name_with_another_key_is_told_by_its_key() {
    let (root, other) = (Authority::new("Corp Root"), Authority::new("Corp Root"));
    let diagnosis = shows(
        trusting(&[("corp", uploaded(&other))]),
        OTHER_ROOT,
        sends(&[&root.issue(&Leaf::default())], false),
    );
    let words = told(of(&diagnosis, "trusted-root"));
    assert!(words.contains("confirmed") && words.contains("the same name and another key"), "{words}");
}

#[test]
fn a_root_in_a_key_vault_is_never_guessed() {
    let root = Authority::new("Corp Root");
    let vault = json!({ "keyVaultSecretId": "https://v.vault.azure.net/secrets/root" });
    let gateway = trusting(&[("vault", vault), ("other", uploaded(&Authority::new("Other")))]);
    let diagnosis = shows(gateway, OTHER_ROOT, sends(&[&root.issue(&Leaf::default()), root.der()], false));
    let words = told(of(&diagnosis, "trusted-root"));
    for part in [
        "trusted-root consistent, not proven: The certificates of shop.azurewebsites.net lead to CN=Corp Root. Whether that is the root uploaded to the HTTP setting is not known here.",
        "- Uploaded as vault: in a Key Vault, not looked at",
        "- Uploaded as other: CN=Other, key ",
        "--root-certs vault other new-root",
    ] {
        assert!(words.contains(part), "{words}");
    }
}

#[test]
fn what_is_uploaded_and_is_no_root_or_too_old_is_said() {
    let root = Authority::new("Root");
    let middle = root.below("Middle", (2020, 2024));
    let own = middle.issue(&Leaf::default());
    let diagnosis =
        shows(trusting(&[("middle", uploaded(&middle))]), OTHER_ROOT, sends(&[&own, middle.der()], false));
    let words = told(of(&diagnosis, "trusted-root"));
    assert!(words.contains("consistent") && words.contains("which is no root: CN=Root issued it"), "{words}");
}

#[test]
fn on_v1_the_servers_own_certificate_is_what_is_uploaded() {
    let own = leaf(&[SHOP], LONG);
    let gateway = |data: &[u8]| {
        shop_with(|raw| {
            raw["properties"]["sku"] = json!({ "name": "Standard_Medium", "tier": "Standard" });
            raw["properties"]["authenticationCertificates"] =
                json!([child("authenticationCertificates", "own", json!({ "data": base64(data) }))]);
            setting(raw)["authenticationCertificates"] = json!([id("authenticationCertificates", "own")]);
        })
    };
    let log = "Backend server certificate isn't allow-listed with Application Gateway.";
    let other = shows(gateway(&leaf(&[SHOP], LONG)), log, sends(&[&own], false));
    let words = told(of(&other, "trusted-root"));
    assert!(
        words.contains("confirmed") && words.contains("Upload the server's present certificate"),
        "{words}"
    );
    let same = shows(gateway(&own), log, sends(&[&own], false));
    assert_eq!(of(&same, "trusted-root").verdict, Verdict::RuledOut);
}

#[test]
fn openssls_codes_are_told_in_words_and_confirmed_where_a_chain_shows_them() {
    let root = Authority::new("Corp Root");
    let own = root.issue(&Leaf { years: (2020, 2025), ..Leaf::default() });
    let answer = || sends(&[&own, root.der()], false);
    for (number, verdict) in [
        ("10", Verdict::Confirmed),
        ("19", Verdict::Confirmed),
        ("20", Verdict::Confirmed),
        ("62", Verdict::RuledOut),
        ("26", Verdict::Consistent),
        ("999", Verdict::Consistent),
    ] {
        let diagnosis = shows(shop(), &code(number), answer());
        assert_eq!(of(&diagnosis, "tls-handshake").verdict, verdict, "{number}");
    }
    let told = |number: &str| told(of(&shows(shop(), &code(number), answer()), "tls-handshake"));
    insta::assert_snapshot!(told("19"), @r###"
    tls-handshake confirmed: The certificates of shop.azurewebsites.net lead to CN=Corp Root, which the gateway does not trust: a self-signed certificate in the chain is not trusted.
    - Backend health: The validity of the backend certificate could not be verified. To find out the reason, check OpenSSL diagnostics for the message associated with error code 19
    - TLS handshake from where the bot runs, shop.azurewebsites.net:443, asking for shop.azurewebsites.net: CN=shop issued by CN=Corp Root, valid 2020-01-01 00:00 UTC to 2025-01-01 00:00 UTC, then CN=Corp Root
    > From a machine in the gateway's virtual network: openssl s_client -connect shop.azurewebsites.net:443 -servername shop.azurewebsites.net -showcerts </dev/null
    "###);
    insta::assert_snapshot!(told("26"), @r###"
    tls-handshake consistent, not proven: The gateway does not accept the certificate of shop.azurewebsites.net: by OpenSSL's code 26, a certificate is not meant for servers. That was not seen here.
    - Backend health: The validity of the backend certificate could not be verified. To find out the reason, check OpenSSL diagnostics for the message associated with error code 26
    - TLS handshake from where the bot runs, shop.azurewebsites.net:443, asking for shop.azurewebsites.net: CN=shop issued by CN=Corp Root, valid 2020-01-01 00:00 UTC to 2025-01-01 00:00 UTC, then CN=Corp Root
    > From a machine in the gateway's virtual network: openssl s_client -connect shop.azurewebsites.net:443 -servername shop.azurewebsites.net -showcerts </dev/null
    > OpenSSL's codes: verification errors (https://docs.openssl.org/master/man3/X509_STORE_CTX_get_error/).
    "###);
}

#[test]
fn a_certificate_that_is_not_meant_for_servers_is_confirmed_by_its_usage() {
    let usages = &[rcgen::ExtendedKeyUsagePurpose::ClientAuth];
    let own = Authority::new("Corp Root").issue(&Leaf { usages, ..Leaf::default() });
    let diagnosis = shows(shop(), &code("26"), sends(&[&own], true));
    insta::assert_snapshot!(told(of(&diagnosis, "tls-handshake")), @"
    tls-handshake confirmed: Server shop.azurewebsites.net sends a certificate that is not meant for servers: its extended key usage lacks serverAuth.
    - Backend health: The validity of the backend certificate could not be verified. To find out the reason, check OpenSSL diagnostics for the message associated with error code 26
    - TLS handshake from where the bot runs, shop.azurewebsites.net:443, asking for shop.azurewebsites.net: CN=shop issued by CN=Corp Root, valid 2020-01-01 00:00 UTC to 2040-01-01 00:00 UTC, sent alone
    > Install a certificate on the server that is issued for servers.
    > From a machine in the gateway's virtual network: openssl s_client -connect shop.azurewebsites.net:443 -servername shop.azurewebsites.net -showcerts </dev/null
    ");
}

#[test]
fn a_servers_own_certificate_is_no_root_that_can_be_uploaded() {
    let own = Leaf::default().alone();
    let gateway = || trusting(&[("own", json!({ "data": base64(&own) }))]);
    let diagnosis = shows(gateway(), &code("18"), sends(&[&own], false));
    insta::assert_snapshot!(told(of(&diagnosis, "tls-handshake")), @"
    tls-handshake confirmed: Server shop.azurewebsites.net sends a certificate that it issued itself, CN=shop. It is no authority's, so that the gateway does not take it, uploaded or not.
    - Backend health: The validity of the backend certificate could not be verified. To find out the reason, check OpenSSL diagnostics for the message associated with error code 18
    - TLS handshake from where the bot runs, shop.azurewebsites.net:443, asking for shop.azurewebsites.net: CN=shop issued by CN=shop, valid 2020-01-01 00:00 UTC to 2040-01-01 00:00 UTC, sent alone
    > Install a certificate by a well-known authority, or make a root of your own, let it issue the server's certificate, and upload that root: self-signed certificates with a custom root (https://learn.microsoft.com/azure/application-gateway/self-signed-certificates).
    > From a machine in the gateway's virtual network: openssl s_client -connect shop.azurewebsites.net:443 -servername shop.azurewebsites.net -showcerts </dev/null
    ");
    let diagnosis = shows(gateway(), OTHER_ROOT, sends(&[&own], false));
    insta::assert_snapshot!(told(of(&diagnosis, "trusted-root")), @"
    trusted-root consistent, not proven: Server shop.azurewebsites.net sends the uploaded CN=shop itself. It is no authority's, so that it does not do as a root.
    - Backend health: The root certificate of the server certificate used by the backend doesn't match the trusted root certificate added to the application gateway. Ensure that you add the correct root certificate to the allowlist for the backend.
    - TLS handshake from where the bot runs, shop.azurewebsites.net:443, asking for shop.azurewebsites.net: CN=shop issued by CN=shop, valid 2020-01-01 00:00 UTC to 2040-01-01 00:00 UTC, sent alone
    - Uploaded as own: CN=shop
    > Install a certificate by a well-known authority, or make a root of your own, let it issue the server's certificate, and upload that root: self-signed certificates with a custom root (https://learn.microsoft.com/azure/application-gateway/self-signed-certificates).
    > From a machine in the gateway's virtual network: openssl s_client -connect shop.azurewebsites.net:443 -servername shop.azurewebsites.net -showcerts </dev/null
    ");
}

#[test]
fn a_certificate_of_tomorrow_is_not_to_be_renewed() {
    let diagnosis = shows(shop(), EXPIRED, sends(&[&leaf(&[SHOP], (2090, 2091))], true));
    insta::assert_snapshot!(told(of(&diagnosis, "certificate-expired")), @r#"
    certificate-expired confirmed: The certificate of shop.azurewebsites.net, CN=shop, is not valid before 2090-01-01 00:00 UTC.
    - Backend health: Backend certificate is invalid. Current date is not within the "Valid from" and "Valid to" date range on the certificate.
    - TLS handshake from where the bot runs, shop.azurewebsites.net:443, asking for shop.azurewebsites.net: CN=shop issued by CN=Corp Root, valid 2090-01-01 00:00 UTC to 2091-01-01 00:00 UTC, sent alone
    > Install a certificate on the server that is valid today: the one before it may be so still.
    > From a machine in the gateway's virtual network: openssl s_client -connect shop.azurewebsites.net:443 -servername shop.azurewebsites.net -showcerts </dev/null
    "#);
}

#[test]
fn a_wildcard_that_looks_as_if_it_fitted_is_explained() {
    let gateway = shop_with(|raw| setting(raw)["hostName"] = json!("eu.shop.example.com"));
    let evidence = Evidence::healthy(gateway).seen("web", "https", &[NAME]);
    let answer = sends(&[&leaf(&["*.example.com"], LONG)], true);
    let azure = Azure::default().with(&request(SHOP, Some("eu.shop.example.com")), answer);
    let diagnosis = found(&azure.ask(evidence).0);
    let words = told(of(&diagnosis, "certificate-name"));
    assert!(words.contains("eu.shop.example.com. A wildcard stands for one label alone."), "{words}");
}

#[test]
fn a_well_known_root_beside_an_uploaded_one_is_mended_by_taking_that_out() {
    let own = Authority::new("Well Known").issue(&Leaf::default());
    let gateway = trusting(&[("corp", uploaded(&Authority::new("Corp Root")))]);
    let diagnosis = shows(gateway, OTHER_ROOT, sends(&[&own], true));
    let words = told(of(&diagnosis, "trusted-root"));
    assert!(
        words.contains("confirmed") && words.contains("> If no server needs an uploaded root, take"),
        "{words}"
    );
}

#[test]
fn a_server_that_does_not_speak_tls_is_told_and_confirmed_only_where_nobody_saw_a_certificate() {
    let silent = json!({ "tls": false, "chain": [], "trusted": false, "rooted": null, "address": null });
    let diagnosis = shows(shop(), NAME, silent.clone());
    assert_eq!(
        verdicts(&diagnosis),
        [("certificate-name", Verdict::Consistent), ("tls-handshake", Verdict::Consistent)]
    );
    insta::assert_snapshot!(told(of(&diagnosis, "tls-handshake")), @r###"
    tls-handshake consistent, not proven: Server shop.azurewebsites.net does not speak TLS at port 443, and the probe does. The gateway has seen a certificate, though: the server may have changed since, or the bot reaches another one.
    - Backend health: The Common Name of the leaf certificate presented by the backend server does not match the Probe or Backend Setting hostname of the application gateway.
    - TLS handshake from where the bot runs, shop.azurewebsites.net:443, asking for shop.azurewebsites.net: it does not answer in TLS
    > Give the protocol and the port at which the server listens to the HTTP setting https (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop/backendHttpSettingsCollection/https), or let the server speak TLS there.
    > From a machine in the gateway's virtual network: openssl s_client -connect shop.azurewebsites.net:443 -servername shop.azurewebsites.net -showcerts </dev/null
    "###);
    assert_eq!(
        verdicts(&shows(shop(), &code("20"), silent.clone())),
        [("tls-handshake", Verdict::Consistent)]
    );
    let mut evidence = Evidence::healthy(shop()).seen("web", "https", &[&code("20")]);
    evidence.servers("web", "https")[0].symptom = Symptom::TlsOther { code: None };
    let diagnosis = found(&Azure::default().with(&request(SHOP, Some(SHOP)), silent).ask(evidence).0);
    assert_eq!(verdicts(&diagnosis), [("tls-handshake", Verdict::Confirmed)]);
}

#[test]
fn what_a_server_writes_is_no_part_of_a_command() {
    let own = Authority::new("Root")
        .issue(&Leaf { names: &["$(reboot).example", "-x.example", "fine.example"], ..Leaf::default() });
    let words = told(of(&shows(shop(), NAME, sends(&[&own], true)), "certificate-name"));
    assert!(words.ends_with("</dev/null") && words.contains("--host-name fine.example\n"), "{words}");
}

#[test]
fn a_common_name_beside_other_names_settles_nothing() {
    let own = Authority::new("Root").issue(&Leaf {
        names: &["shop.example"],
        common_name: SHOP,
        ..Leaf::default()
    });
    assert_eq!(
        verdicts(&shows(shop(), NAME, sends(&[&own], true))),
        [("certificate-name", Verdict::Consistent)]
    );
}

#[test]
fn an_answer_without_certificates_is_none() {
    for odd in [json!({}), json!({ "tls": true, "chain": [] }), json!({ "chain": ["AAAA"] })] {
        let diagnosis = shows(shop(), EXPIRED, odd);
        let words = told(of(&diagnosis, "certificate-expired"));
        assert!(words.contains("consistent") && words.contains("could not be read"), "{words}");
    }
}

#[test]
fn a_probe_over_plain_http_has_no_certificate_and_nothing_is_asked() {
    let gateway = shop_with(|raw| setting(raw)["protocol"] = json!("Http"));
    let evidence = Evidence::healthy(gateway).seen("web", "https", &[EXPIRED]);
    let (evidence, waves) = Azure::default().ask(evidence);
    assert_eq!(waves, 0);
    assert_eq!(verdicts(&found(&evidence)), [("not-in-catalogue", Verdict::NotChecked)]);
}

#[test]
fn a_proxy_header_is_confirmed_by_an_answer_without_it() {
    let gateway = |header: bool| {
        shop_with(|raw| {
            list(raw, "probes").push(probe("theirs", json!({ "enableProbeProxyProtocolHeader": header })));
            setting(raw)["probe"] = id("probes", "theirs");
        })
    };
    let seen = |header: bool| Evidence::healthy(gateway(header)).seen("web", "https", &[PROXY]);
    assert_eq!(seen(true).servers("web", "https")[0].symptom, Symptom::ProxyProtocol);
    let finding = |evidence: &Evidence| of(&found(evidence), "proxy-protocol").clone();
    insta::assert_snapshot!(told(&finding(&seen(true).tried("web", "https", "/healthz", &[&log_of(200)]))), @r###"
    proxy-protocol confirmed: The probe begins with a PROXY header, which is what the gateway blames for shop.azurewebsites.net. Without it there is an answer.
    - Configuration: the probe sends the header
    - Backend health: Verify that the backend server is set up to accept the Proxy protocol header sent by the probes.
    - Probe of /healthz on demand, pool web: shop.azurewebsites.net answered the probe with 200: without the header
    > Let the server take the header: for example listen 443 ssl proxy_protocol in nginx, accept-proxy in HAProxy.
    > Or switch it off in the probe theirs (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop/probes/theirs).
    "###);
    assert_eq!(finding(&seen(true)).verdict, Verdict::Consistent);
    assert_eq!(finding(&seen(true).tried("web", "https", "/healthz", &[PROXY])).verdict, Verdict::Consistent);
    assert_eq!(finding(&seen(false)).verdict, Verdict::RuledOut);
}
