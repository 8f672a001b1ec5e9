// A network for the bot, with private ways to its storage and vault. It is not peered with anything: to reach private servers for
// TLS handshakes, peer it with theirs.

param location string
param tags object
param token string
param addresses string
param appAddresses string
param endpointAddresses string
param storageId string
param vaultId string

var zones = {
  blob: 'privatelink.blob.${environment().suffixes.storage}'
  queue: 'privatelink.queue.${environment().suffixes.storage}'
  vault: 'privatelink.vaultcore.azure.net'
}

// Which private endpoint leads to what: the group id is the part of the service.
var endpoints = [
  { name: 'blob', target: storageId, part: 'blob' }
  { name: 'queue', target: storageId, part: 'queue' }
  { name: 'vault', target: vaultId, part: 'vault' }
]

// Nothing comes in from the internet, as nothing but endpoints listens here.
resource guard 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
  name: 'nsg-agw-${token}'
  location: location
  tags: tags
}

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: 'vnet-agw-${token}'
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [addresses] }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: appAddresses
          networkSecurityGroup: { id: guard.id }
          // What Flex Consumption asks for.
          delegations: [
            {
              name: 'flex'
              properties: { serviceName: 'Microsoft.App/environments' }
            }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: endpointAddresses
          networkSecurityGroup: { id: guard.id }
          privateEndpointNetworkPolicies: 'Enabled'
        }
      }
    ]
  }
}

resource appSubnet 'Microsoft.Network/virtualNetworks/subnets@2024-05-01' existing = {
  parent: network
  name: 'app'
}

resource endpointSubnet 'Microsoft.Network/virtualNetworks/subnets@2024-05-01' existing = {
  parent: network
  name: 'endpoints'
}

resource zone 'Microsoft.Network/privateDnsZones@2020-06-01' = [
  for one in endpoints: {
    name: zones[one.name]
    location: 'global'
    tags: tags
  }
]

resource link 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2020-06-01' = [
  for (one, index) in endpoints: {
    parent: zone[index]
    name: 'agw'
    location: 'global'
    tags: tags
    properties: {
      registrationEnabled: false
      virtualNetwork: { id: network.id }
    }
  }
]

resource endpoint 'Microsoft.Network/privateEndpoints@2024-05-01' = [
  for one in endpoints: {
    name: 'pe-agw-${one.name}-${token}'
    location: location
    tags: tags
    properties: {
      subnet: { id: endpointSubnet.id }
      privateLinkServiceConnections: [
        {
          name: one.name
          properties: {
            privateLinkServiceId: one.target
            groupIds: [one.part]
          }
        }
      ]
    }
  }
]

// Keeps the addresses in the zones right when an endpoint is made anew.
resource names 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-05-01' = [
  for (one, index) in endpoints: {
    parent: endpoint[index]
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        {
          name: one.name
          properties: { privateDnsZoneId: zone[index].id }
        }
      ]
    }
    dependsOn: [link[index]]
  }
]

output appSubnetId string = appSubnet.id
