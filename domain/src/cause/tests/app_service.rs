//! The causes about App Service.

use serde_json::{Value, json};

use super::{found, told};
use crate::diagnosis::{Diagnosis, Finding, Outcome, Remedy, Verdict};
use crate::evidence::fixture::{Azure, log_of};
use crate::evidence::{Evidence, WhyNot};
use crate::gateway::Gateway;
use crate::gateway::fixture::{list, shop_with};
use crate::plan::{Fix, FixKind};

pub(super) const APP: &str = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Web/sites/shop";
const VNET: &str = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet";
const PUBLIC: &str =
    "/subscriptions/s/resourceGroups/rg-shop/providers/Microsoft.Network/publicIPAddresses/pip";

/// The shop's gateway, in a subnet of a virtual network.
pub(super) fn gateway() -> Gateway {
    shop_with(|raw| {
        raw["properties"]["gatewayIPConfigurations"] = json!([
            { "name": "ip", "properties": { "subnet": { "id": format!("{VNET}/subnets/snet-agw") } } }
        ]);
    })
}

/// An app, and the gateway that it sees.
pub(super) struct Shop {
    pub(super) site: Value,
    pub(super) config: Value,
    pub(super) login: Value,
    pub(super) connections: Value,
    pub(super) endpoints: Value,
}

impl Shop {
    /// An app that runs and is open to all.
    pub(super) fn open() -> Self {
        Self {
            site: json!({
                "state": "Running", "enabled": true, "usageState": "Normal", "httpsOnly": true,
                "defaultHostName": "shop.azurewebsites.net", "hostNames": ["shop.azurewebsites.net"],
            }),
            config: json!({}),
            login: json!({ "platform": { "enabled": false } }),
            connections: json!([]),
            endpoints: json!([]),
        }
    }

    pub(super) fn azure(&self) -> Azure {
        let hosts = json!(["shop.azurewebsites.net"]);
        self.named(json!([{ "id": APP, "host": "shop.azurewebsites.net", "hosts": hosts }]))
    }

    /// The app, as this is what a search finds.
    fn named(&self, rows: Value) -> Azure {
        let own = |properties: &Value| json!({ "id": APP, "kind": "app,linux", "properties": properties });
        let subnet = json!({ "name": "snet-agw", "id": format!("{VNET}/subnets/snet-agw"), "properties": {
            "addressPrefix": "10.0.0.0/24", "serviceEndpoints": self.endpoints,
        }});
        let network = json!({ "id": VNET, "properties": {
            "addressSpace": { "addressPrefixes": ["10.0.0.0/16"] }, "subnets": [subnet],
        }});
        Azure::default()
            .finding("microsoft.web/sites", rows)
            .with(APP, own(&self.site))
            .with(&format!("{APP}/config/web"), own(&self.config))
            .with(&format!("{APP}/config/authsettingsV2"), own(&self.login))
            .with(&format!("{APP}/privateEndpointConnections"), json!({ "value": self.connections }))
            .with(VNET, network)
            .with(PUBLIC, json!({ "id": PUBLIC, "properties": { "ipAddress": "203.0.113.5" } }))
    }

    /// The same, looked at by a bot that may do these actions to the app.
    fn looked_at_by(&self, actions: &[&str], status: u16, healthz: u16) -> Diagnosis {
        let roles = json!({ "value": [{ "actions": actions, "notActions": [] }] });
        let place = format!("{APP}/providers/Microsoft.Authorization/permissions");
        found(&self.azure().with(&place, roles).ask(refusing(status, healthz)).0)
    }

    /// The app refuses `/` with a status, and so it does on demand; `/healthz` answers with another.
    fn refusing(&self, status: u16, healthz: u16) -> Diagnosis {
        let (evidence, waves) = self.azure().ask(refusing(status, healthz));
        assert!(waves <= 3, "{waves} waves");
        found(&evidence)
    }
}

fn refusing(status: u16, healthz: u16) -> Evidence {
    let log = log_of(status);
    let evidence =
        Evidence::healthy(gateway()).seen("web", "https", &[&log]).tried("web", "https", "/", &[&log]);
    evidence.tried("web", "https", "/healthz", &[&log_of(healthz)])
}

fn of<'a>(diagnosis: &'a Diagnosis, cause: &str) -> &'a Finding {
    diagnosis.findings.iter().find(|finding| finding.cause == cause).unwrap()
}

fn verdict(diagnosis: &Diagnosis, cause: &str) -> Verdict {
    of(diagnosis, cause).verdict
}

fn lead(diagnosis: &Diagnosis) -> &Finding {
    diagnosis.lead().unwrap()
}

const STOPPED: &str = "app-service-stopped";
const LOGIN: &str = "app-service-authentication";
const RULES: &str = "app-service-access-restrictions";
const PRIVATE: &str = "app-service-public-access-disabled";

#[test]
fn a_stopped_app_is_confirmed_and_leads() {
    let mut shop = Shop::open();
    shop.site["state"] = json!("Stopped");
    let diagnosis = shop.refusing(403, 403);
    assert_eq!(diagnosis.outcome, Outcome::ByHand);
    insta::assert_snapshot!(told(lead(&diagnosis)), @"
    app-service-stopped confirmed: The app shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Web/sites/shop) is stopped, so App Service answers 403 to everything, the probe included.
    - Backend health: shop.azurewebsites.net answers / with 403
    - App shop in Azure: state Stopped, enabled true, quota Normal
    > Find out who stopped it, and why, in the activity log of shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Web/sites/shop).
    > Start it: az webapp start -g rg-shop -n shop
    > The probe succeeds within its interval; press Re-check then.
    ");
    insta::assert_snapshot!(told(of(&diagnosis, "probe-path-refused")), @"
    probe-path-refused consistent, not proven: The default health probe asks for / and is refused with 403, and so is /healthz. The application may want a login, or something may keep the gateway out as such. That follows from app-service-stopped.
    - Backend health: the one server refuses / with 403 (forbidden)
    - Probe of / on demand, pool web: shop.azurewebsites.net refused the probe with 403
    - Probe of /healthz on demand, pool web: shop.azurewebsites.net refused the probe with 403
    > Mend app-service-stopped first, and press Re-check.
    ");
    assert_eq!(verdict(&diagnosis, RULES), Verdict::RuledOut);
}

#[test]
fn an_app_over_its_quota_or_disabled_is_told_as_such() {
    let mut shop = Shop::open();
    shop.site["usageState"] = json!("Exceeded");
    let diagnosis = shop.refusing(403, 403);
    insta::assert_snapshot!(told(of(&diagnosis, STOPPED)), @"
    app-service-stopped confirmed: The app shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Web/sites/shop) is over its quota, so App Service answers 403 to everything, the probe included.
    - Backend health: shop.azurewebsites.net answers / with 403
    - App shop in Azure: state Running, enabled true, quota Exceeded
    > Scale up the App Service plan of shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Web/sites/shop), or wait until its quota starts anew.
    > The probe succeeds within its interval; press Re-check then.
    ");
    assert_eq!(verdict(&shop.refusing(503, 503), STOPPED), Verdict::Consistent);
    let mut shop = Shop::open();
    shop.site["enabled"] = json!(false);
    assert_eq!(verdict(&shop.refusing(403, 403), STOPPED), Verdict::Confirmed);
}

#[test]
fn a_stopped_app_that_answers_on_demand_is_not_blamed() {
    let mut shop = Shop::open();
    shop.site["state"] = json!("Stopped");
    let diagnosis = shop.refusing(403, 200);
    assert_eq!(verdict(&diagnosis, STOPPED), Verdict::Consistent);
    assert!(matches!(diagnosis.outcome, Outcome::Offer(_)));
}

#[test]
fn a_state_of_its_own_tells_of_a_quota_too() {
    let mut shop = Shop::open();
    shop.site["state"] = json!("QuotaExceeded");
    let sentence = of(&shop.refusing(403, 403), STOPPED).sentence.plain();
    assert!(sentence.contains(" is over its quota, so App Service answers 403"), "{sentence}");
}

#[test]
fn an_app_that_runs_and_lets_everybody_in_rules_app_service_out() {
    let diagnosis = Shop::open().refusing(403, 404);
    for cause in [STOPPED, LOGIN, RULES, PRIVATE] {
        assert_eq!(verdict(&diagnosis, cause), Verdict::RuledOut, "{cause}");
    }
    assert_eq!(lead(&diagnosis).cause, "probe-path-refused");
    assert!(matches!(diagnosis.outcome, Outcome::AddEndpoint { .. }));
}

#[test]
fn apps_that_may_not_be_searched_or_read_are_not_checked() {
    let evidence = refusing(403, 403);
    let diagnosis = found(&Azure::default().ask(evidence.clone()).0);
    insta::assert_snapshot!(told(of(&diagnosis, STOPPED)), @"
    app-service-stopped not checked: Whether an App Service app is stopped, or keeps the gateway out, is not checked: the bot needs the permission Microsoft.ResourceGraph/resources/read.
    > Grant the bot's identity Microsoft.ResourceGraph/resources/read, and press Re-check.
    ");
    assert!(diagnosis.findings.iter().all(|finding| finding.cause != RULES));
    let site = Shop::open()
        .azure()
        .without(APP, WhyNot::Forbidden { action: "Microsoft.Web/sites/read".to_owned() });
    let diagnosis = found(&site.ask(evidence.clone()).0);
    insta::assert_snapshot!(told(of(&diagnosis, STOPPED)), @"
    app-service-stopped not checked: Whether the app is stopped is not checked: the bot needs the permission Microsoft.Web/sites/read.
    > Grant the bot's identity Microsoft.Web/sites/read, and press Re-check.
    ");
    let nothing = Azure::default().finding("microsoft.web/sites", json!([]));
    insta::assert_snapshot!(told(of(&found(&nothing.ask(evidence).0), STOPPED)), @"
    app-service-stopped not checked: Whether an App Service app is stopped, or keeps the gateway out, is not checked: no app named shop.azurewebsites.net is among what the bot may read.
    > Look at it by hand, or press Re-check later.
    ");
}

/// A login in front of the app.
fn login(action: &str, excluded: &[&str]) -> Shop {
    let mut shop = Shop::open();
    shop.login = json!({ "platform": { "enabled": true }, "globalValidation": {
        "requireAuthentication": true, "unauthenticatedClientAction": action, "excludedPaths": excluded,
    }});
    shop
}

#[test]
fn a_login_that_turns_the_probe_away_is_confirmed_by_its_very_status() {
    let diagnosis = login("Return401", &["/public"]).looked_at_by(&["*/read"], 401, 401);
    assert_eq!(diagnosis.outcome, Outcome::ByHand);
    insta::assert_snapshot!(told(lead(&diagnosis)), @r#"
    app-service-authentication confirmed: App Service asks for a login in front of shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Web/sites/shop) and answers the probe of / with 401, as a probe never logs in.
    - Backend health: shop.azurewebsites.net answers / with 401
    - Authentication settings of shop: a login is required, excluded paths: /public
    > Let /healthz through without a login, if it tells nothing secret: az webapp auth update -g rg-shop -n shop --excluded-paths "/public,/healthz". It replaces the whole list and restarts the app. Look at the list afterwards in shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Web/sites/shop): older versions of the command cut characters off.
    > Let the gateway's health probe ask for /healthz.
    > The probe succeeds within its interval; press Re-check then.
    "#);
    assert_eq!(verdict(&login("RedirectToLoginPage", &[]).refusing(401, 401), LOGIN), Verdict::Confirmed);
    assert_eq!(verdict(&login("Return403", &[]).refusing(403, 403), LOGIN), Verdict::Confirmed);
    assert_eq!(verdict(&login("Return403", &[]).refusing(401, 401), LOGIN), Verdict::RuledOut);
    assert_eq!(verdict(&login("AllowAnonymous", &[]).refusing(401, 401), LOGIN), Verdict::RuledOut);
    assert_eq!(verdict(&login("Return401", &["/"]).refusing(401, 401), LOGIN), Verdict::RuledOut);
}

#[test]
fn a_health_path_behind_a_login_is_let_through_where_the_bot_may() {
    let writes = &["*/read", "Microsoft.Web/sites/config/write"];
    for diagnosis in [
        login("Return401", &["/public"]).looked_at_by(writes, 401, 401),
        // What Azure does not tell does not hinder the offer.
        login("Return401", &["/public"]).refusing(401, 401),
    ] {
        assert!(matches!(&lead(&diagnosis).remedy, Remedy::Fix(Fix::ExcludePath { app, path, .. })
            if app.as_str() == APP && path == "/healthz"));
        let Outcome::Offer(plan) = &diagnosis.outcome else { panic!("{:?}", diagnosis.outcome) };
        let lines = plan.preview();
        let lines = lines.iter().map(|line| format!("{} {}", line.sign.as_char(), line.text));
        insta::allow_duplicates! {
            insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r#"
              /subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Web/sites/shop/config/authsettingsV2
              /properties/globalValidation/excludedPaths
            - ["/public"]
            + ["/public", "/healthz"]
            "#);
        }
    }
}

#[test]
fn a_health_path_that_needs_no_login_and_answers_is_the_fix() {
    let diagnosis = login("Return401", &["/healthz"]).refusing(401, 200);
    assert!(matches!(diagnosis.outcome, Outcome::Offer(_)));
    assert_eq!(lead(&diagnosis).remedy, Remedy::Fix(Fix::HealthProbe));
    insta::assert_snapshot!(told(of(&diagnosis, LOGIN)), @"
    app-service-authentication confirmed: App Service asks for a login in front of shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Web/sites/shop) and answers the probe of / with 401, as a probe never logs in.
    - Backend health: shop.azurewebsites.net answers / with 401
    - Authentication settings of shop: a login is required, excluded paths: /healthz
    > The path /healthz needs no login already. Let the gateway's health probe ask for /healthz.
    > The probe succeeds within its interval; press Re-check then.
    ");
}

#[test]
fn a_login_that_a_probe_passed_all_the_same_is_not_confirmed() {
    let diagnosis = login("Return401", &[]).refusing(401, 200);
    assert_eq!(verdict(&diagnosis, LOGIN), Verdict::Consistent);
}

#[test]
fn settings_in_a_file_are_never_confirmed() {
    let mut shop = login("Return401", &[]);
    shop.login["platform"]["configFilePath"] = json!("auth.json");
    insta::assert_snapshot!(told(of(&shop.refusing(401, 401), LOGIN)), @"
    app-service-authentication consistent, not proven: App Service's authentication is on in front of shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Web/sites/shop). That it turns the probe away is not settled: the settings lie in the app's file auth.json, which was not read.
    - Backend health: shop.azurewebsites.net answers / with 401
    - Authentication settings of shop: platform.configFilePath is auth.json
    > Add /healthz to globalValidation.excludedPaths in the app's file auth.json and deploy it: while the file decides, an edit in the portal has no effect.
    > Let the gateway's health probe ask for /healthz.
    > The probe succeeds within its interval; press Re-check then.
    ");
}

#[test]
fn a_403_of_a_login_may_be_one_of_what_comes_before_it() {
    let mut shop = login("Return403", &[]);
    shop.config = json!({ "ipSecurityRestrictions": [rule("office", 100, "Allow", "198.51.100.0/24")] });
    let diagnosis = shop.refusing(403, 403);
    assert_eq!(verdict(&diagnosis, LOGIN), Verdict::Consistent);
    assert_eq!(lead(&diagnosis).cause, RULES);
    let unread = login("Return403", &[]).azure().without(
        &format!("{APP}/config/web"),
        WhyNot::Forbidden { action: "Microsoft.Web/sites/config/read".to_owned() },
    );
    let diagnosis = found(&unread.ask(refusing(403, 403)).0);
    assert_eq!(verdict(&diagnosis, LOGIN), Verdict::Consistent);
    assert_eq!(verdict(&diagnosis, RULES), Verdict::NotChecked);
}

#[test]
fn what_may_turn_the_probe_away_before_the_app_leaves_the_path_unsettled() {
    let unread = || {
        let why = WhyNot::Forbidden { action: "Microsoft.Web/sites/config/read".to_owned() };
        Shop::open().azure().without(&format!("{APP}/config/web"), why)
    };
    let diagnosis = found(&unread().ask(refusing(403, 403)).0);
    assert_eq!(diagnosis.outcome, Outcome::ByHand);
    insta::assert_snapshot!(told(of(&diagnosis, "probe-path-refused")), @"
    probe-path-refused consistent, not proven: The default health probe asks for / and is refused with 403, and so is /healthz. The application may want a login, or something may keep the gateway out as such. What else may be the reason was not checked: app-service-public-access-disabled, app-service-access-restrictions.
    - Backend health: the one server refuses / with 403 (forbidden)
    - Probe of / on demand, pool web: shop.azurewebsites.net refused the probe with 403
    - Probe of /healthz on demand, pool web: shop.azurewebsites.net refused the probe with 403
    > Grant the bot's identity Microsoft.Web/sites/config/read, and press Re-check.
    > Find out who answers 403, the application or something in front of it, and whether it keeps out the gateway's address: a list of allowed addresses, a rule of the web server, a firewall.
    > If the application wants a login: add an endpoint at /healthz that answers 200 without one, and press Re-check.
    ");
    // What was tried and is green stays: the app lets the gateway in.
    assert!(matches!(found(&unread().ask(refusing(403, 200)).0).outcome, Outcome::Offer(_)));
    let mut shop = login("Return401", &[]);
    shop.login["platform"]["configFilePath"] = json!("auth.json");
    let diagnosis = shop.refusing(401, 401);
    assert_eq!(lead(&diagnosis).cause, LOGIN);
    assert_eq!(verdict(&diagnosis, "probe-path-refused"), Verdict::Consistent);
}

#[test]
fn a_health_path_that_is_redirected_does_not_belie_the_login() {
    let diagnosis = login("Return401", &[]).refusing(401, 302);
    assert_eq!(verdict(&diagnosis, LOGIN), Verdict::Confirmed);
    assert!(matches!(&diagnosis.outcome, Outcome::Offer(plan) if plan.kind() == FixKind::ExcludePath));
}

fn rule(name: &str, priority: u64, action: &str, address: &str) -> Value {
    json!({ "name": name, "priority": priority, "action": action, "ipAddress": address, "tag": "Default" })
}

fn restricted(rules: &Value) -> Shop {
    let mut shop = Shop::open();
    shop.config = json!({ "ipSecurityRestrictions": rules });
    shop
}

fn for_subnet() -> Value {
    json!({ "name": "gateway", "priority": 200, "action": "Allow",
        "vnetSubnetResourceId": format!("{VNET}/subnets/snet-agw") })
}

#[test]
fn restrictions_that_keep_the_gateway_out_are_confirmed_by_the_rule() {
    let all = rule("Deny all", 2_147_483_647, "Deny", "Any");
    let shop = restricted(&json!([rule("office", 100, "Allow", "198.51.100.0/24"), all]));
    let diagnosis = shop.refusing(403, 403);
    assert_eq!(diagnosis.outcome, Outcome::ByHand);
    insta::assert_snapshot!(told(lead(&diagnosis)), @"
    app-service-access-restrictions confirmed: The access restrictions of app shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Web/sites/shop) keep the gateway out: no rule lets it in, and all the rest is denied. So App Service answers 403, and the app never sees the probe.
    - Backend health: shop.azurewebsites.net answers / with 403
    - Access restrictions: 1 rule; the gateway comes from 203.0.113.5
    > Give the gateway's subnet the service endpoint, which cuts open connections for a moment: az network vnet subnet update -g rg-net --vnet-name vnet -n snet-agw --service-endpoints Microsoft.Web
    > Let the subnet in, if the owner of shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Web/sites/shop) agrees: az webapp config access-restriction add -g rg-shop -n shop --rule-name allow-application-gateway --action Allow --priority 100 --subnet /subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet/subnets/snet-agw
    > The probe succeeds within its interval; press Re-check then.
    ");
    let shop =
        restricted(&json!([rule("block", 10, "Deny", "203.0.113.0/24"), rule("all", 20, "Allow", "Any")]));
    insta::assert_snapshot!(told(of(&shop.refusing(403, 403), RULES)), @"
    app-service-access-restrictions confirmed: The access restrictions of app shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Web/sites/shop) keep the gateway out: rule block, priority 10. So App Service answers 403, and the app never sees the probe.
    - Backend health: shop.azurewebsites.net answers / with 403
    - Access restrictions: 2 rules; the gateway comes from 203.0.113.5
    > Give the gateway's subnet the service endpoint, which cuts open connections for a moment: az network vnet subnet update -g rg-net --vnet-name vnet -n snet-agw --service-endpoints Microsoft.Web
    > Let the subnet in, if the owner of shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Web/sites/shop) agrees: az webapp config access-restriction add -g rg-shop -n shop --rule-name allow-application-gateway --action Allow --priority 9 --subnet /subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet/subnets/snet-agw
    > The probe succeeds within its interval; press Re-check then.
    ");
}

#[test]
fn a_rule_for_the_subnet_without_its_service_endpoint_matches_nothing() {
    let mut shop = restricted(&json!([for_subnet()]));
    insta::assert_snapshot!(told(of(&shop.refusing(403, 403), RULES)), @"
    app-service-access-restrictions confirmed: The access restrictions of app shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Web/sites/shop) keep the gateway out: rule gateway is for its subnet, which lacks the service endpoint Microsoft.Web, and no other rule lets it in. So App Service answers 403, and the app never sees the probe.
    - Backend health: shop.azurewebsites.net answers / with 403
    - Access restrictions: 1 rule; the gateway comes from 203.0.113.5
    > Give the gateway's subnet the service endpoint, which cuts open connections for a moment: az network vnet subnet update -g rg-net --vnet-name vnet -n snet-agw --service-endpoints Microsoft.Web
    > The probe succeeds within its interval; press Re-check then.
    ");
    shop.endpoints = json!([{ "service": "Microsoft.Web" }]);
    assert_eq!(verdict(&shop.refusing(403, 403), RULES), Verdict::RuledOut);
}

#[test]
fn with_the_service_endpoint_the_public_address_counts_no_more() {
    let mut shop = restricted(&json!([rule("frontend", 100, "Allow", "203.0.113.5")]));
    assert_eq!(verdict(&shop.refusing(403, 403), RULES), Verdict::RuledOut);
    shop.endpoints = json!([{ "service": "Microsoft.Web" }]);
    insta::assert_snapshot!(told(of(&shop.refusing(403, 403), RULES)), @"
    app-service-access-restrictions confirmed: The access restrictions of app shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Web/sites/shop) keep the gateway out: no rule lets it in, and all the rest is denied. So App Service answers 403, and the app never sees the probe.
    - Backend health: shop.azurewebsites.net answers / with 403
    - Access restrictions: 1 rule; the gateway comes over the service endpoint of its subnet snet-agw
    > Let the subnet in, if the owner of shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Web/sites/shop) agrees: az webapp config access-restriction add -g rg-shop -n shop --rule-name allow-application-gateway --action Allow --priority 100 --subnet /subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet/subnets/snet-agw
    > The probe succeeds within its interval; press Re-check then.
    ");
}

#[test]
fn restrictions_that_cannot_be_decided_or_may_not_count_are_not_confirmed() {
    let tag = json!({ "name": "door", "priority": 1, "action": "Allow", "tag": "ServiceTag",
        "ipAddress": "AzureCloud.westeurope" });
    let unclear = restricted(&json!([tag])).refusing(403, 403);
    insta::assert_snapshot!(told(of(&unclear, RULES)), @"
    app-service-access-restrictions consistent, not proven: The access restrictions of app shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Web/sites/shop) may keep the gateway out. That is not settled: whether rule 'door' lets the gateway in cannot be told.
    - Backend health: shop.azurewebsites.net answers / with 403
    - Access restrictions: 1 rule; the gateway comes from 203.0.113.5
    > Give the gateway's subnet the service endpoint, which cuts open connections for a moment: az network vnet subnet update -g rg-net --vnet-name vnet -n snet-agw --service-endpoints Microsoft.Web
    > Let the subnet in, if the owner of shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Web/sites/shop) agrees: az webapp config access-restriction add -g rg-shop -n shop --rule-name allow-application-gateway --action Allow --priority 100 --subnet /subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet/subnets/snet-agw
    > The probe succeeds within its interval; press Re-check then.
    ");
    let office = json!([rule("office", 100, "Allow", "198.51.100.0/24")]);
    let mut private = restricted(&office);
    private.connections = connection("Approved");
    assert_eq!(verdict(&private.refusing(403, 403), RULES), Verdict::Consistent);
    let mut environment = restricted(&office);
    environment.site["hostingEnvironmentProfile"] = json!({ "id": "x" });
    assert_eq!(verdict(&environment.refusing(403, 403), RULES), Verdict::Consistent);
    let mut stopped = restricted(&office);
    stopped.site["state"] = json!("Stopped");
    let diagnosis = stopped.refusing(403, 403);
    assert_eq!((verdict(&diagnosis, RULES), lead(&diagnosis).cause.as_str()), (Verdict::Consistent, STOPPED));
    let passed = restricted(&office).refusing(403, 404);
    assert_eq!(verdict(&passed, RULES), Verdict::RuledOut);
}

fn connection(status: &str) -> Value {
    json!([{ "properties": { "privateLinkServiceConnectionState": { "status": status } } }])
}

#[test]
fn an_app_without_public_access_is_confirmed_where_there_is_no_other_way_in() {
    let mut shop = Shop::open();
    shop.site["publicNetworkAccess"] = json!("Disabled");
    let diagnosis = shop.refusing(403, 403);
    assert_eq!(diagnosis.outcome, Outcome::ByHand);
    insta::assert_snapshot!(told(lead(&diagnosis)), @"
    app-service-public-access-disabled confirmed: The app shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Web/sites/shop) takes no traffic from public networks and has no private endpoint, so App Service answers 403 to the gateway, which comes over its public name.
    - Backend health: shop.azurewebsites.net answers / with 403
    - App shop in Azure: publicNetworkAccess is Disabled
    > Give shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Web/sites/shop) a private endpoint that the gateway's virtual network reaches, and link the private DNS zone of its name there: az network private-endpoint create -g RG -n pe-shop --vnet-name VNET --subnet SUBNET --private-connection-resource-id /subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Web/sites/shop --group-id sites --connection-name shop
    > Or allow public access under Networking of the app, with an access restriction that lets only the gateway in.
    > The probe succeeds within its interval; press Re-check then.
    ");
    shop.connections = connection("Pending");
    assert_eq!(verdict(&shop.refusing(403, 403), PRIVATE), Verdict::Confirmed);
    shop.connections = connection("Approved");
    insta::assert_snapshot!(told(of(&shop.refusing(403, 403), PRIVATE)), @"
    app-service-public-access-disabled consistent, not proven: The app shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Web/sites/shop) takes no traffic from public networks. That this is why it answers 403 is not settled: it has a private endpoint, so see private-endpoint for why the gateway would not come through it.
    - Backend health: shop.azurewebsites.net answers / with 403
    - App shop in Azure: publicNetworkAccess is Disabled
    > Give shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Web/sites/shop) a private endpoint that the gateway's virtual network reaches, and link the private DNS zone of its name there: az network private-endpoint create -g RG -n pe-shop --vnet-name VNET --subnet SUBNET --private-connection-resource-id /subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Web/sites/shop --group-id sites --connection-name shop
    > Or allow public access under Networking of the app, with an access restriction that lets only the gateway in.
    > The probe succeeds within its interval; press Re-check then.
    ");
    let mut configured = Shop::open();
    configured.config = json!({ "publicNetworkAccess": "Disabled" });
    assert_eq!(verdict(&configured.refusing(403, 403), PRIVATE), Verdict::Confirmed);
}

#[test]
fn private_endpoints_that_may_not_be_read_leave_it_open() {
    let mut shop = Shop::open();
    shop.site["publicNetworkAccess"] = json!("Disabled");
    let action = "Microsoft.Web/sites/privateEndpointConnections/read".to_owned();
    let path = format!("{APP}/privateEndpointConnections");
    let azure = shop.azure().without(&path, WhyNot::Forbidden { action });
    let diagnosis = found(&azure.ask(refusing(403, 403)).0);
    assert_eq!(verdict(&diagnosis, PRIVATE), Verdict::Consistent);
    assert!(diagnosis.gaps.iter().any(|gap| gap.contains("privateEndpointConnections/read")));
}

#[test]
fn more_than_four_apps_are_not_looked_at() {
    let names: Vec<String> = (0..6).map(|number| format!("shop{number}.azurewebsites.net")).collect();
    let gateway = shop_with(|raw| {
        let addresses: Vec<Value> = names.iter().map(|name| json!({ "fqdn": name })).collect();
        list(raw, "backendAddressPools")[0]["properties"]["backendAddresses"] = json!(addresses);
    });
    let log = log_of(403);
    let evidence = Evidence::healthy(gateway).seen("web", "https", &[log.as_str(); 6]);
    let rows: Vec<Value> =
        names.iter().map(|name| json!({ "id": APP.replace("shop", name), "host": name })).collect();
    let (evidence, _) = Azure::default().finding("microsoft.web/sites", json!(rows)).ask(evidence);
    let sites = evidence.facts.all().filter(|(lookup, _)| lookup.what().starts_with("the app ")).count();
    assert_eq!(sites, 4);
}

#[test]
fn behind_a_name_of_the_apps_own_something_else_may_be_what_the_app_sees() {
    let gateway = shop_with(|raw| {
        raw["properties"]["gatewayIPConfigurations"] = json!([
            { "name": "ip", "properties": { "subnet": { "id": format!("{VNET}/subnets/snet-agw") } } }
        ]);
        list(raw, "backendAddressPools")[0] = crate::gateway::fixture::pool("web", &["www.shop.example"]);
    });
    let evidence = || Evidence::healthy(gateway.clone()).seen("web", "https", &[&log_of(403)]);
    let named = |shop: &Shop| {
        let rows = json!([{ "id": APP, "host": "shop.azurewebsites.net", "hosts": ["www.shop.example"] }]);
        found(&shop.named(rows).ask(evidence()).0)
    };
    let office = json!([rule("office", 100, "Allow", "198.51.100.0/24")]);
    assert_eq!(verdict(&named(&restricted(&office)), RULES), Verdict::Consistent);
    let mut private = Shop::open();
    private.site["publicNetworkAccess"] = json!("Disabled");
    assert_eq!(verdict(&named(&private), PRIVATE), Verdict::Consistent);
    let mut stopped = Shop::open();
    stopped.site["state"] = json!("Stopped");
    assert_eq!(verdict(&named(&stopped), STOPPED), Verdict::Confirmed);
    // A name of somebody's own that no app has is none of App Service's business.
    let other = Azure::default().finding("microsoft.web/sites", json!([]));
    let diagnosis = found(&other.ask(evidence()).0);
    assert!(diagnosis.findings.iter().all(|finding| !finding.cause.starts_with("app-service")));
}

#[test]
fn a_404_of_a_login_may_be_one_of_a_host_name_that_the_app_does_not_have() {
    let shop = login("Return404", &[]);
    assert_eq!(verdict(&shop.refusing(404, 404), LOGIN), Verdict::Confirmed);
    let incoming = shop_with(|raw| {
        let setting = &mut list(raw, "backendHttpSettingsCollection")[0]["properties"];
        setting.as_object_mut().unwrap().remove("hostName");
    });
    let evidence = Evidence::healthy(incoming).seen("web", "https", &[&log_of(404)]);
    assert_eq!(verdict(&found(&shop.azure().ask(evidence).0), LOGIN), Verdict::Consistent);
}

#[test]
fn a_gateway_behind_an_appliance_comes_from_an_address_that_is_not_known() {
    let office = restricted(&json!([rule("office", 100, "Allow", "198.51.100.0/24")]));
    let table = format!("{}/routeTables/rt", VNET.replace("/virtualNetworks/vnet", ""));
    let route = json!({ "name": "all", "properties": {
        "addressPrefix": "0.0.0.0/0", "nextHopType": "VirtualAppliance", "nextHopIpAddress": "10.0.9.4",
    }});
    let subnet = json!({ "name": "snet-agw", "properties": {
        "addressPrefix": "10.0.0.0/24", "routeTable": { "id": table },
    }});
    let network = json!({ "id": VNET, "properties": {
        "addressSpace": { "addressPrefixes": ["10.0.0.0/16"] }, "subnets": [subnet],
    }});
    let azure = office.azure().with(VNET, network);
    let azure = azure.with(&table, json!({ "id": table, "properties": { "routes": [route] } }));
    let diagnosis = found(&azure.ask(refusing(403, 403)).0);
    assert_eq!(verdict(&diagnosis, RULES), Verdict::Consistent);
}
