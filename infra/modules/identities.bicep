// The two identities of the bot: one that looks, one that writes. Neither has a secret that could leak.

param location string
param tags object
param token string

// Diagnoses, keeps incidents, reads secrets, and is the bot to Teams.
resource read 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: 'id-agw-read-${token}'
  location: location
  tags: tags
}

// Writes to gateways, and does nothing else.
resource write 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: 'id-agw-write-${token}'
  location: location
  tags: tags
}

output readId string = read.id
output readClientId string = read.properties.clientId
output readPrincipalId string = read.properties.principalId
output writeId string = write.id
output writeClientId string = write.properties.clientId
output writePrincipalId string = write.properties.principalId
