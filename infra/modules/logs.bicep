// A gateway's logs, sent to the workspace. It has the name that `/agw logs` gives it, so that neither makes a second one.

param gatewayName string
param workspaceId string

resource gateway 'Microsoft.Network/applicationGateways@2024-05-01' existing = {
  name: gatewayName
}

resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'agw-logs'
  scope: gateway
  properties: {
    workspaceId: workspaceId
    // Tables of their own (AGWAccessLogs, AGWFirewallLogs).
    logAnalyticsDestinationType: 'Dedicated'
    logs: [
      {
        categoryGroup: 'allLogs'
        enabled: true
      }
    ]
  }
}
