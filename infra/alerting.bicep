// Alerts that reach the bot. They need a key that Azure makes when the code is deployed, so this comes after `azd deploy`, in a
// deployment of its own like grants.bicep, and for the same reason; infra/hooks/postdeploy.sh runs it. It can be run again at any time.

targetScope = 'subscription'

@description('As in main.bicep.')
param environmentName string

@description('The outputs of main.bicep.')
param groupName string
param appName string
param token string

@description('The resource ids of the gateways to watch.')
param gateways array

@description('For a secure webhook: the object id of its Entra app in this tenant. Empty: the key alone.')
param entraObjectId string = ''

@description('Its application id URI: api://….')
param entraIdentifierUri string = ''

@description('Its tenant.')
param entraTenant string = tenant().tenantId

@description('Errands that the bot may run when somebody approves: logs, watch.')
param errands array = []

@description('The role that lets /agw watch name the action group, and who writes: outputs of main.bicep.')
param watchRole string
param writePrincipalId string

var tags = { 'azd-env-name': environmentName }

module actionGroup 'modules/action-group.bicep' = {
  name: 'agw-action-group-${token}'
  scope: resourceGroup(groupName)
  params: {
    tags: tags
    token: token
    appName: appName
    entraObjectId: entraObjectId
    entraIdentifierUri: entraIdentifierUri
    entraTenant: entraTenant
  }
}

module alerts 'modules/alerts.bicep' = [
  for id in gateways: {
    name: 'agw-alerts-${uniqueString(id, token)}'
    scope: resourceGroup(split(id, '/')[2], split(id, '/')[4])
    params: {
      tags: tags
      gatewayName: split(id, '/')[8]
      actionGroupId: actionGroup.outputs.id
    }
  }
]

// Azure asks for it on the action group when an alert rule names it.
module mayTell 'modules/grant.bicep' = if (contains(errands, 'watch')) {
  name: 'agw-tell-${token}'
  scope: resourceGroup(groupName)
  params: {
    id: actionGroup.outputs.id
    roleId: watchRole
    principalId: writePrincipalId
  }
}

output AGW_ACTION_GROUP_ID string = actionGroup.outputs.id
