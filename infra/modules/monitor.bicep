// Where one looks when the bot itself is in trouble: what its host tells, and its log.

param location string
param tags object
param token string

@description('An existing workspace. Empty: one is made.')
param workspace string

resource created 'Microsoft.OperationalInsights/workspaces@2023-09-01' = if (empty(workspace)) {
  name: 'log-agw-${token}'
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: 30
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: 'appi-agw-${token}'
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: empty(workspace) ? created.id : workspace
    // With this, the connection string is an address and no secret: who sends needs a role.
    DisableLocalAuth: true
  }
}

output workspaceId string = empty(workspace) ? created.id : workspace
output insightsName string = insights.name
output insightsConnection string = insights.properties.ConnectionString
