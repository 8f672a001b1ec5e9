// The secrets that chat platforms give out. The app has references to them, never the secrets.

param location string
param tags object
param token string
param isPrivate bool
param purgeProtection bool

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  // checkov:skip=CKV_AZURE_110: a parameter (AGW_PURGE_PROTECTION), off by default so that `azd down` leaves nothing behind
  // checkov:skip=CKV_AZURE_42: purge protection as above; soft delete itself is on, as it cannot be off
  // checkov:skip=CKV_AZURE_109: a parameter (AGW_PRIVATE_NETWORK); without it a role is wanted from wherever somebody comes
  // checkov:skip=CKV_AZURE_189: public access is off with AGW_PRIVATE_NETWORK, which checkov does not work out
  name: 'kv-agw-${token}'
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    // Roles, not access policies: who may read a secret is seen where all else is seen.
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 7
    // Azure takes true or nothing.
    enablePurgeProtection: purgeProtection ? true : null
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'None'
      defaultAction: isPrivate ? 'Deny' : 'Allow'
    }
  }
}

output id string = vault.id
output name string = vault.name
output uri string = vault.properties.vaultUri
