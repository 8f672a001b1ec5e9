// What the bot did, and how it fares, on one page in the portal.

param location string
param tags object
param workspaceId string

resource workbook 'Microsoft.Insights/workbooks@2022-04-01' = {
  name: guid(resourceGroup().id, 'agw')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'agw'
    category: 'workbook'
    version: '1.0'
    sourceId: workspaceId
    serializedData: loadTextContent('../workbook.json')
  }
}
