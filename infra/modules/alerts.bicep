// The alerts on one gateway: Azure Monitor's baseline, as data in alerts.json. They have the names that `/agw watch` gives them,
// so that neither makes a second one. They live beside the gateway, as an alert rule does.

param tags object
param gatewayName string
param actionGroupId string

var baseline = loadJsonContent('../alerts.json')

resource gateway 'Microsoft.Network/applicationGateways@2024-05-01' existing = {
  name: gatewayName
}

resource alert 'Microsoft.Insights/metricAlerts@2018-03-01' = [
  for one in baseline: {
    name: '${gatewayName}-${one.metric}'
    location: 'global'
    tags: tags
    properties: {
      description: '${gatewayName} ${one.says}'
      severity: one.severity
      enabled: true
      scopes: [gateway.id]
      evaluationFrequency: one.every
      windowSize: 'PT5M'
      autoMitigate: true
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            name: one.metric
            criterionType: 'StaticThresholdCriterion'
            metricName: one.metric
            metricNamespace: 'Microsoft.Network/applicationGateways'
            operator: one.operator
            threshold: one.threshold
            timeAggregation: one.aggregation
            dimensions: one.dimensions
          }
        ]
      }
      actions: [
        {
          actionGroupId: actionGroupId
        }
      ]
    }
  }
]
