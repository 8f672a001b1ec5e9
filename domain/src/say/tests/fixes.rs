//! The cards of fixes beside the health probe.

use serde_json::{Value, json};

use super::*;
use crate::gateway::fixture::{list, probe};
use crate::id::ResourceId;
use crate::plan::{Fix, FixKind, Plan};

const APP: &str = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Web/sites/shop";

fn login() -> Box<Value> {
    Box::new(json!({ "id": APP, "properties": {
        "platform": { "enabled": true },
        "globalValidation": { "requireAuthentication": true, "excludedPaths": ["/public"] },
    }}))
}

/// A gateway for which each kind of fix is something, and the fixes.
fn fixes() -> (Gateway, Vec<Fix>) {
    let gateway = shop_with(|raw| {
        list(raw, "probes").push(probe("root", json!({ "path": "/", "timeout": 5, "interval": 10 })));
        list(raw, "probes").push(probe("status", json!({ "path": "/status" })));
        list(raw, "backendHttpSettingsCollection")[0]["properties"]["probe"] = id("probes", "root");
    });
    let fixes = vec![
        Fix::HealthProbe,
        Fix::UseProbe { probe: Name::new("status") },
        Fix::PickHost { probe_too: false },
        Fix::RaiseTimeout { timeout_s: 20 },
        Fix::ExcludePath {
            app: ResourceId::parse(APP).unwrap(),
            path: "/healthz".to_owned(),
            settings: login(),
        },
    ];
    (gateway, fixes)
}

fn offer(fix: &Fix) -> Incident {
    let plan = Plan::of(&fixes().0, &[(Name::new("https"), fix.clone())], &ProbeDefaults::default()).unwrap();
    let mut found = diagnose(&refused_by_servers(200), &ProbeDefaults::default());
    found.outcome = Outcome::Offer(Box::new(plan));
    done(opened(), |effect| *effect == Effect::Diagnose, Event::Diagnosed(Box::new(found)))
}

/// What the card says beside what every offer says.
fn special(card: &Card) -> String {
    let diff = card.diff.iter().map(|line| format!("{} {}", line.sign.as_char(), line.text));
    card.notes.iter().map(Text::plain).chain(diff).collect::<Vec<_>>().join("\n")
}

fn all(tell: impl Fn(Incident) -> String) -> String {
    let told =
        fixes().1.into_iter().skip(1).map(|fix| format!("== {}\n{}", fix.kind().as_str(), tell(offer(&fix))));
    told.collect::<Vec<_>>().join("\n\n")
}

fn written(offered: Incident, healthy: bool) -> Incident {
    let approved = pressed(offered, Verb::Approve);
    let applying = step(approved, Event::Intended { before: Box::new(shop()) }, &rules(), now());
    let back = ReadBack { applied: true, missing: Vec::new(), unexpected: Vec::new() };
    let verifying = step(applying, Event::ReadBack(back), &rules(), now());
    if verifying.goes_on() {
        // What is let through has still to answer.
        let found = diagnose(&refused_by_servers(404), &ProbeDefaults::default());
        return done(verifying, |effect| *effect == Effect::Diagnose, Event::Diagnosed(Box::new(found)));
    }
    let log = log_of(if healthy { 200 } else { 500 });
    let found = health(&gateway(), |_, _| log.clone());
    let event = Event::HealthRead {
        healthy: Ok(healthy),
        paths: paths(&gateway(), &Reading::Read(found)),
        visits: vec![visit(Seen::Answer { status: 200 })],
    };
    step(verifying, event, &rules(), now() + jiff::SignedDuration::from_mins(10))
}

#[test]
fn every_offer_says_what_it_changes_and_what_to_know() {
    insta::assert_snapshot!(all(|offered| special(&incident(&offered))), @r#"
    == use-probe
    Approve writes this one change to agw-shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop), after reading it once more. It can be undone from here.
    Azure takes a minute or more. Requests go on; connections that last longer than a few minutes, such as WebSockets, may be cut.
      /properties/backendHttpSettingsCollection[https]/properties/probe
    - {"id": "…/probes/root"}
    + {"id": "…/probes/status"}

    == pick-host
    Visitors' requests reach each server under its own name then, not under the one they asked for. An application that makes cookies, redirects or links from the host name makes them for that name: a sign-in may lead there, and a cookie may be lost.
    If it needs the visitor's own host name: reject this, and add that name to the app as a custom domain.
    Approve writes this one change to agw-shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop), after reading it once more. It can be undone from here.
    Azure takes a minute or more. Requests go on; connections that last longer than a few minutes, such as WebSockets, may be cut.
      /properties/backendHttpSettingsCollection[https]/properties/pickHostNameFromBackendAddress
    - false
    + true
      /properties/backendHttpSettingsCollection[https]/properties/hostName
    - "shop.azurewebsites.net"

    == raise-timeout
    This mends the probe and not the application: find out why it is slow. Visitors' requests wait no longer than before.
    With root probing every 20 s, a server that fails counts as Unhealthy after about 60 s.
    Approve writes this one change to agw-shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop), after reading it once more. It can be undone from here.
    Azure takes a minute or more. Requests go on; connections that last longer than a few minutes, such as WebSockets, may be cut.
      /properties/probes[root]/properties/timeout
    - 5
    + 20
      /properties/probes[root]/properties/interval
    - 10
    + 20

    == exclude-path
    Approve writes this one change to the authentication settings of shop, after reading them once more. The gateway itself stays as it is.
    App Service restarts the app for it: requests may fail for a while.
    Anybody can ask for this path then, without a login: approve it only if it tells nothing secret.
    It is the first of two steps: afterwards the gateway is looked at again, and the probe that asks for this path is a plan of its own. Undo is there until that one is in place.
      /subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Web/sites/shop/config/authsettingsV2
      /properties/globalValidation/excludedPaths
    - ["/public"]
    + ["/public", "/healthz"]
    "#);
}

#[test]
fn every_undo_says_what_comes_back() {
    let told = all(|offered| {
        let asked = pressed(written(offered, true), Verb::Undo);
        let approved = pressed(asked.clone(), Verb::Approve);
        let applying = step(approved, Event::Intended { before: Box::new(shop()) }, &rules(), now());
        let back = ReadBack { applied: true, missing: Vec::new(), unexpected: Vec::new() };
        let undone = step(applying, Event::ReadBack(back), &rules(), now());
        format!("{}\n{}", incident(&asked).lead.plain(), incident(&undone).lead.plain())
    });
    insta::assert_snapshot!(told, @"
    == use-probe
    This takes the change back, so that the former probe decides again.
    The change was taken back; the former probe decides again.

    == pick-host
    This takes the change back, so that the servers are asked for the former host name again.
    The change was taken back; the servers are asked for the former host name again.

    == raise-timeout
    This takes the change back, so that the probe waits no longer than it did before.
    The change was taken back; the probe waits no longer than it did before.

    == exclude-path
    This takes the change back, so that App Service asks for a login on that path again. It restarts the app.
    The change was taken back; App Service asks for a login on that path again.
    ");
}

#[test]
fn a_step_on_the_way_says_what_comes_next() {
    let (gateway, fixes) = fixes();
    let fix = fixes.last().unwrap();
    let approved = pressed(offer(fix), Verb::Approve);
    let applying =
        step(approved, Event::Intended { before: Box::new(gateway.raw().clone()) }, &rules(), now());
    let back = ReadBack { applied: true, missing: Vec::new(), unexpected: Vec::new() };
    let card = incident(&step(applying, Event::ReadBack(back), &rules(), now()));
    insta::assert_snapshot!(format!("{}: {}", card.status, card.lead.plain()), @"One step done: App Service lets the health path through without a login now, and restarts the app. Once that is over the gateway is looked at again: the next plan is the probe that asks for this path.");
}

#[test]
fn what_did_not_help_says_what_undo_restores() {
    insta::assert_snapshot!(all(|offered| special(&incident(&written(offered, false)))), @r#"
    == use-probe
    Look at: the port the application listens on; its certificate, if the probe uses HTTPS; DNS in the gateway's network; network security groups and routes between gateway and servers; an application slower than the probe's timeout.
    Undo restores the former probe.
      /properties/backendHttpSettingsCollection[https]/properties/probe
    - {"id": "…/probes/root"}
    + {"id": "…/probes/status"}

    == pick-host
    Look at: the port the application listens on; its certificate, if the probe uses HTTPS; DNS in the gateway's network; network security groups and routes between gateway and servers; an application slower than the probe's timeout.
    Undo restores the former host name.
      /properties/backendHttpSettingsCollection[https]/properties/pickHostNameFromBackendAddress
    - false
    + true
      /properties/backendHttpSettingsCollection[https]/properties/hostName
    - "shop.azurewebsites.net"

    == raise-timeout
    Look at: the port the application listens on; its certificate, if the probe uses HTTPS; DNS in the gateway's network; network security groups and routes between gateway and servers; an application slower than the probe's timeout.
    Undo restores the former timeout.
      /properties/probes[root]/properties/timeout
    - 5
    + 20
      /properties/probes[root]/properties/interval
    - 10
    + 20

    == exclude-path
    /healthz answers 404 today. Add an endpoint there that answers 200 without a login, deploy it, and press Re-check: then I can point the probe at it. Nothing was written.
    "#);
}

#[test]
fn every_state_of_every_fix_is_a_whole_card() {
    for fix in fixes().1 {
        let offered = offer(&fix);
        let (fixed, not_fixed) = (written(offered.clone(), true), written(offered.clone(), false));
        for state in [offered, fixed.clone(), not_fixed, pressed(fixed, Verb::Undo)] {
            check(&incident(&state));
            history(&state).iter().for_each(check);
        }
    }
    assert_eq!(fixes().1.len(), FixKind::FIXES.len());
}
