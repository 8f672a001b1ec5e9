// The custom roles of infra/roles, one definition a file. Their names are unique in a tenant, hence the installation's name.

targetScope = 'subscription'

param environmentName string
param token string

@description('The subscriptions that they may be given on.')
param assignableScopes array

var definitions = {
  diagnose: loadJsonContent('../roles/diagnose.json')
  follow: loadJsonContent('../roles/follow.json')
  search: loadJsonContent('../roles/search.json')
  mend: loadJsonContent('../roles/mend.json')
  logs: loadJsonContent('../roles/logs.json')
  'logs-workspace': loadJsonContent('../roles/logs-workspace.json')
  watch: loadJsonContent('../roles/watch.json')
  login: loadJsonContent('../roles/login.json')
}

resource role 'Microsoft.Authorization/roleDefinitions@2022-04-01' = [
  for one in items(definitions): {
    name: guid(subscription().id, token, one.key)
    properties: {
      roleName: '${one.value.name} (${environmentName} ${take(token, 5)})'
      description: one.value.description
      type: 'CustomRole'
      permissions: [
        {
          actions: one.value.actions
          notActions: []
        }
      ]
      assignableScopes: assignableScopes
    }
  }
]

@description('The guid of each role, by the name of its file.')
output ids object = {
  diagnose: guid(subscription().id, token, 'diagnose')
  follow: guid(subscription().id, token, 'follow')
  search: guid(subscription().id, token, 'search')
  mend: guid(subscription().id, token, 'mend')
  logs: guid(subscription().id, token, 'logs')
  'logs-workspace': guid(subscription().id, token, 'logs-workspace')
  watch: guid(subscription().id, token, 'watch')
  login: guid(subscription().id, token, 'login')
}
