// What the second phase needs to know, from the environment: most of it the outputs of the first.
using 'alerting.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME')
param groupName = readEnvironmentVariable('AZURE_RESOURCE_GROUP')
param appName = readEnvironmentVariable('AGW_APP_NAME')
param token = readEnvironmentVariable('AGW_TOKEN')
param gateways = filter(split(readEnvironmentVariable('AGW_GATEWAYS', ''), ','), id => !empty(id))
param entraObjectId = readEnvironmentVariable('AGW_ALERTS_OBJECT_ID', '')
param entraIdentifierUri = readEnvironmentVariable('AGW_ALERTS_IDENTIFIER_URI', '')
param errands = filter(split(readEnvironmentVariable('AGW_ERRANDS', ''), ','), name => !empty(name))
param watchRole = readEnvironmentVariable('AGW_ROLE_WATCH')
param writePrincipalId = readEnvironmentVariable('AGW_WRITE_PRINCIPAL_ID')
