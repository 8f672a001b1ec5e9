// The app: a custom handler on Flex Consumption, which is the plan that waits for chat platforms without a server of one's own.

param location string
param tags object
param name string
param token string
param settings object
param readIdentityId string
param writeIdentityId string

@description('The container that deployed packages go to: https://…/packages.')
param packages string
param alwaysReady int
param readyWorkers int
param instanceMemory int
param instancesAtMost int

@description('The subnet that the app goes out through. Empty: none.')
param subnetId string

// All HTTP functions share their instances; the queue has others, as has the timer.
var readyForRequests = alwaysReady == 0 ? [] : [{ name: 'http', instanceCount: alwaysReady }]
var readyForWork = readyWorkers == 0 ? [] : [{ name: 'function:work', instanceCount: readyWorkers }]

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  // checkov:skip=CKV_AZURE_225: zones cost a third ready instance; the store is in three zones, and a wake-up waits
  name: 'plan-agw-${token}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    // Linux.
    reserved: true
  }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  // checkov:skip=CKV_AZURE_17: chat platforms have no client certificates; each request is checked by its signature or token
  // checkov:skip=CKV_AZURE_222: chat platforms and Azure Monitor come from the internet
  // checkov:skip=CKV_AZURE_212: instances are kept ready by alwaysReady below
  // checkov:skip=CKV_AZURE_213: Flex Consumption has no health check; the host watches the process
  name: name
  location: location
  // azd finds by this tag where the service `bot` of azure.yaml goes.
  tags: union(tags, { 'azd-service-name': 'bot' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${readIdentityId}': {}
      '${writeIdentityId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    // Who resolves the references to the vault.
    keyVaultReferenceIdentity: readIdentityId
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packages
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: readIdentityId
          }
        }
      }
      runtime: {
        name: 'custom'
        version: '1.0'
      }
      scaleAndConcurrency: {
        maximumInstanceCount: instancesAtMost
        instanceMemoryMB: instanceMemory
        alwaysReady: concat(readyForRequests, readyForWork)
      }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
    }
  }
}

// Written whole: what is not in settings.bicep is gone after the next deployment.
resource appSettings 'Microsoft.Web/sites/config@2024-04-01' = {
  // checkov:skip=CKV_AZURE_66: is about the configuration `web`, and these are app settings
  // checkov:skip=CKV_AZURE_63: is about the configuration `web`, and these are app settings
  // checkov:skip=CKV_AZURE_222: is about the configuration `web`, and these are app settings
  // checkov:skip=CKV_AZURE_80: is about the configuration `web`, and these are app settings
  // checkov:skip=CKV_AZURE_13: is about the configuration `web`, and these are app settings
  // checkov:skip=CKV_AZURE_88: is about the configuration `web`, and these are app settings
  // checkov:skip=CKV_AZURE_65: is about the configuration `web`, and these are app settings
  parent: app
  name: 'appsettings'
  properties: settings
}

// Deploying goes by Entra ID. Passwords for it would be secrets that nobody needs.
resource scm 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = {
  parent: app
  name: 'scm'
  properties: { allow: false }
}

resource ftp 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = {
  parent: app
  name: 'ftp'
  properties: { allow: false }
}

output name string = app.name
output host string = app.properties.defaultHostName
