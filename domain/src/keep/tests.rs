use serde_json::json;

use super::*;
use crate::gateway::Gateway;
use crate::gateway::fixture::{id, list, probe, setting, shop_with};
use crate::id::ResourceId;
use crate::plan::{Fix, ProbeDefaults};

mod properties;
mod read;

fn plan(gateway: &Gateway, settings: &[&str]) -> Plan {
    let settings: Vec<Name> = settings.iter().copied().map(Name::new).collect();
    Plan::health_probe(gateway, &settings, &ProbeDefaults::default()).unwrap()
}

/// Two settings, of which each needs a probe of its own.
fn both() -> Plan {
    plan(&shop_with(|_| {}), &["https", "http"])
}

/// A probe that is there already, in the place of another.
fn reused() -> Plan {
    let gateway = shop_with(|raw| {
        list(raw, "probes").push(probe("theirs", json!({})));
        list(raw, "probes").push(probe("root", json!({ "path": "/" })));
        list(raw, "backendHttpSettingsCollection")[0]["properties"]["probe"] = id("probes", "root");
    });
    plan(&gateway, &["https"])
}

#[test]
fn in_bicep() {
    insta::assert_snapshot!(text(&both(), Language::Bicep), @"
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
      {
        name: 'http'
        properties: {
          probe: {
            id: resourceId('Microsoft.Network/applicationGateways/probes', 'agw-shop', 'custom-healthz-2')
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
      {
        name: 'custom-healthz-2'
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
    ");
}

#[test]
fn in_terraform() {
    insta::assert_snapshot!(text(&both(), Language::Terraform), @r#"
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
    probe {
      name                = "custom-healthz-2"
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
      name       = "https"
      probe_name = "custom-healthz"
    }
    backend_http_settings {
      name       = "http"
      probe_name = "custom-healthz-2"
    }
    "#);
}

#[test]
fn in_az() {
    insta::assert_snapshot!(text(&both(), Language::Az), @r"
    # For bash. Each command writes the gateway once.
    # az leaves out of a write what its version does not know of a gateway.
    az network application-gateway probe create \
      --subscription 11111111-2222-3333-4444-555555555555 --resource-group rg-shop --gateway-name agw-shop \
      --name custom-healthz \
      --protocol Https --path /healthz \
      --host-name-from-http-settings true \
      --interval 30 --timeout 30 --threshold 3 --min-servers 0 \
      --match-status-codes 200-399
    az network application-gateway probe create \
      --subscription 11111111-2222-3333-4444-555555555555 --resource-group rg-shop --gateway-name agw-shop \
      --name custom-healthz-2 \
      --protocol Http --path /healthz \
      --host-name-from-http-settings false --host 127.0.0.1 \
      --interval 30 --timeout 30 --threshold 3 --min-servers 0 \
      --match-status-codes 200-399
    az network application-gateway http-settings update \
      --subscription 11111111-2222-3333-4444-555555555555 --resource-group rg-shop --gateway-name agw-shop \
      --name https \
      --probe custom-healthz
    az network application-gateway http-settings update \
      --subscription 11111111-2222-3333-4444-555555555555 --resource-group rg-shop --gateway-name agw-shop \
      --name http \
      --probe custom-healthz-2
    ");
}

#[test]
fn a_probe_that_is_there_is_only_attached() {
    insta::assert_snapshot!(Language::ALL.map(|language| text(&reused(), language)).join("\n\n"), @r#"
    // Belongs in the properties of agw-shop (Microsoft.Network/applicationGateways@2025-07-01).
    // Other entries of these lists stay, and so do the other properties of these entries.
    // The gateway has the probe theirs already; probes has to have it here, too.
    backendHttpSettingsCollection: [
      {
        name: 'https'
        properties: {
          probe: {
            id: resourceId('Microsoft.Network/applicationGateways/probes', 'agw-shop', 'theirs')
          }
        }
      }
    ]

    # Belongs in the azurerm_application_gateway agw-shop.
    # The gateway has the probe theirs already; it needs its block here, too.
    # These blocks are there already: add probe_name to each.
    backend_http_settings {
      name       = "https"
      probe_name = "theirs"
    }

    # For bash. Each command writes the gateway once.
    # az leaves out of a write what its version does not know of a gateway.
    # The gateway has the probe theirs already.
    az network application-gateway http-settings update \
      --subscription 11111111-2222-3333-4444-555555555555 --resource-group rg-shop --gateway-name agw-shop \
      --name https \
      --probe theirs
    "#);
}

#[test]
fn the_way_back() {
    let undo = both().undo();
    insta::assert_snapshot!(Language::ALL.map(|language| text(&undo, language)).join("\n\n"), @r"
    // Belongs in the properties of agw-shop (Microsoft.Network/applicationGateways@2025-07-01).
    // Take the property probe out of http in backendHttpSettingsCollection.
    // Take the property probe out of https in backendHttpSettingsCollection.
    // Take custom-healthz-2 out of probes, unless something else uses it.
    // Take custom-healthz out of probes, unless something else uses it.

    # Belongs in the azurerm_application_gateway agw-shop.
    # Take probe_name out of the backend_http_settings http.
    # Take probe_name out of the backend_http_settings https.
    # Take out the block of the probe custom-healthz-2, unless something else uses it.
    # Take out the block of the probe custom-healthz, unless something else uses it.

    # For bash. Each command writes the gateway once.
    # az leaves out of a write what its version does not know of a gateway.
    az network application-gateway http-settings update \
      --subscription 11111111-2222-3333-4444-555555555555 --resource-group rg-shop --gateway-name agw-shop \
      --name http \
      --probe null
    az network application-gateway http-settings update \
      --subscription 11111111-2222-3333-4444-555555555555 --resource-group rg-shop --gateway-name agw-shop \
      --name https \
      --probe null
    # Fails if something else uses the probe, which then should stay.
    az network application-gateway probe delete \
      --subscription 11111111-2222-3333-4444-555555555555 --resource-group rg-shop --gateway-name agw-shop \
      --name custom-healthz-2
    # Fails if something else uses the probe, which then should stay.
    az network application-gateway probe delete \
      --subscription 11111111-2222-3333-4444-555555555555 --resource-group rg-shop --gateway-name agw-shop \
      --name custom-healthz
    ");
}

#[test]
fn the_way_back_to_a_former_probe() {
    let undo = reused().undo();
    insta::assert_snapshot!(Language::ALL.map(|language| text(&undo, language)).join("\n\n"), @r#"
    // Belongs in the properties of agw-shop (Microsoft.Network/applicationGateways@2025-07-01).
    // Other entries of these lists stay, and so do the other properties of these entries.
    // The gateway has the probe root already; probes has to have it here, too.
    backendHttpSettingsCollection: [
      {
        name: 'https'
        properties: {
          probe: {
            id: resourceId('Microsoft.Network/applicationGateways/probes', 'agw-shop', 'root')
          }
        }
      }
    ]

    # Belongs in the azurerm_application_gateway agw-shop.
    # The gateway has the probe root already; it needs its block here, too.
    # These blocks are there already: add probe_name to each.
    backend_http_settings {
      name       = "https"
      probe_name = "root"
    }

    # For bash. Each command writes the gateway once.
    # az leaves out of a write what its version does not know of a gateway.
    # The gateway has the probe root already.
    az network application-gateway http-settings update \
      --subscription 11111111-2222-3333-4444-555555555555 --resource-group rg-shop --gateway-name agw-shop \
      --name https \
      --probe root
    "#);
}

#[test]
fn what_a_probe_may_have_besides() {
    let mut raw = serde_json::to_value(both()).unwrap();
    let own = &mut raw["edits"][0]["after"]["properties"];
    own["port"] = json!(8443);
    own["minServers"] = json!(2);
    own["match"] = json!({ "body": "I'm \"fine\"", "statusCodes": ["200-299", "401"] });
    let plan: Plan = serde_json::from_value(raw).unwrap();
    let said = |language: Language, parts: &[&str]| {
        let text = text(&plan, language);
        parts.iter().for_each(|part| assert!(text.contains(part), "{part}\n{text}"));
    };
    said(Language::Bicep, &["port: 8443", "minServers: 2", r#"body: 'I\'m "fine"'"#, "'200-299'\n"]);
    said(Language::Terraform, &["= 8443", "= 2", r#"body        = "I'm \"fine\"""#, r#"["200-299", "401"]"#]);
    said(Language::Az, &["--port 8443", "--min-servers 2", "--match-status-codes 200-299 401"]);
    said(Language::Az, &[r#"--match-body='I'\''m "fine"'"#]);
}

#[test]
fn a_change_that_has_no_words_is_not_passed_over() {
    let mut raw = serde_json::to_value(both()).unwrap();
    raw["edits"][2]["pointer"] = json!(["properties", "enableHttp2"]);
    raw["edits"][2]["after"] = json!(true);
    let plan: Plan = serde_json::from_value(raw).unwrap();
    assert!(text(&plan, Language::Bicep).contains("\nenableHttp2: true"));
    for language in [Language::Terraform, Language::Az] {
        assert!(text(&plan, language).contains("# Not said here: /properties/enableHttp2"));
    }
}

/// A message has some 11 000 characters, and a part of it 2500 (`handler/src/chat/slack/render/fit.rs`).
#[test]
fn ten_settings_are_still_a_message() {
    let names: Vec<String> = (0..10).map(|number| format!("settings-web-number-{number}")).collect();
    let gateway = shop_with(|raw| {
        let settings = list(raw, "backendHttpSettingsCollection");
        settings.extend(names.iter().map(|name| setting(name, json!({}))));
    });
    let plan = plan(&gateway, &names.iter().map(String::as_str).collect::<Vec<_>>());
    let sizes = Language::ALL.map(|language| text(&plan, language).chars().count());
    assert!(sizes.iter().sum::<usize>() < 8_500, "{sizes:?}");
    for language in Language::ALL {
        assert!(pieces(&plan, language).iter().all(|piece| piece.chars().count() < 800));
    }
}

/// What stands beside the gateway is the very request that the bot sends, and its undo the one that puts things back.
#[test]
fn what_stands_beside_the_gateway_is_said_in_bash_alone() {
    let gateway = shop_with(|_| {});
    let app = "/subscriptions/s/resourceGroups/rg-shop/providers/Microsoft.Web/sites/shop";
    let fix = Fix::ExcludePath {
        app: ResourceId::parse(app).unwrap(),
        path: "/it's'; rm -rf ~; '".to_owned(),
        settings: Box::new(json!({ "properties": { "globalValidation": { "excludedPaths": ["/public"] } } })),
    };
    let plan = Plan::of(&gateway, &[(Name::new("https"), fix)], &ProbeDefaults::default()).unwrap();
    insta::assert_snapshot!(text(&plan, Language::Az), @r#"
    # For bash. Each command writes one resource, and replaces it as a whole.
    # the authentication settings of app shop
    az rest --method put \
      --url '/subscriptions/s/resourceGroups/rg-shop/providers/Microsoft.Web/sites/shop/config/authsettingsV2?api-version=2024-04-01' \
      --body '{"properties":{"globalValidation":{"excludedPaths":["/public","/it'\''s'\''; rm -rf ~; '\''"]}}}'
    "#);
    insta::assert_snapshot!(text(&plan.undo(), Language::Az), @r#"
    # For bash. Each command writes one resource, and replaces it as a whole.
    # the authentication settings of app shop
    az rest --method put \
      --url '/subscriptions/s/resourceGroups/rg-shop/providers/Microsoft.Web/sites/shop/config/authsettingsV2?api-version=2024-04-01' \
      --body '{"properties":{"globalValidation":{"excludedPaths":["/public"]}}}'
    "#);
    assert_eq!((text(&plan, Language::Bicep), text(&plan, Language::Terraform)), Default::default());

    let workspace =
        "/subscriptions/s/resourceGroups/rg-ops/providers/Microsoft.OperationalInsights/workspaces/log";
    let logs = Plan::logs(&gateway, &json!({ "value": [] }), &ResourceId::parse(workspace).unwrap()).unwrap();
    insta::assert_snapshot!(text(&logs.undo(), Language::Az), @r"
    # For bash. Each command writes one resource, and replaces it as a whole.
    # the diagnostic setting agw-logs
    az rest --method delete \
      --url '/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop/providers/Microsoft.Insights/diagnosticSettings/agw-logs?api-version=2021-05-01-preview'
    ");
}
