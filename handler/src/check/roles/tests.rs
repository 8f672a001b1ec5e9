use serde_json::json;

use super::*;

const GROUP: &str = "/subscriptions/s/resourceGroups/rg-web/providers";

fn gateway() -> Gateway {
    let subnet = format!("{GROUP}/Microsoft.Network/virtualNetworks/vnet/subnets/snet-agw");
    let address = format!("{GROUP}/Microsoft.Network/publicIPAddresses/pip-agw");
    let policy = format!("{GROUP}/Microsoft.Network/ApplicationGatewayWebApplicationFirewallPolicies/waf");
    Gateway::parse(json!({
        "id": format!("{GROUP}/Microsoft.Network/applicationGateways/agw"),
        "properties": {
            "gatewayIPConfigurations": [{ "properties": { "subnet": { "id": subnet } } }],
            "frontendIPConfigurations": [
                { "properties": { "publicIPAddress": { "id": address } } },
                { "properties": { "privateIPAddress": "10.0.0.4" } },
            ],
            "httpListeners": [{ "properties": { "firewallPolicy": { "id": policy } } }],
            "firewallPolicy": { "id": policy },
        },
    }))
    .unwrap()
}

fn told(role: &Role) -> String {
    let short = |id: &str| id.replace(GROUP, "").replace("/subscriptions/s/resourceGroups/", "group ");
    let scopes = role.by_scope(&gateway());
    let told = scopes.iter().map(|scope| {
        let actions = scope.actions.iter().map(|action| format!("\n  {action}"));
        let around = if scope.around { " (around)" } else { "" };
        format!("{}{around}{}", short(&scope.id), actions.collect::<String>())
    });
    told.collect::<Vec<_>>().join("\n")
}

#[test]
fn what_mends_is_asked_on_the_gateway_and_on_what_it_is_joined_to() {
    insta::assert_snapshot!(told(&Role::mend().unwrap()), @"
    /Microsoft.Network/applicationGateways/agw
      Microsoft.Network/applicationGateways/write
      Microsoft.Authorization/permissions/read
    /Microsoft.Network/ApplicationGatewayWebApplicationFirewallPolicies/waf
      Microsoft.Network/ApplicationGatewayWebApplicationFirewallPolicies/join/action
    /Microsoft.Network/publicIPAddresses/pip-agw
      Microsoft.Network/publicIPAddresses/join/action
    /Microsoft.Network/virtualNetworks/vnet/subnets/snet-agw
      Microsoft.Network/virtualNetworks/subnets/join/action
    ");
}

#[test]
fn what_diagnoses_is_asked_on_the_gateway_and_around_it() {
    insta::assert_snapshot!(told(&Role::diagnose().unwrap()), @"
    group rg-web (around)
      Microsoft.Network/virtualNetworks/read
      Microsoft.Network/virtualNetworks/checkIpAddressAvailability/read
      Microsoft.Network/virtualNetworks/listDnsForwardingRulesets/action
      Microsoft.Network/networkSecurityGroups/read
      Microsoft.Network/routeTables/read
      Microsoft.Network/networkInterfaces/read
      Microsoft.Network/networkInterfaces/effectiveNetworkSecurityGroups/action
      Microsoft.Network/networkInterfaces/effectiveRouteTable/action
      Microsoft.Network/privateEndpoints/read
      Microsoft.Network/privateEndpoints/privateDnsZoneGroups/read
      Microsoft.Network/privateDnsZones/read
      Microsoft.Network/privateDnsZones/virtualNetworkLinks/read
      Microsoft.Network/privateDnsZones/A/read
      Microsoft.Network/privateDnsZones/AAAA/read
      Microsoft.Network/privateDnsZones/CNAME/read
      Microsoft.Compute/virtualMachines/instanceView/read
      Microsoft.Compute/virtualMachineScaleSets/virtualMachines/instanceView/read
      Microsoft.Compute/virtualMachineScaleSets/virtualMachines/networkInterfaces/read
      Microsoft.Web/sites/read
      Microsoft.Web/sites/config/read
      Microsoft.Web/sites/privateEndpointConnections/read
      Microsoft.Storage/storageAccounts/read
      Microsoft.ApiManagement/service/read
      Microsoft.KeyVault/vaults/read
      Microsoft.Insights/metricAlerts/read
      Microsoft.ResourceGraph/resources/read
      Microsoft.Resources/subscriptions/read
    /Microsoft.Network/applicationGateways/agw
      Microsoft.Network/applicationGateways/read
      Microsoft.Network/applicationGateways/backendhealth/action
      Microsoft.Network/applicationGateways/getBackendHealthOnDemand/action
      Microsoft.Insights/metrics/read
      Microsoft.Insights/diagnosticSettings/read
      Microsoft.ResourceHealth/availabilityStatuses/read
      Microsoft.Authorization/permissions/read
      Microsoft.Authorization/locks/read
    /Microsoft.Network/ApplicationGatewayWebApplicationFirewallPolicies/waf
      Microsoft.Network/ApplicationGatewayWebApplicationFirewallPolicies/read
    /Microsoft.Network/publicIPAddresses/pip-agw
      Microsoft.Network/publicIPAddresses/read
    /Microsoft.Network/virtualNetworks/vnet/subnets/snet-agw
      Microsoft.Network/virtualNetworks/subnets/read
    ");
}
