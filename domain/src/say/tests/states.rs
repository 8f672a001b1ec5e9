//! The incident's message, state by state.

use serde_json::json;

use super::*;

fn plain(incident: &Incident) -> String {
    // The portal's links are long, and the same in all of them.
    super::incident(incident).plain().replace(ID, "…")
}

#[test]
fn diagnosing() {
    insta::assert_snapshot!(plain(&opened()), @r"
    agw-shop: Diagnosing
    Reading the configuration and what the gateway says about its servers. Azure takes up to a minute for that.
    INC-7K2F · asked by Alex · 2026-11-22 03:04 UTC
    ");
}

#[test]
fn a_fix_is_offered() {
    insta::assert_snapshot!(plain(&proposed()), @r#"
    agw-shop: Unhealthy
    The default health probe asks for / and is refused with 403, so the gateway sends no visitors to servers that answer /healthz as they should.
    shop → web and 1 more → https → ✗ default probe / → web → shop.azurewebsites.net
    Cause: probe-path-refused, confirmed
    Servers: 2 of 3 servers Healthy
    Site: https://shop.example/ answers 502 from the gateway itself
    Reaches: 1 listener, 2 rules, 1 path rule, 1 pool
    - Backend health: the one server refuses / with 403 (forbidden)
    - Probe of / on demand, pool web: shop.azurewebsites.net refused the probe with 403
    - Probe of /healthz on demand, pool web: shop.azurewebsites.net answered the probe with 200
      /properties/probes[custom-healthz]
    + {
    +   "id": "…/probes/custom-healthz",
    +   "name": "custom-healthz",
    +   "properties": {
    +     "interval": 30,
    +     "match": {"statusCodes": ["200-399"]},
    +     "minServers": 0,
    +     "path": "/healthz",
    +     "pickHostNameFromBackendHttpSettings": true,
    +     "protocol": "Https",
    +     "timeout": 30,
    +     "unhealthyThreshold": 3
    +   }
    + }
      /properties/backendHttpSettingsCollection[https]/properties/probe
    + {"id": "…/probes/custom-healthz"}
    Approve writes this one change to agw-shop (https://portal.azure.com/#resource…), after reading it once more. It can be undone from here.
    Azure takes a minute or more. Requests go on; connections that last longer than a few minutes, such as WebSockets, may be cut.
    Approve: /agw approve INC-7K2F bca7e13f
    Reject: /agw reject INC-7K2F
    Plan bca7e13f · can be approved until 2026-11-22 03:34 UTC
    INC-7K2F · asked by Alex · 2026-11-22 03:04 UTC
    "#);
}

#[test]
fn the_details_of_it() {
    insta::assert_snapshot!(details(&proposed()).unwrap().plain(), @"
    agw-shop: Details
    What was read at 2026-11-22 03:04 UTC, way by way.
    Way: shop → web → https (default probe /) → web
    Way: shop → paths (/web/*) → HTTPS (default probe /) → web
    Way: shop → paths → http (default probe /) → api
    - Confirmed, probe-path-refused (HTTP setting https): The default health probe asks for / and is refused with 403, so the gateway sends no visitors to servers that answer /healthz as they should.
    - Backend health: the one server refuses / with 403 (forbidden)
    - Probe of / on demand, pool web: shop.azurewebsites.net refused the probe with 403
    - Probe of /healthz on demand, pool web: shop.azurewebsites.net answered the probe with 200
    - Pool web, server shop.azurewebsites.net: Unhealthy, Received invalid status code: 403 in the backend server's HTTP response. As per the health probe configuration, 200-399 is the acceptable status code. Either modify probe configuration or resolve backend issues.
    - Pool api, server 10.0.0.4: Healthy, Success. Received 200 status code
    - Pool api, server 10.0.0.5: Healthy, Success. Received 200 status code
    ");
}

#[test]
fn the_endpoint_comes_first() {
    insta::assert_snapshot!(plain(&diagnosed(&refused_by_servers(404))), @r#"
    agw-shop: Add the endpoint
    The default health probe asks for / and is refused with 403, so the gateway takes the servers for dead, although they answer.
    shop → web and 1 more → https → ✗ default probe / → web → shop.azurewebsites.net
    Cause: probe-path-refused, confirmed
    Servers: 2 of 3 servers Healthy
    Site: https://shop.example/ answers 502 from the gateway itself
    - Backend health: the one server refuses / with 403 (forbidden)
    - Probe of / on demand, pool web: shop.azurewebsites.net refused the probe with 403
    - Probe of /healthz on demand, pool web: shop.azurewebsites.net failed the probe with 404
    Express:
        app.get("/healthz", (_req, res) => res.json({ status: "ok" }));  // before the auth middleware
    Flask:
        @app.get("/healthz")  # leave it out of login_required
        def healthz():
            return {"status": "ok"}
    ASP.NET Core:
        builder.Services.AddHealthChecks();
        app.MapHealthChecks("/healthz").AllowAnonymous();
    Spring Boot:
        @GetMapping("/healthz")  // and permitAll() for it in the SecurityFilterChain
        Map<String, String> healthz() { return Map.of("status", "ok"); }
    /healthz answers 404 today. Add an endpoint there that answers 200 without a login, deploy it, and press Re-check: then I can point the probe at it. Nothing was written.
    Re-check: /agw recheck INC-7K2F
    INC-7K2F · asked by Alex · 2026-11-22 03:04 UTC
    "#);
}

#[test]
fn an_owned_gateway() {
    let mut evidence = refused_by_servers(200);
    evidence.gateway = shop_with(|raw| raw["tags"]["managed-by-k8s-ingress"] = "1.7".into());
    insta::assert_snapshot!(plain(&diagnosed(&evidence)), @"
    agw-shop: Unhealthy
    The default health probe asks for / and is refused with 403, so the gateway sends no visitors to servers that answer /healthz as they should.
    shop → web and 1 more → https → ✗ default probe / → web → shop.azurewebsites.net
    Cause: probe-path-refused, confirmed
    Servers: 2 of 3 servers Healthy
    Site: https://shop.example/ answers 502 from the gateway itself
    - Backend health: the one server refuses / with 403 (forbidden)
    - Probe of / on demand, pool web: shop.azurewebsites.net refused the probe with 403
    - Probe of /healthz on demand, pool web: shop.azurewebsites.net answered the probe with 200
    - Also, A Kubernetes ingress controller owns agw-shop (https://portal.azure.com/#resource…): it writes the probes, and overwrites what others change. The probe that is refused is mended in Kubernetes. (confirmed)
    I know a fix and will not write it: a Kubernetes ingress controller owns this gateway (it has the tag 'managed-by-k8s-ingress'); it would overwrite the change within seconds. Set the health probe in the cluster: a readinessProbe, or the ingress's health-probe annotations.
    Re-check: /agw recheck INC-7K2F
    INC-7K2F · asked by Alex · 2026-11-22 03:04 UTC
    ");
}

#[test]
fn the_endpoint_of_an_owned_gateway_is_named_in_the_cluster() {
    let mut evidence = refused_by_servers(404);
    evidence.gateway = shop_with(|raw| raw["tags"]["managed-by-k8s-ingress"] = "1.7".into());
    let card = plain(&diagnosed(&evidence));
    let then = "deploy it, and name it in the cluster, as a readinessProbe or in the ingress's health-probe annotations. Nothing was written.";
    assert!(card.contains(then) && !card.contains("I can point the probe"), "{card}");
}

#[test]
fn a_change_that_failed_is_told_where_every_server_is_well() {
    let failed = shop_with(|raw| raw["properties"]["provisioningState"] = "Failed".into());
    insta::assert_snapshot!(plain(&diagnosed(&Evidence::healthy(failed))), @"
    agw-shop: Healthy
    No server is sick: all 3 servers are Healthy.
    Cause: gateway-failed, consistent, not proven
    - The last change to the gateway failed. Whether that is behind what visitors see is not settled. (consistent, not proven)
    - Pool web, server shop.azurewebsites.net: Healthy, Success. Received 200 status code
    - Pool api, server 10.0.0.4: Healthy, Success. Received 200 status code
    - Pool api, server 10.0.0.5: Healthy, Success. Received 200 status code
    Read in the activity log of agw-shop (https://portal.azure.com/#resource…) which change failed, and why.
    Once that is mended, write the same configuration again: az network application-gateway update -g rg-shop -n agw-shop.
    If visitors still see errors: look at what the application answers, and at the gateway's firewall log.
    INC-7K2F · asked by Alex · 2026-11-22 03:04 UTC
    ");
}

#[test]
fn a_person_must_do_it() {
    let evidence = Evidence::healthy(gateway()).seen("api", "http", &[NO_CONNECTION, &log_of(200)]);
    insta::assert_snapshot!(plain(&diagnosed(&evidence)), @"
    agw-shop: Unhealthy
    The gateway cannot connect to port 8080 of 10.0.0.4. Why is not settled: several reasons look the same from here.
    shop → paths → http → default probe / → api → ? network → 10.0.0.4, 10.0.0.5
    Cause: server-unreachable, consistent, not proven
    Servers: 2 of 3 servers Healthy
    - Backend health: no connection to 1 of 2 servers
    - Not checked: whether the application listens on this port, the server's own firewall, security groups, routes, peerings, whether the server runs
    - Not checked: server-stopped, server-detached, network-security-group, virtual-network-peering, user-defined-route
    From a machine in the gateway's virtual network, connect to port 8080 of the server. If it answers there, something between gateway and server blocks it.
    If it does not: start the application, or correct the port of the HTTP setting.
    Look at the server's own firewall, and at the security group of its network interface.
    Re-check: /agw recheck INC-7K2F
    INC-7K2F · asked by Alex · 2026-11-22 03:04 UTC
    ");
}

#[test]
fn all_is_well() {
    let mut evidence = Evidence::healthy(gateway());
    evidence.visits = vec![visit(Seen::Answer { status: 200 })];
    insta::assert_snapshot!(plain(&diagnosed(&evidence)), @r"
    agw-shop: Healthy
    All is well: all 3 servers are Healthy.
    Site: https://shop.example/ answers 200
    - Pool web, server shop.azurewebsites.net: Healthy, Success. Received 200 status code
    - Pool api, server 10.0.0.4: Healthy, Success. Received 200 status code
    - Pool api, server 10.0.0.5: Healthy, Success. Received 200 status code
    If visitors still see errors: look at what the application answers, and at the gateway's firewall log.
    INC-7K2F · asked by Alex · 2026-11-22 03:04 UTC
    ");
}

#[test]
fn the_number_of_servers_reads_well() {
    let lead = |change: fn(&mut Evidence)| {
        let mut evidence = Evidence::healthy(gateway());
        change(&mut evidence);
        super::incident(&diagnosed(&evidence)).lead.plain()
    };
    assert_eq!(lead(|_| {}), "All is well: all 3 servers are Healthy.");
    assert_eq!(
        lead(|evidence| evidence.servers("api", "http")[0].health = Health::Draining),
        "All is well: 2 of 3 servers Healthy, 1 draining."
    );
    let one = shop_with(|raw| {
        let redirect = json!({ "httpListener": id("httpListeners", "shop"),
            "redirectConfiguration": id("redirectConfigurations", "new") });
        raw["properties"]["requestRoutingRules"] = json!([{ "name": "away", "properties": redirect }]);
    });
    let found = diagnose(&Evidence::healthy(one), &ProbeDefaults::default());
    assert_eq!((found.overall, &found.outcome), (Overall::Healthy, &Outcome::Nothing));
    let none = done(opened(), |effect| *effect == Effect::Diagnose, Event::Diagnosed(Box::new(found)));
    assert_eq!(
        super::incident(&none).lead.plain(),
        "No rule sends visitors to a server, so there is none that could be unhealthy."
    );
}

#[test]
fn unclear() {
    let mut evidence = refused_by_servers(200);
    let action = "Microsoft.Network/applicationGateways/backendhealth/action".to_owned();
    evidence.health = Reading::NotRead(WhyNot::Forbidden { action });
    evidence.visits = vec![visit(Seen::Nothing { why: "no route".to_owned() })];
    insta::assert_snapshot!(plain(&diagnosed(&evidence)), @r#"
    agw-shop: Unclear
    What the gateway says about its servers could not be read in full, so there is no verdict.
    ? agw-shop → shop → web and 2 more → https → default probe / → web and 1 more → shop.azurewebsites.net
    Cause: missing-permission, not checked
    Site: https://shop.example/ not reached from here: no route
    - Not seen: backend health: the bot needs the permission Microsoft.Network/applicationGateways/backendhealth/action
    - Not seen: visit to https://shop.example/: no route
    - The bot lacks a permission, so this diagnosis has gaps. (not checked)
    Make a role of exactly these actions, or add them to the bot's own: az role definition create --role-definition '{"Name": "agw diagnosis", "Actions": ["Microsoft.Network/applicationGateways/backendhealth/action"], "AssignableScopes": ["/subscriptions/11111111-2222-3333-4444-555555555555"]}'
    Give it to the bot's identity, on this subscription or less: az role assignment create --role 'agw diagnosis' --assignee IDENTITY --scope /subscriptions/11111111-2222-3333-4444-555555555555
    Press Re-check some minutes later. What is read then may call for more: docs/permissions.md lists every action.
    Re-check: /agw recheck INC-7K2F
    INC-7K2F · asked by Alex · 2026-11-22 03:04 UTC
    "#);
}

#[test]
fn rejected() {
    insta::assert_snapshot!(plain(&pressed(proposed(), Verb::Reject)), @r"
    agw-shop: Rejected
    Rejected by Alex at 2026-11-22 03:04 UTC.
    - The default health probe asks for / and is refused with 403, so the gateway sends no visitors to servers that answer /healthz as they should.
    Re-check: /agw recheck INC-7K2F
    INC-7K2F · asked by Alex · 2026-11-22 03:04 UTC
    ");
}

#[test]
fn expired() {
    let late = now() + jiff::SignedDuration::from_mins(30);
    insta::assert_snapshot!(plain(&step(proposed(), Event::OfferEnded, &rules(), late)), @r"
    agw-shop: Expired
    Nobody decided before 2026-11-22 03:34 UTC, so the offer expired. Nothing was written.
    - The default health probe asks for / and is refused with 403, so the gateway sends no visitors to servers that answer /healthz as they should.
    Re-check: /agw recheck INC-7K2F
    INC-7K2F · asked by Alex · 2026-11-22 03:04 UTC
    ");
}

#[test]
fn writing() {
    insta::assert_snapshot!(plain(&approved()), @r###"
    agw-shop: Writing
    The change is being written. Azure takes about a minute.
    Approved by: Alex at 2026-11-22 03:04 UTC
      /properties/probes[custom-healthz]
    + {
    +   "id": "…/probes/custom-healthz",
    +   "name": "custom-healthz",
    +   "properties": {
    +     "interval": 30,
    +     "match": {"statusCodes": ["200-399"]},
    +     "minServers": 0,
    +     "path": "/healthz",
    +     "pickHostNameFromBackendHttpSettings": true,
    +     "protocol": "Https",
    +     "timeout": 30,
    +     "unhealthyThreshold": 3
    +   }
    + }
      /properties/backendHttpSettingsCollection[https]/properties/probe
    + {"id": "…/probes/custom-healthz"}
    INC-7K2F · asked by Alex · 2026-11-22 03:04 UTC
    "###);
}

#[test]
fn void() {
    let event = Event::Voided { why: noted::changed(&["/properties/probes[a]".to_owned()]) };
    insta::assert_snapshot!(plain(&step(approved(), event, &rules(), now())), @r"
    agw-shop: Plan void
    The approved plan is void: somebody changed /properties/probes[a] since the plan was shown. Reading the gateway again; a new plan needs a new approval.
    INC-7K2F · asked by Alex · 2026-11-22 03:04 UTC
    ");
}

#[test]
fn failed() {
    let event = Event::GaveUp {
        why: "The gateway could not be read before writing: no answer from Azure within 30 s.".to_owned(),
    };
    insta::assert_snapshot!(plain(&step(approved(), event, &rules(), now())), @r"
    agw-shop: Failed
    The gateway could not be read before writing: no answer from Azure within 30 s.
    Re-check looks at the gateway as it is now.
    Re-check: /agw recheck INC-7K2F
    INC-7K2F · asked by Alex · 2026-11-22 03:04 UTC
    ");
}

#[test]
fn measuring() {
    insta::assert_snapshot!(plain(&verifying(&["/tags/owner"])), @r###"
    agw-shop: Verifying
    The change is in place. Waiting for the servers to be Healthy.
    Approved by: Alex at 2026-11-22 03:04 UTC
      /properties/probes[custom-healthz]
    + {
    +   "id": "…/probes/custom-healthz",
    +   "name": "custom-healthz",
    +   "properties": {
    +     "interval": 30,
    +     "match": {"statusCodes": ["200-399"]},
    +     "minServers": 0,
    +     "path": "/healthz",
    +     "pickHostNameFromBackendHttpSettings": true,
    +     "protocol": "Https",
    +     "timeout": 30,
    +     "unhealthyThreshold": 3
    +   }
    + }
      /properties/backendHttpSettingsCollection[https]/properties/probe
    + {"id": "…/probes/custom-healthz"}
    Somebody else changed the gateway meanwhile, and their change is kept: /tags/owner
    INC-7K2F · asked by Alex · 2026-11-22 03:04 UTC
    "###);
}

#[test]
fn fixed() {
    let fixed = measured(&log_of(200), true);
    insta::assert_snapshot!(plain(&fixed), @r###"
    agw-shop: Fixed
    The change is in place, and the one server is Healthy.
    Approved by: Alex at 2026-11-22 03:04 UTC
    Servers: the one server is Healthy
    Site: https://shop.example/ answers 200
    - Pool web, server shop.azurewebsites.net: Healthy, Success. Received 200 status code
    - Pool api, server 10.0.0.4: Healthy, Success. Received 200 status code
    - Pool api, server 10.0.0.5: Healthy, Success. Received 200 status code
      /properties/probes[custom-healthz]
    + {
    +   "id": "…/probes/custom-healthz",
    +   "name": "custom-healthz",
    +   "properties": {
    +     "interval": 30,
    +     "match": {"statusCodes": ["200-399"]},
    +     "minServers": 0,
    +     "path": "/healthz",
    +     "pickHostNameFromBackendHttpSettings": true,
    +     "protocol": "Https",
    +     "timeout": 30,
    +     "unhealthyThreshold": 3
    +   }
    + }
      /properties/backendHttpSettingsCollection[https]/properties/probe
    + {"id": "…/probes/custom-healthz"}
    Undo: /agw undo INC-7K2F
    INC-7K2F · asked by Alex · 2026-11-22 03:04 UTC
    "###);
    insta::assert_snapshot!(history(&fixed).unwrap().plain(), @"
    INC-7K2F: History
    What happened, in UTC.
    - 2026-11-22 03:04 UTC Opened by Alex
    - 2026-11-22 03:04 UTC Diagnosed: a fix is offered (probe-path-refused, confirmed)
    - 2026-11-22 03:04 UTC Alex approved plan bca7e13f
    - 2026-11-22 03:04 UTC Read back: exactly the approved change
    - 2026-11-22 03:04 UTC Every server that the change reaches is Healthy
    - 2026-11-22 03:04 UTC Closed
    Keep /healthz light and free of logins: each instance of the gateway asks for it every 30 s.
    For next time: alerts, such as one on UnhealthyHostCount (/agw watch agw-shop), and the access and firewall logs sent to Log Analytics (/agw logs agw-shop). Each looks first at what is there.
    ");
}

#[test]
fn fixed_says_what_is_still_sick_beside_it() {
    let gateway = gateway();
    let found = health(&gateway, |pool, _| if *pool == Name::new("api") { log_of(500) } else { log_of(200) });
    let paths = paths(&gateway, &Reading::Read(found));
    let event = Event::HealthRead { healthy: Ok(true), paths, visits: Vec::new() };
    let card = super::incident(&step(verifying(&[]), event, &rules(), now()));
    assert_eq!(card.lead.plain(), "The change is in place, and the one server is Healthy.");
    let note = "2 servers of other HTTP settings are not Healthy; this change does not reach them. /agw diagnose agw-shop looks at them.";
    assert!(card.notes.iter().any(|line| line.plain() == note), "{}", card.plain());
}

#[test]
fn not_fixed() {
    insta::assert_snapshot!(plain(&measured(&log_of(500), false)), @r###"
    agw-shop: Not fixed
    The change is in place and did not suffice: the one server is not Healthy.
    Approved by: Alex at 2026-11-22 03:04 UTC
    Servers: the one server is not Healthy
    Site: https://shop.example/ answers 502
    - Pool web, server shop.azurewebsites.net: Unhealthy, Received invalid status code: 500 in the backend server's HTTP response. As per the health probe configuration, 200-399 is the acceptable status code. Either modify probe configuration or resolve backend issues.
    - Pool api, server 10.0.0.4: Healthy, Success. Received 200 status code
    - Pool api, server 10.0.0.5: Healthy, Success. Received 200 status code
      /properties/probes[custom-healthz]
    + {
    +   "id": "…/probes/custom-healthz",
    +   "name": "custom-healthz",
    +   "properties": {
    +     "interval": 30,
    +     "match": {"statusCodes": ["200-399"]},
    +     "minServers": 0,
    +     "path": "/healthz",
    +     "pickHostNameFromBackendHttpSettings": true,
    +     "protocol": "Https",
    +     "timeout": 30,
    +     "unhealthyThreshold": 3
    +   }
    + }
      /properties/backendHttpSettingsCollection[https]/properties/probe
    + {"id": "…/probes/custom-healthz"}
    Look at: the port the application listens on; its certificate, if the probe uses HTTPS; DNS in the gateway's network; network security groups and routes between gateway and servers; an application slower than the probe's timeout.
    Undo restores the former probe.
    Re-check: /agw recheck INC-7K2F
    Undo: /agw undo INC-7K2F
    INC-7K2F · asked by Alex · 2026-11-22 03:04 UTC
    "###);
}

#[test]
fn an_undo_is_offered() {
    insta::assert_snapshot!(plain(&pressed(measured(&log_of(200), true), Verb::Undo)), @r#"
    agw-shop: Undo?
    This takes the change back, so that the former probe decides again.
    Reaches: 1 listener, 2 rules, 1 path rule, 1 pool
    Asked for by: Alex
      /properties/backendHttpSettingsCollection[https]/properties/probe
    - {"id": "…/probes/custom-healthz"}
      /properties/probes[custom-healthz]
    - {
    -   "id": "…/probes/custom-healthz",
    -   "name": "custom-healthz",
    -   "properties": {
    -     "interval": 30,
    -     "match": {"statusCodes": ["200-399"]},
    -     "minServers": 0,
    -     "path": "/healthz",
    -     "pickHostNameFromBackendHttpSettings": true,
    -     "protocol": "Https",
    -     "timeout": 30,
    -     "unhealthyThreshold": 3
    -   }
    - }
    Approve takes the change of agw-shop (https://portal.azure.com/#resource…) back, after reading it once more.
    Azure takes a minute or more. Requests go on; connections that last longer than a few minutes, such as WebSockets, may be cut.
    Approve: /agw approve INC-7K2F 03401363
    Reject: /agw reject INC-7K2F
    Plan 03401363 · can be approved until 2026-11-22 03:34 UTC
    INC-7K2F · asked by Alex · 2026-11-22 03:04 UTC
    "#);
}

#[test]
fn undone() {
    insta::assert_snapshot!(plain(every_state().last().unwrap()), @r###"
    agw-shop: Undone
    The change was taken back; the former probe decides again.
    Approved by: Alex at 2026-11-22 03:04 UTC
      /properties/backendHttpSettingsCollection[https]/properties/probe
    - {"id": "…/probes/custom-healthz"}
      /properties/probes[custom-healthz]
    - {
    -   "id": "…/probes/custom-healthz",
    -   "name": "custom-healthz",
    -   "properties": {
    -     "interval": 30,
    -     "match": {"statusCodes": ["200-399"]},
    -     "minServers": 0,
    -     "path": "/healthz",
    -     "pickHostNameFromBackendHttpSettings": true,
    -     "protocol": "Https",
    -     "timeout": 30,
    -     "unhealthyThreshold": 3
    -   }
    - }
    INC-7K2F · asked by Alex · 2026-11-22 03:04 UTC
    "###);
}
