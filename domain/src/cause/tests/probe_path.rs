//! A path that the application refuses.

use super::*;

#[test]
fn a_refused_root_with_a_green_health_path_is_mended_by_a_probe() {
    for status in [401, 403, 404, 405, 500, 503] {
        let diagnosis = found(&refused(status).tried("web", "https", "/healthz", &[&log_of(200)]));
        assert_eq!(diagnosis.overall, Overall::Unhealthy);
        assert_eq!(
            (lead(&diagnosis).verdict, &lead(&diagnosis).remedy),
            (Verdict::Confirmed, &Remedy::Fix(Fix::HealthProbe))
        );
        assert!(
            matches!(&diagnosis.outcome, Outcome::Offer(plan) if plan.settings() == [Name::new("https")])
        );
    }
    let diagnosis = found(&refused(403).tried("web", "https", "/healthz", &[&log_of(200)]));
    insta::assert_snapshot!(told(lead(&diagnosis)), @r"
    probe-path-refused confirmed: The default health probe asks for / and is refused with 403, so the gateway sends no visitors to servers that answer /healthz as they should.
    - Backend health: the one server refuses / with 403 (forbidden)
    - Probe of / on demand, pool web: shop.azurewebsites.net refused the probe with 403
    - Probe of /healthz on demand, pool web: shop.azurewebsites.net answered the probe with 200
    > probe
    ");
}

#[test]
fn a_refused_root_with_a_red_health_path_needs_the_endpoint_first() {
    for status in [401, 403, 404, 405] {
        let diagnosis = found(&refused(status).tried("web", "https", "/healthz", &[&log_of(404)]));
        assert_eq!(lead(&diagnosis).verdict, Verdict::Confirmed);
        let outcome = Outcome::AddEndpoint { path: "/healthz".to_owned(), status: Some(404) };
        assert_eq!(diagnosis.outcome, outcome);
    }
    let diagnosis = found(&refused(401).tried("web", "https", "/healthz", &[&log_of(401)]));
    insta::assert_snapshot!(told(lead(&diagnosis)), @"
    probe-path-refused confirmed: The default health probe asks for / and is refused with 401, so the gateway takes the servers for dead, although they answer.
    - Backend health: the one server refuses / with 401 (it asks for a login)
    - Probe of / on demand, pool web: shop.azurewebsites.net refused the probe with 401
    - Probe of /healthz on demand, pool web: shop.azurewebsites.net refused the probe with 401
    > add /healthz, now Some(401)
    ");
}

#[test]
fn who_forbids_the_health_path_too_may_forbid_the_gateway_as_such() {
    let diagnosis = found(&refused(403).tried("web", "https", "/healthz", &[&log_of(403)]));
    assert_eq!((lead(&diagnosis).verdict, &diagnosis.outcome), (Verdict::Consistent, &Outcome::ByHand));
    insta::assert_snapshot!(told(lead(&diagnosis)), @"
    probe-path-refused consistent, not proven: The default health probe asks for / and is refused with 403, and so is /healthz. The application may want a login, or something may keep the gateway out as such.
    - Backend health: the one server refuses / with 403 (forbidden)
    - Probe of / on demand, pool web: shop.azurewebsites.net refused the probe with 403
    - Probe of /healthz on demand, pool web: shop.azurewebsites.net refused the probe with 403
    > Find out who answers 403, the application or something in front of it, and whether it keeps out the gateway's address: a list of allowed addresses, a rule of the web server, a firewall.
    > If the application wants a login: add an endpoint at /healthz that answers 200 without one, and press Re-check.
    ");
}

#[test]
fn a_failing_application_is_not_blamed_on_the_path() {
    for status in [500, 503] {
        let diagnosis = found(&refused(status).tried("web", "https", "/healthz", &[&log_of(status)]));
        assert_eq!(lead(&diagnosis).verdict, Verdict::Consistent);
        assert_eq!(diagnosis.outcome, Outcome::ByHand);
    }
    let diagnosis = found(&refused(500).tried("web", "https", "/healthz", &[&log_of(404)]));
    insta::assert_snapshot!(told(lead(&diagnosis)), @r"
    probe-path-refused consistent, not proven: The default health probe asks for / and is refused with 500. Whether the path or the application is at fault is not settled.
    - Backend health: the one server refuses / with 500 (it fails)
    - Probe of / on demand, pool web: shop.azurewebsites.net failed the probe with 500
    - Probe of /healthz on demand, pool web: shop.azurewebsites.net failed the probe with 404
    > Find out in the application's log why it answers 500 to /, and mend that.
    > If only this path fails: add an endpoint at /healthz that answers 200 without a login, and press Re-check.
    ");
}

#[test]
fn without_a_trial_nothing_is_confirmed_and_nothing_is_claimed_about_the_health_path() {
    let forbidden = WhyNot::Forbidden {
        action: "Microsoft.Network/applicationGateways/getBackendHealthOnDemand/action".to_owned(),
    };
    for status in [401, 403, 404, 405, 500, 503] {
        let log = log_of(status);
        let evidence = well().seen("web", "https", &[&log]);
        let diagnosis = found(&evidence.not_tried("web", "https", "/healthz", forbidden.clone()));
        assert_eq!(lead(&diagnosis).verdict, Verdict::Consistent);
        assert_eq!(diagnosis.outcome, Outcome::ByHand);
        assert!(diagnosis.gaps.iter().any(|gap| gap.contains("getBackendHealthOnDemand/action")));
    }
    let diagnosis = found(&refused(403).not_tried("web", "https", "/healthz", forbidden));
    assert_eq!(diagnosis.outcome, Outcome::ByHand);
    insta::assert_snapshot!(told(lead(&diagnosis)), @r"
    probe-path-refused confirmed: The default health probe asks for / and is refused with 403, so the gateway takes the servers for dead, although they answer.
    - Backend health: the one server refuses / with 403 (forbidden)
    - Probe of / on demand, pool web: shop.azurewebsites.net refused the probe with 403
    - Probe of /healthz on demand, pool web: not run, the bot needs the permission Microsoft.Network/applicationGateways/getBackendHealthOnDemand/action
    > Whether /healthz answers 200 is not known for pool web, so no fix is offered.
    > The reason stands in the evidence. Re-check once it is out of the way, or request that path from a machine in the gateway's virtual network.
    ");
}

#[test]
fn a_custom_probe_on_the_health_path_that_is_missing_needs_the_endpoint() {
    let log = log_of(404);
    let evidence = Evidence::healthy(with_probe("/healthz")).seen("web", "https", &[&log]);
    let diagnosis = found(&evidence.tried("web", "https", "/healthz", &[&log]));
    assert!(matches!(diagnosis.outcome, Outcome::AddEndpoint { status: Some(404), .. }));
    insta::assert_snapshot!(told(lead(&diagnosis)), @r"
    probe-path-refused confirmed: The health probe theirs asks for /healthz and is refused with 404, so the gateway takes the servers for dead, although they answer.
    - Backend health: the one server refuses /healthz with 404 (nothing at this path)
    - Probe of /healthz on demand, pool web: shop.azurewebsites.net failed the probe with 404
    > add /healthz, now Some(404)
    ");
}

#[test]
fn a_custom_probe_on_a_health_path_that_answers_on_demand_is_not_blamed_on_the_path() {
    let evidence = Evidence::healthy(with_probe("/healthz")).seen("web", "https", &[&log_of(404)]);
    let diagnosis = found(&evidence.tried("web", "https", "/healthz", &[&log_of(200)]));
    assert_eq!((lead(&diagnosis).verdict, &diagnosis.outcome), (Verdict::Consistent, &Outcome::ByHand));
    insta::assert_snapshot!(told(lead(&diagnosis)), @r"
    probe-path-refused consistent, not proven: The health probe theirs asks for /healthz and is refused with 404. Whether the path or the application is at fault is not settled.
    - Backend health: the one server refuses /healthz with 404 (nothing at this path)
    - Probe of /healthz on demand, pool web: shop.azurewebsites.net answered the probe with 200
    > On demand, /healthz answers as it should. Re-check in a few minutes.
    > If the probe is still refused: compare its host name and accepted status codes with those of HTTP setting https.
    ");
}

#[test]
fn a_custom_probe_on_another_path_is_named() {
    let log = log_of(404);
    let evidence = Evidence::healthy(with_probe("/status")).seen("web", "https", &[&log]);
    let evidence = evidence.tried("web", "https", "/status", &[&log]);
    let diagnosis = found(&evidence.tried("web", "https", "/healthz", &[&log_of(204)]));
    assert!(matches!(diagnosis.outcome, Outcome::Offer(_)));
    assert!(lead(&diagnosis).sentence.plain().starts_with("The health probe theirs asks for /status"));
}

/// Both pools behind one setting.
fn shared() -> Evidence {
    let gateway = shop_with(|raw| list(raw, "requestRoutingRules").push(rule("api", 30, "api", "https")));
    let log = log_of(403);
    let evidence =
        Evidence::healthy(gateway).seen("web", "https", &[&log]).tried("web", "https", "/", &[&log]);
    evidence.tried("web", "https", "/healthz", &[&log_of(200)])
}

#[test]
fn a_shared_setting_is_not_changed_while_one_pool_lacks_the_endpoint() {
    let diagnosis = found(&shared().tried("api", "https", "/healthz", &[&log_of(200), &log_of(404)]));
    assert!(matches!(diagnosis.outcome, Outcome::AddEndpoint { status: Some(404), .. }));
    insta::assert_snapshot!(told(lead(&diagnosis)), @r"
    probe-path-refused confirmed: The default health probe asks for / and is refused with 403, so the gateway takes the servers for dead, although they answer.
    - Backend health: 1 of 3 servers refuses / with 403 (forbidden)
    - Probe of / on demand, pool web: shop.azurewebsites.net refused the probe with 403
    - Probe of /healthz on demand, pool web: shop.azurewebsites.net answered the probe with 200
    - Probe of /healthz on demand, pool api: 10.0.0.4 answered the probe with 200, 10.0.0.5 failed the probe with 404
    > add /healthz, now Some(404)
    ");
}

#[test]
fn a_shared_setting_is_not_changed_while_one_pool_was_not_tried() {
    let slow = WhyNot::TooSlow { seconds: 90 };
    for evidence in [shared(), shared().not_tried("api", "https", "/healthz", slow)] {
        let diagnosis = found(&evidence);
        assert_eq!(diagnosis.outcome, Outcome::ByHand);
        let steps = told(lead(&diagnosis));
        assert!(steps.contains("Whether /healthz answers 200 is not known for pool api"), "{steps}");
    }
}

#[test]
fn a_shared_setting_is_changed_when_every_pool_has_the_endpoint() {
    let green = log_of(200);
    let diagnosis = found(&shared().tried("api", "https", "/healthz", &[&green, &green]));
    assert!(matches!(&diagnosis.outcome, Outcome::Offer(plan) if plan.serves().pools.len() == 2));
}

#[test]
fn trials_are_wanted_for_every_pool_of_a_sick_setting_and_for_no_other() {
    let evidence = shared();
    let wanted = trials_wanted(&evidence.gateway, evidence.health.value().unwrap(), "/healthz");
    let wanted: Vec<_> = wanted.iter().map(|trial| (trial.pool.as_str(), trial.path.as_str())).collect();
    assert_eq!(wanted, [("web", "/"), ("web", "/healthz"), ("api", "/"), ("api", "/healthz")]);
    let well = well();
    assert!(trials_wanted(&well.gateway, well.health.value().unwrap(), "/healthz").is_empty());
}
