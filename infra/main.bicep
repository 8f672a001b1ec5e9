// Everything that the bot needs in Azure, for `azd provision` and for `az deployment sub create` alike. docs/deploy.md tells
// the story; each module says in its first line what it is for.
//
// It is deployed at a subscription, as it creates a resource group, and it reaches into no other one: `azd down` takes every resource
// group that it finds in a deployment for its own, and would delete those of the gateways with them. What is granted and made beside
// the gateways is in grants.bicep and alerting.bicep, which azd never sees. A test holds this file to it.

targetScope = 'subscription'

// ---- What has to be known

@description('Names this installation, so that several can live side by side: prod.')
@minLength(1)
@maxLength(20)
param environmentName string

@description('Where the bot runs: a region that offers Flex Consumption.')
param location string

@description('The resource ids of the gateways that the bot looks after.')
@minLength(1)
param gateways array

// ---- Who may do what

@description('False: the bot tells what is wrong and changes nothing, as nothing would let it.')
param writing bool = true

@description('What the gateways are joined to: subnets, public addresses, firewall policies, identities. Azure asks for the join on every write. infra/hooks/preprovision.sh finds it out.')
param joined array = []

@description('Where the bot may look around: ids of subscriptions or resource groups. Empty: this subscription, and those of the gateways.')
param scopes array = []

@description('Log Analytics workspaces that the gateways\' logs go to, beside the one below.')
param logWorkspaces array = []

@description('Ids of App Service apps whose login may be opened for their health path.')
param loginApps array = []

@description('Who deploys: may put secrets into the vault. Empty: nobody.')
param principalId string = ''

@description('What kind of identity that is: User, ServicePrincipal or Group.')
param principalType string = 'User'

// ---- Chats. Each is off until its secrets are in the vault: a reference that leads nowhere stops the bot.

@description('Slack is connected.')
param slack bool = false

@description('Discord is connected.')
param discord bool = false

@description('Ids of the Entra tenants whose people may talk to the bot in Teams, its own first. Empty: no Azure Bot is made.')
param teamsTenants array = []

// ---- How it runs

@description('Instances that always wait for requests. Chat platforms give up after three seconds; a lone instance can be taken away under them.')
@minValue(0)
@maxValue(20)
param alwaysReady int = 2

@description('Instances that always wait for wake-ups. 0: the first one after a quiet time waits for an instance to start.')
@minValue(0)
@maxValue(20)
param readyWorkers int = 0

@description('Memory of an instance, in MB: 512, 2048 or 4096.')
param instanceMemory int = 512

@description('The most instances at a time.')
@minValue(40)
@maxValue(1000)
param instancesAtMost int = 40

@description('How often what the bot keeps is copied: Standard_ZRS, or Standard_LRS where a region has no zones.')
param storageSku string = 'Standard_ZRS'

@description('After how many days incidents and their audit trails are deleted.')
@minValue(8)
param keepDays int = 365

// ---- What it tells

@description('An existing Log Analytics workspace for what the bot tells about itself, and for /agw logs. Empty: one is made.')
param workspace string = ''

@description('Where traces and metrics go by OTLP (http/protobuf): https://…. Empty: nowhere.')
param otlpEndpoint string = ''

@description('The vault has a secret otlp-headers for that: api-key=….')
param otlpHeaders bool = false

// ---- Alerts that come with a token of Entra ID, beside the key

@description('The application id of the Entra app of the secure webhook. Empty: the key alone.')
param alertsAppId string = ''

@description('Its tenant.')
param alertsTenant string = tenant().tenantId

// ---- Network and vault

@description('Storage and vault are reached through private endpoints only, and the bot goes out through a network of its own.')
param privateNetwork bool = false

@description('The addresses of that network: a /25 or larger, of which it takes two /26.')
param networkAddresses string = '10.83.0.0/24'

@description('A deleted vault cannot be purged. Off by default, as it outlives `azd down` by a week.')
param purgeProtection bool = false

// ---- Names

var token = toLower(uniqueString(subscription().id, environmentName, location))
var tags = { 'azd-env-name': environmentName }
var groupName = 'rg-agw-${environmentName}'
var appName = 'func-agw-${token}'
// The action group is made after the bot's code is there (alerting.bicep); its id is known before.
var actionGroupId = '${group.id}/providers/Microsoft.Insights/actionGroups/ag-agw-${token}'

// ---- Where

var ownSubscription = [subscription().id]
var gatewaySubscriptions = union(map(gateways, id => '/subscriptions/${toLower(split(id, '/')[2])}'), [])
var lookedAt = empty(scopes) ? union(map(ownSubscription, id => toLower(id)), gatewaySubscriptions) : scopes
var wholeSubscriptions = filter(lookedAt, id => length(split(id, '/')) == 3)

resource group 'Microsoft.Resources/resourceGroups@2021-04-01' = {
  name: groupName
  location: location
  tags: tags
}

module identities 'modules/identities.bicep' = {
  name: 'agw-identities-${token}'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
  }
}

module monitor 'modules/monitor.bicep' = {
  name: 'agw-monitor-${token}'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    workspace: workspace
  }
}

module storage 'modules/storage.bicep' = {
  name: 'agw-storage-${token}'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    keepDays: keepDays
    sku: storageSku
    isPrivate: privateNetwork
  }
}

module vault 'modules/vault.bicep' = {
  name: 'agw-vault-${token}'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    isPrivate: privateNetwork
    purgeProtection: purgeProtection
  }
}

module network 'modules/network.bicep' = if (privateNetwork) {
  name: 'agw-network-${token}'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    addresses: networkAddresses
    appAddresses: cidrSubnet(networkAddresses, 26, 0)
    endpointAddresses: cidrSubnet(networkAddresses, 26, 1)
    storageId: storage.outputs.id
    vaultId: vault.outputs.id
  }
}

// What the bot may do to its own things. Before the app, which reads storage and vault as soon as it starts.
module own 'modules/own.bicep' = {
  name: 'agw-own-${token}'
  scope: group
  params: {
    storageName: storage.outputs.name
    vaultName: vault.outputs.name
    insightsName: monitor.outputs.insightsName
    readPrincipalId: identities.outputs.readPrincipalId
    deployerId: principalId
    deployerType: principalType
  }
}

module settings 'modules/settings.bicep' = {
  name: 'agw-settings-${token}'
  scope: group
  params: {
    blobService: storage.outputs.blobService
    queueService: storage.outputs.queueService
    vaultUri: vault.outputs.uri
    insightsConnection: monitor.outputs.insightsConnection
    readClientId: identities.outputs.readClientId
    writeClientId: identities.outputs.writeClientId
    gateways: gateways
    workspaceId: monitor.outputs.workspaceId
    actionGroupId: actionGroupId
    environmentName: environmentName
    writing: writing
    slack: slack
    discord: discord
    teamsTenants: teamsTenants
    otlpEndpoint: otlpEndpoint
    otlpHeaders: otlpHeaders
    alertsAppId: alertsAppId
    alertsTenant: alertsTenant
  }
}

module app 'modules/app.bicep' = {
  name: 'agw-app-${token}'
  scope: group
  params: {
    location: location
    tags: tags
    name: appName
    token: token
    settings: settings.outputs.settings
    readIdentityId: identities.outputs.readId
    writeIdentityId: identities.outputs.writeId
    packages: storage.outputs.packages
    alwaysReady: alwaysReady
    readyWorkers: readyWorkers
    instanceMemory: instanceMemory
    instancesAtMost: instancesAtMost
    subnetId: privateNetwork ? network!.outputs.appSubnetId : ''
  }
  dependsOn: [own]
}

module teams 'modules/teams.bicep' = if (!empty(teamsTenants)) {
  name: 'agw-teams-${token}'
  scope: group
  params: {
    tags: tags
    token: token
    host: app.outputs.host
    identityId: identities.outputs.readId
    clientId: identities.outputs.readClientId
    tenantId: tenant().tenantId
  }
}

module workbook 'modules/workbook.bicep' = {
  name: 'agw-workbook-${token}'
  scope: group
  params: {
    location: location
    tags: tags
    workspaceId: monitor.outputs.workspaceId
  }
}

// ---- The roles, and what is granted on whole subscriptions

module roles 'modules/roles.bicep' = {
  name: 'agw-roles-${token}'
  params: {
    environmentName: environmentName
    token: token
    assignableScopes: union(
      map(ownSubscription, id => toLower(id)),
      gatewaySubscriptions,
      map(
        concat(lookedAt, joined, logWorkspaces, loginApps, empty(workspace) ? [] : [workspace]),
        id => '/subscriptions/${toLower(split(id, '/')[2])}'
      )
    )
  }
}

module diagnoseSubscription 'modules/grant-subscription.bicep' = [
  for id in wholeSubscriptions: {
    name: 'agw-diagnose-${uniqueString(id, token)}'
    scope: subscription(split(id, '/')[2])
    params: {
      roleId: roles.outputs.ids.diagnose
      principalId: identities.outputs.readPrincipalId
    }
  }
]

module followReads 'modules/grant-subscription.bicep' = [
  for id in gatewaySubscriptions: {
    name: 'agw-follow-reads-${uniqueString(id, token)}'
    scope: subscription(split(id, '/')[2])
    params: {
      roleId: roles.outputs.ids.follow
      principalId: identities.outputs.readPrincipalId
    }
  }
]

module followWrites 'modules/grant-subscription.bicep' = [
  for id in (writing ? gatewaySubscriptions : []): {
    name: 'agw-follow-writes-${uniqueString(id, token)}'
    scope: subscription(split(id, '/')[2])
    params: {
      roleId: roles.outputs.ids.follow
      principalId: identities.outputs.writePrincipalId
    }
  }
]

// ---- What the hooks, the other deployments and people need to know. No secrets.

output AZURE_RESOURCE_GROUP string = group.name
output AGW_APP_NAME string = app.outputs.name
output AGW_HOST string = app.outputs.host
output AGW_TOKEN string = token
output AGW_VAULT_NAME string = vault.outputs.name
output AGW_STORAGE_ACCOUNT string = storage.outputs.name
output AGW_READ_CLIENT_ID string = identities.outputs.readClientId
output AGW_READ_PRINCIPAL_ID string = identities.outputs.readPrincipalId
output AGW_WRITE_CLIENT_ID string = identities.outputs.writeClientId
output AGW_WRITE_PRINCIPAL_ID string = identities.outputs.writePrincipalId
output AGW_WORKSPACE_ID string = monitor.outputs.workspaceId
output AGW_ACTION_GROUP_ID string = actionGroupId
output AGW_ROLE_DIAGNOSE string = roles.outputs.ids.diagnose
output AGW_ROLE_SEARCH string = roles.outputs.ids.search
output AGW_ROLE_MEND string = roles.outputs.ids.mend
output AGW_ROLE_LOGS string = roles.outputs.ids.logs
output AGW_ROLE_LOGS_WORKSPACE string = roles.outputs.ids['logs-workspace']
output AGW_ROLE_WATCH string = roles.outputs.ids.watch
output AGW_ROLE_LOGIN string = roles.outputs.ids.login
