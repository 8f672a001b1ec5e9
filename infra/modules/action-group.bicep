// Whom Azure Monitor tells: the bot. The key of the function `alerts` exists only once the code is deployed.

param tags object
param token string
param appName string

@description('The Entra app of the secure webhook: object id and application id URI. Empty: the key alone.')
param entraObjectId string
param entraIdentifierUri string
param entraTenant string

var key = listKeys('${app.id}/functions/alerts', '2024-04-01').default
var byKey = {
  name: 'agw'
  serviceUri: 'https://${app.properties.defaultHostName}/api/alerts?code=${uriComponent(key)}'
  useCommonAlertSchema: true
}

var byTokenToo = {
  useAadAuth: true
  objectId: entraObjectId
  identifierUri: entraIdentifierUri
  tenantId: entraTenant
}

resource app 'Microsoft.Web/sites@2024-04-01' existing = {
  name: appName
}

resource actionGroup 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'ag-agw-${token}'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'agw'
    enabled: true
    webhookReceivers: [empty(entraObjectId) ? byKey : union(byKey, byTokenToo)]
  }
}

output id string = actionGroup.id
