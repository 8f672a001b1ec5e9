// What grants.bicep needs to know, from the environment: what was set for the installation, and the outputs of main.bicep.
using 'grants.bicep'

param gateways = filter(split(readEnvironmentVariable('AGW_GATEWAYS', ''), ','), id => !empty(id))
param joined = filter(split(readEnvironmentVariable('AGW_JOINED', ''), ','), id => !empty(id))
param scopes = filter(split(readEnvironmentVariable('AGW_SCOPES', ''), ','), id => !empty(id))
param logWorkspaces = filter(split(readEnvironmentVariable('AGW_LOG_WORKSPACES', ''), ','), id => !empty(id))
param loginApps = filter(split(readEnvironmentVariable('AGW_LOGIN_APPS', ''), ','), id => !empty(id))
param errands = filter(split(readEnvironmentVariable('AGW_ERRANDS', ''), ','), name => !empty(name))
param writing = bool(readEnvironmentVariable('AGW_WRITING', 'true'))
param gatewayLogs = bool(readEnvironmentVariable('AGW_GATEWAY_LOGS', 'false'))

param token = readEnvironmentVariable('AGW_TOKEN')
param readPrincipalId = readEnvironmentVariable('AGW_READ_PRINCIPAL_ID')
param writePrincipalId = readEnvironmentVariable('AGW_WRITE_PRINCIPAL_ID')
param workspaceId = readEnvironmentVariable('AGW_WORKSPACE_ID')
param diagnoseRole = readEnvironmentVariable('AGW_ROLE_DIAGNOSE')
param searchRole = readEnvironmentVariable('AGW_ROLE_SEARCH')
param mendRole = readEnvironmentVariable('AGW_ROLE_MEND')
param logsRole = readEnvironmentVariable('AGW_ROLE_LOGS')
param logsWorkspaceRole = readEnvironmentVariable('AGW_ROLE_LOGS_WORKSPACE')
param watchRole = readEnvironmentVariable('AGW_ROLE_WATCH')
param loginRole = readEnvironmentVariable('AGW_ROLE_LOGIN')
