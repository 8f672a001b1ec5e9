// What is different from one installation to the next, taken from the environment: `azd env set NAME VALUE` for azd, `export
// NAME=VALUE` for the plain `az deployment`. Lists are separated by commas. docs/deploy.md has a line for each.
using 'main.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', '')
param location = readEnvironmentVariable('AZURE_LOCATION', '')
param principalId = readEnvironmentVariable('AZURE_PRINCIPAL_ID', '')
param principalType = readEnvironmentVariable('AZURE_PRINCIPAL_TYPE', 'User')

// An empty text splits into one empty text, hence the filters.
param gateways = filter(split(readEnvironmentVariable('AGW_GATEWAYS', ''), ','), id => !empty(id))
param joined = filter(split(readEnvironmentVariable('AGW_JOINED', ''), ','), id => !empty(id))
param scopes = filter(split(readEnvironmentVariable('AGW_SCOPES', ''), ','), id => !empty(id))
param logWorkspaces = filter(split(readEnvironmentVariable('AGW_LOG_WORKSPACES', ''), ','), id => !empty(id))
param loginApps = filter(split(readEnvironmentVariable('AGW_LOGIN_APPS', ''), ','), id => !empty(id))
param writing = bool(readEnvironmentVariable('AGW_WRITING', 'true'))

param slack = bool(readEnvironmentVariable('AGW_SLACK', 'false'))
param discord = bool(readEnvironmentVariable('AGW_DISCORD', 'false'))
param teamsTenants = filter(split(readEnvironmentVariable('AGW_TEAMS_TENANTS', ''), ','), id => !empty(id))

param alwaysReady = int(readEnvironmentVariable('AGW_ALWAYS_READY', '2'))
param readyWorkers = int(readEnvironmentVariable('AGW_READY_WORKERS', '0'))
param instanceMemory = int(readEnvironmentVariable('AGW_INSTANCE_MEMORY', '512'))
param storageSku = readEnvironmentVariable('AGW_STORAGE_SKU', 'Standard_ZRS')
param keepDays = int(readEnvironmentVariable('AGW_KEEP_DAYS', '365'))

param workspace = readEnvironmentVariable('AGW_WORKSPACE', '')
param otlpEndpoint = readEnvironmentVariable('AGW_OTLP_ENDPOINT', '')
param otlpHeaders = bool(readEnvironmentVariable('AGW_OTLP_HEADERS', 'false'))

param alertsAppId = readEnvironmentVariable('AGW_ALERTS_APP_ID', '')

param privateNetwork = bool(readEnvironmentVariable('AGW_PRIVATE_NETWORK', 'false'))
param networkAddresses = readEnvironmentVariable('AGW_NETWORK_ADDRESSES', '10.83.0.0/24')
param purgeProtection = bool(readEnvironmentVariable('AGW_PURGE_PROTECTION', 'false'))
