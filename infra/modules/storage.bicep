// The bot's memory: incidents, requests, wake-ups; and the packages that are deployed.

param location string
param tags object
param token string
param keepDays int
param sku string
param isPrivate bool

resource account 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  // checkov:skip=CKV_AZURE_43: stagw and thirteen letters and digits, which checkov does not work out
  // checkov:skip=CKV_AZURE_35: open to the network unless privateNetwork is set; keys are off, so a token of Entra ID is wanted anyway
  // checkov:skip=CKV_AZURE_59: public access is off with AGW_PRIVATE_NETWORK, which checkov does not work out
  // checkov:skip=CKV_AZURE_206: an incident lives for hours, and is found anew from Azure: one region is enough
  name: 'stagw${token}'
  location: location
  tags: tags
  kind: 'StorageV2'
  // Several zones by default: an approval that was given must not be lost with a building.
  sku: { name: sku }
  properties: {
    // Keys would be secrets that somebody could copy. Everything here goes by identity.
    allowSharedKeyAccess: false
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: {
      // The lifecycle rule below comes from Azure itself.
      bypass: 'AzureServices'
      defaultAction: isPrivate ? 'Deny' : 'Allow'
    }
  }
}

// No soft delete, no versions, no change feed: the bot deletes a request's content when it is done with it, and that is to hold.
resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2023-05-01' = {
  parent: account
  name: 'default'
  properties: {
    deleteRetentionPolicy: { enabled: false }
    containerDeleteRetentionPolicy: { enabled: false }
    isVersioningEnabled: false
  }
}

// Incidents, requests, audit trails: the name is the store's own (handler/src/store/azure.rs).
resource incidents 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = {
  parent: blobs
  name: 'agw'
  properties: { publicAccess: 'None' }
}

// Where Flex Consumption keeps what was deployed.
resource packages 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = {
  parent: blobs
  name: 'packages'
  properties: { publicAccess: 'None' }
}

resource queues 'Microsoft.Storage/storageAccounts/queueServices@2023-05-01' = {
  parent: account
  name: 'default'
}

// Wake-ups.
resource work 'Microsoft.Storage/storageAccounts/queueServices/queues@2023-05-01' = {
  parent: queues
  name: 'agw-work'
}

// Wake-ups that failed five times. The host would make it, but a trigger watches it from the start.
resource poison 'Microsoft.Storage/storageAccounts/queueServices/queues@2023-05-01' = {
  parent: queues
  name: 'agw-work-poison'
}

// The sweep lists what was ever stored, so what is long over has to go. Audit trails are append blobs.
resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2023-05-01' = {
  parent: account
  name: 'default'
  dependsOn: [blobs]
  properties: {
    policy: {
      rules: [
        {
          name: 'forget-what-is-over'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: {
              blobTypes: ['blockBlob', 'appendBlob']
              prefixMatch: ['agw/incidents/', 'agw/audit/']
            }
            actions: {
              baseBlob: {
                delete: { daysAfterModificationGreaterThan: keepDays }
              }
            }
          }
        }
      ]
    }
  }
}

output id string = account.id
output name string = account.name
output blobService string = account.properties.primaryEndpoints.blob
output queueService string = account.properties.primaryEndpoints.queue
output packages string = '${account.properties.primaryEndpoints.blob}${packages.name}'
