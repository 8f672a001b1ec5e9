// What is granted and made beside the gateways, resource by resource, in whatever resource group and subscription they are.
//
// A deployment of its own, run by infra/hooks/postprovision.sh and not by azd: `azd down` deletes every resource group that it finds in
// a deployment of azd's, and here are yours. infra/hooks/predown.sh takes back what this grants. It can be run again at any time.

targetScope = 'subscription'

@description('The resource ids of the gateways that the bot looks after.')
@minLength(1)
param gateways array

@description('False: the bot may write nowhere.')
param writing bool = true

@description('What the gateways are joined to: subnets, public addresses, firewall policies, identities. infra/hooks/preprovision.sh finds it out.')
param joined array = []

@description('Where the bot may look around. Of these, main.bicep grants on subscriptions, and this file on resource groups.')
param scopes array = []

@description('Log Analytics workspaces that the gateways\' logs go to.')
param logWorkspaces array = []

@description('Errands that the bot may run when somebody approves: logs, watch.')
param errands array = []

@description('Ids of App Service apps whose login may be opened for their health path.')
param loginApps array = []

@description('Now, and not on request only: send the gateways\' logs to the workspace.')
param gatewayLogs bool = false

@description('The outputs of main.bicep: who the bot is, its workspace, and its roles.')
param token string
param readPrincipalId string
param writePrincipalId string
param workspaceId string
param diagnoseRole string
param searchRole string
param mendRole string
param logsRole string
param logsWorkspaceRole string
param watchRole string
param loginRole string

var singleGroups = filter(scopes, id => length(split(id, '/')) == 5)
var gatewayGroups = union(map(gateways, id => toLower(join(take(split(id, '/'), 5), '/'))), [])
var written = writing ? union(gateways, joined) : []
var mayKeepLogs = writing && contains(errands, 'logs')
var mayWatch = writing && contains(errands, 'watch')

module diagnoseGroup 'modules/grant-group.bicep' = [
  for id in singleGroups: {
    name: 'agw-diagnose-${uniqueString(id, token)}'
    scope: resourceGroup(split(id, '/')[2], split(id, '/')[4])
    params: {
      roleId: diagnoseRole
      principalId: readPrincipalId
    }
  }
]

module searchWorkspace 'modules/grant.bicep' = [
  for id in union(logWorkspaces, [workspaceId]): {
    name: 'agw-search-${uniqueString(id, token)}'
    scope: resourceGroup(split(id, '/')[2], split(id, '/')[4])
    params: {
      id: id
      roleId: searchRole
      principalId: readPrincipalId
    }
  }
]

module mend 'modules/grant.bicep' = [
  for id in written: {
    name: 'agw-mend-${uniqueString(id, token)}'
    scope: resourceGroup(split(id, '/')[2], split(id, '/')[4])
    params: {
      id: id
      roleId: mendRole
      principalId: writePrincipalId
    }
  }
]

module mayLog 'modules/grant.bicep' = [
  for id in (mayKeepLogs ? gateways : []): {
    name: 'agw-logs-${uniqueString(id, token)}'
    scope: resourceGroup(split(id, '/')[2], split(id, '/')[4])
    params: {
      id: id
      roleId: logsRole
      principalId: writePrincipalId
    }
  }
]

module mayLogThere 'modules/grant.bicep' = if (mayKeepLogs) {
  name: 'agw-logs-there-${token}'
  scope: resourceGroup(split(workspaceId, '/')[2], split(workspaceId, '/')[4])
  params: {
    id: workspaceId
    roleId: logsWorkspaceRole
    principalId: writePrincipalId
  }
}

module mayWatchGroup 'modules/grant-group.bicep' = [
  for id in (mayWatch ? gatewayGroups : []): {
    name: 'agw-watch-${uniqueString(id, token)}'
    scope: resourceGroup(split(id, '/')[2], split(id, '/')[4])
    params: {
      roleId: watchRole
      principalId: writePrincipalId
    }
  }
]

module mayOpenLogin 'modules/grant.bicep' = [
  for id in (writing ? loginApps : []): {
    name: 'agw-login-${uniqueString(id, token)}'
    scope: resourceGroup(split(id, '/')[2], split(id, '/')[4])
    params: {
      id: id
      roleId: loginRole
      principalId: writePrincipalId
    }
  }
]

module logs 'modules/logs.bicep' = [
  for id in (gatewayLogs ? gateways : []): {
    name: 'agw-keep-logs-${uniqueString(id, token)}'
    scope: resourceGroup(split(id, '/')[2], split(id, '/')[4])
    params: {
      gatewayName: split(id, '/')[8]
      workspaceId: workspaceId
    }
  }
]
