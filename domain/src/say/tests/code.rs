//! The change as code.

use super::*;
use crate::gateway::fixture::{list, setting};
use crate::plan::Plan;

fn plain(incident: &Incident) -> String {
    code(incident).unwrap().plain()
}

fn undone() -> Incident {
    let offered = pressed(measured(&log_of(200), true), Verb::Undo);
    let applying =
        step(pressed(offered, Verb::Approve), Event::Intended { before: Box::new(shop()) }, &rules(), now());
    let back = ReadBack { applied: true, missing: Vec::new(), unexpected: Vec::new() };
    step(applying, Event::ReadBack(back), &rules(), now())
}

#[test]
fn of_what_is_in_place() {
    insta::assert_snapshot!(plain(&measured(&log_of(200), true)), @r#"
    agw-shop: Keep it in code
    The next deployment of this gateway would take the change back. The same change for your code:
    Bicep:
        // Belongs in the properties of agw-shop (Microsoft.Network/applicationGateways@2025-07-01).
        // Other entries of these lists stay, and so do the other properties of these entries.
        backendHttpSettingsCollection: [
          {
            name: 'https'
            properties: {
              probe: {
                id: resourceId('Microsoft.Network/applicationGateways/probes', 'agw-shop', 'custom-healthz')
              }
            }
          }
        ]
        probes: [
          {
            name: 'custom-healthz'
            properties: {
              interval: 30
              match: {
                statusCodes: [
                  '200-399'
                ]
              }
              minServers: 0
              path: '/healthz'
              pickHostNameFromBackendHttpSettings: true
              protocol: 'Https'
              timeout: 30
              unhealthyThreshold: 3
            }
          }
        ]
    Terraform:
        # Belongs in the azurerm_application_gateway agw-shop.
        probe {
          name                                      = "custom-healthz"
          protocol                                  = "Https"
          path                                      = "/healthz"
          interval                                  = 30
          timeout                                   = 30
          unhealthy_threshold                       = 3
          minimum_servers                           = 0
          pick_host_name_from_backend_http_settings = true
          match {
            status_code = ["200-399"]
          }
        }
        # These blocks are there already: add probe_name to each.
        backend_http_settings {
          name       = "https"
          probe_name = "custom-healthz"
        }
    az:
        # For bash. Each command writes the gateway once.
        # az leaves out of a write what its version does not know of a gateway.
        az network application-gateway probe create \
          --subscription 11111111-2222-3333-4444-555555555555 --resource-group rg-shop --gateway-name agw-shop \
          --name custom-healthz \
          --protocol Https --path /healthz \
          --host-name-from-http-settings true \
          --interval 30 --timeout 30 --threshold 3 --min-servers 0 \
          --match-status-codes 200-399
        az network application-gateway http-settings update \
          --subscription 11111111-2222-3333-4444-555555555555 --resource-group rg-shop --gateway-name agw-shop \
          --name https \
          --probe custom-healthz
    agw code INC-7K2F --as bicep prints one of them alone, in a terminal.
    INC-7K2F
    "#);
}

#[test]
fn of_the_way_back() {
    insta::assert_snapshot!(plain(&undone()), @r"
    agw-shop: Undo it in code
    The change was taken back. If your code has it already, its next deployment would make it again. The way back, for your code:
    Bicep:
        // Belongs in the properties of agw-shop (Microsoft.Network/applicationGateways@2025-07-01).
        // Take the property probe out of https in backendHttpSettingsCollection.
        // Take custom-healthz out of probes, unless something else uses it.
    Terraform:
        # Belongs in the azurerm_application_gateway agw-shop.
        # Take probe_name out of the backend_http_settings https.
        # Take out the block of the probe custom-healthz, unless something else uses it.
    az:
        # For bash. Each command writes the gateway once.
        # az leaves out of a write what its version does not know of a gateway.
        az network application-gateway http-settings update \
          --subscription 11111111-2222-3333-4444-555555555555 --resource-group rg-shop --gateway-name agw-shop \
          --name https \
          --probe null
        # Fails if something else uses the probe, which then should stay.
        az network application-gateway probe delete \
          --subscription 11111111-2222-3333-4444-555555555555 --resource-group rg-shop --gateway-name agw-shop \
          --name custom-healthz
    agw code INC-7K2F --as bicep prints one of them alone, in a terminal.
    INC-7K2F
    ");
}

#[test]
fn each_state_says_why_it_is_shown() {
    let lead = |incident: &Incident| code(incident).map(|card| card.lead.plain());
    let of_the_fix = lead(&measured(&log_of(200), true));
    // An undo that is on offer changes nothing yet.
    assert_eq!(lead(&pressed(measured(&log_of(200), true), Verb::Undo)), of_the_fix);
    assert_eq!(lead(&measured(&log_of(500), false)), of_the_fix);
    assert_eq!(lead(&proposed()).unwrap(), "Nothing is written yet. The change on offer, for your code:");
    assert_eq!(lead(&approved()).unwrap(), "The change is being written. The same change for your code:");
    assert_eq!(lead(&opened()), None);
    assert_eq!(lead(&pressed(proposed(), Verb::Reject)), None);
    insta::assert_snapshot!(no_code(&opened()).plain(), @"
    INC-7K2F: No change
    There is no change of this incident to put into code.
    ");
}

#[test]
fn it_is_told_once_when_it_is_fixed_and_not_before() {
    let told = |incident: &Incident| {
        let code = |pending: &&Pending| match &pending.effect {
            Effect::Thread { card, .. } => card.status == "Keep it in code",
            _ => false,
        };
        incident.pending().iter().filter(code).count()
    };
    assert_eq!(told(&verifying(&[])), 0);
    assert_eq!(told(&measured(&log_of(200), true)), 1);
    assert_eq!(told(&measured(&log_of(500), false)), 0);
    let again = Event::Pressed(Press::new(Verb::Undo, PlanRef::Unnamed, from(), now()));
    assert_eq!(told(&step(measured(&log_of(200), true), again, &rules(), now())), 1);
}

#[test]
fn a_long_one_is_parted_between_entries() {
    let names: Vec<String> = (0..10).map(|number| format!("settings-web-number-{number}")).collect();
    let gateway = shop_with(|raw| {
        let settings = list(raw, "backendHttpSettingsCollection");
        settings.extend(names.iter().map(|name| setting(name, serde_json::json!({}))));
    });
    let names: Vec<Name> = names.iter().map(Name::new).collect();
    let plan = Plan::health_probe(&gateway, &names, &ProbeDefaults::default()).unwrap();
    let mut state = proposed();
    if let State::Proposed(proposal) = &mut state.state {
        proposal.plan = plan.clone();
    }
    let card = code(&state).unwrap();
    let labels: Vec<&str> = card.snippets.iter().map(|snippet| snippet.label.as_str()).collect();
    assert_eq!(
        labels,
        ["Bicep, part 1 of 2", "Bicep, part 2 of 2", "Terraform", "az, part 1 of 2", "az, part 2 of 2"]
    );
    assert!(card.snippets.iter().all(|snippet| snippet.code.chars().count() < 2200));
    let bicep: Vec<&str> = card.snippets[..2].iter().map(|snippet| snippet.code.as_str()).collect();
    assert_eq!(bicep.join("\n"), crate::keep::text(&plan, crate::keep::Language::Bicep));
}
