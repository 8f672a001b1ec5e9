//! A change as code is shown whole: half of it would be worse than none.

use domain::approval::Policies;
use domain::diagnosis::{Diagnosis, Outcome, Overall};
use domain::gateway::Gateway;
use domain::id::Name;
use domain::incident::{Event, Incident, IncidentId, OnCall, Rules, Timing, step};
use domain::keep::{self, Language};
use domain::plan::{Plan, ProbeDefaults};
use domain::say;
use jiff::{SignedDuration, Timestamp};

use super::*;

/// The plan for a gateway with this many HTTP settings.
fn plan(settings: usize) -> Plan {
    let names: Vec<String> = (1..=settings).map(|number| format!("backend-setting-{number:02}")).collect();
    let setting = |name: &String| json!({ "name": name, "properties": { "port": 80, "protocol": "Http" } });
    let gateway = json!({
        "id": "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-web/providers/Microsoft.Network/applicationGateways/agw-prod-01",
        "properties": {
            "provisioningState": "Succeeded", "operationalState": "Running", "probes": [],
            "backendHttpSettingsCollection": names.iter().map(setting).collect::<Vec<_>>(),
        },
    });
    let gateway = Gateway::parse(gateway).expect("a gateway");
    let names: Vec<Name> = names.iter().map(Name::new).collect();
    Plan::health_probe(&gateway, &names, &ProbeDefaults::default()).expect("a plan")
}

/// The card for a plan that is on offer.
fn card(plan: &Plan) -> Card {
    let now: Timestamp = "2026-11-22T03:04:00Z".parse().expect("a time");
    let rules = Rules {
        approval: Policies::default(),
        probe: ProbeDefaults::default(),
        timing: Timing::default(),
        oncall: OnCall::default(),
    };
    let id = IncidentId::parse("INC-7K2F").expect("an id");
    let mut incident = Incident::open(id, plan.gateway().clone(), None, Vec::new(), now);
    let claimed = incident.claim(now, SignedDuration::ZERO);
    let diagnosis = Diagnosis {
        gateway: plan.gateway().clone(),
        at: now,
        overall: Overall::Unhealthy,
        findings: Vec::new(),
        outcome: Outcome::Offer(Box::new(plan.clone())),
        paths: Vec::new(),
        visits: Vec::new(),
        gaps: Vec::new(),
        reads: Vec::new(),
    };
    incident = incident.complete(&claimed[0], Event::Diagnosed(Box::new(diagnosis)), &rules, now);
    incident = step(incident, Event::Said, &rules, now);
    say::code(&incident).expect("a change")
}

#[test]
fn one_setting() {
    insta::assert_snapshot!(sent(&card(&plan(1))), @r#"
    # ℹ️ Keep it in code: agw-prod-01
    Nothing is written yet. The change on offer, for your code:
    *Bicep*
    ```
    // Belongs in the properties of agw-prod-01 (Microsoft.Network/applicationGateways@2025-07-01).
    // Other entries of these lists stay, and so do the other properties of these entries.
    backendHttpSettingsCollection: [
      {
        name: 'backend-setting-01'
        properties: {
          probe: {
            id: resourceId('Microsoft.Network/applicationGateways/probes', 'agw-prod-01', 'custom-healthz')
          }
        }
      }
    ]
    probes: [
      {
        name: 'custom-healthz'
        properties: {
          host: '127.0.0.1'
          interval: 30
          match: {
            statusCodes: [
              '200-399'
            ]
          }
          minServers: 0
          path: '/healthz'
          pickHostNameFromBackendHttpSettings: false
          protocol: 'Http'
          timeout: 30
          unhealthyThreshold: 3
        }
      }
    ]
    ```
    *Terraform*
    ```
    # Belongs in the azurerm_application_gateway agw-prod-01.
    probe {
      name                = "custom-healthz"
      protocol            = "Http"
      path                = "/healthz"
      interval            = 30
      timeout             = 30
      unhealthy_threshold = 3
      minimum_servers     = 0
      host                = "127.0.0.1"
      match {
        status_code = ["200-399"]
      }
    }
    # These blocks are there already: add probe_name to each.
    backend_http_settings {
      name       = "backend-setting-01"
      probe_name = "custom-healthz"
    }
    ```
    *az*
    ```
    # For bash. Each command writes the gateway once.
    # az leaves out of a write what its version does not know of a gateway.
    az network application-gateway probe create \
      --subscription 11111111-2222-3333-4444-555555555555 --resource-group rg-web --gateway-name agw-prod-01 \
      --name custom-healthz \
      --protocol Http --path /healthz \
      --host-name-from-http-settings false --host 127.0.0.1 \
      --interval 30 --timeout 30 --threshold 3 --min-servers 0 \
      --match-status-codes 200-399
    az network application-gateway http-settings update \
      --subscription 11111111-2222-3333-4444-555555555555 --resource-group rg-web --gateway-name agw-prod-01 \
      --name backend-setting-01 \
      --probe custom-healthz
    ```
    `agw code INC-7K2F --as bicep` prints one of them alone, in a terminal.
    (<https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-web/providers/Microsoft.Network/applicationGateways/agw-prod-01|agw-prod-01> · `INC-7K2F`)
    "#);
}

#[test]
fn ten_settings_are_shown_whole() {
    let plan = plan(10);
    let sent = sent(&card(&plan));
    assert!(!sent.contains('…'), "{sent}");
    let lines: Vec<&str> = sent.lines().collect();
    for line in Language::ALL.map(|language| keep::text(&plan, language)).join("\n").lines() {
        assert!(lines.contains(&line), "{line}");
    }
}

#[test]
fn what_is_too_much_for_a_message_is_left_out_by_whole_parts() {
    let sent = sent(&card(&plan(40)));
    assert!(sent.contains("more in the thread") && sent.contains("agw code INC-7K2F --as bicep"), "{sent}");
    assert!(!sent.contains(" lines\n"), "no part is cut: {sent}");
}
