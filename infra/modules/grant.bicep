// One role for one identity, on one resource, in the resource group that it is deployed to. A role is given on a resource through
// its type, so each type that the bot is ever given something on stands here.

@description('The resource.')
param id string
param roleId string
param principalId string

var parts = split(id, '/')
var isSubnet = length(parts) == 11
// As in virtualNetworks/subnets, in small letters: ids come in any case.
var type = toLower(isSubnet ? '${parts[7]}/${parts[9]}' : parts[7])
var assignment = {
  principalId: principalId
  principalType: 'ServicePrincipal'
  roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleId)
}
var assignmentName = guid(toLower(id), principalId, roleId)

resource gateway 'Microsoft.Network/applicationGateways@2024-05-01' existing = {
  name: parts[8]
}

resource onGateway 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (type == 'applicationgateways') {
  name: assignmentName
  scope: gateway
  properties: assignment
}

resource publicAddress 'Microsoft.Network/publicIPAddresses@2024-05-01' existing = {
  name: parts[8]
}

resource onPublicAddress 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (type == 'publicipaddresses') {
  name: assignmentName
  scope: publicAddress
  properties: assignment
}

resource firewallPolicy 'Microsoft.Network/ApplicationGatewayWebApplicationFirewallPolicies@2024-05-01' existing = {
  name: parts[8]
}

resource onFirewallPolicy 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (type == 'applicationgatewaywebapplicationfirewallpolicies') {
  name: assignmentName
  scope: firewallPolicy
  properties: assignment
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' existing = {
  name: parts[8]
}

resource onIdentity 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (type == 'userassignedidentities') {
  name: assignmentName
  scope: identity
  properties: assignment
}

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' existing = {
  name: parts[8]
}

resource onWorkspace 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (type == 'workspaces') {
  name: assignmentName
  scope: workspace
  properties: assignment
}

resource site 'Microsoft.Web/sites@2024-04-01' existing = {
  name: parts[8]
}

resource onSite 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (type == 'sites') {
  name: assignmentName
  scope: site
  properties: assignment
}

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' existing = {
  name: parts[8]
}

resource subnet 'Microsoft.Network/virtualNetworks/subnets@2024-05-01' existing = {
  parent: network
  // Azure reads the name though the condition below is false.
  name: isSubnet ? parts[10] : 'none'
}

resource onSubnet 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (type == 'virtualnetworks/subnets') {
  name: assignmentName
  scope: subnet
  properties: assignment
}

resource actionGroup 'Microsoft.Insights/actionGroups@2023-01-01' existing = {
  name: parts[8]
}

resource onActionGroup 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (type == 'actiongroups') {
  name: assignmentName
  scope: actionGroup
  properties: assignment
}

// A type that is not here would be given nothing, in silence. Looked up, it stops the deployment instead.
var types = {
  applicationgateways: true
  publicipaddresses: true
  applicationgatewaywebapplicationfirewallpolicies: true
  userassignedidentities: true
  workspaces: true
  sites: true
  actiongroups: true
  'virtualnetworks/subnets': true
}

output given bool = types[type]
