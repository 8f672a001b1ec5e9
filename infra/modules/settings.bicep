// The settings of the app, all of them, and nowhere else.
//
// One setting a line, NAME: what it stands for. A test reads this file and runs the packaged bot with exactly these settings, so
// keep it that plain: an expression is a parameter, a text with parameters in it, or join(parameter, ',').
//
// Only what is switched on is written: a reference to a secret that is not there stops the bot.

param blobService string
param queueService string
param vaultUri string
param insightsConnection string
param readClientId string
param writeClientId string
param gateways array
param workspaceId string
param actionGroupId string
param environmentName string
param writing bool
param slack bool
param discord bool
param teamsTenants array
param otlpEndpoint string
param otlpHeaders bool
param alertsAppId string
param alertsTenant string

var always = {
  AzureWebJobsStorage__blobServiceUri: blobService
  AzureWebJobsStorage__queueServiceUri: queueService
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: readClientId
  APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnection
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${readClientId};Authorization=AAD'
  AGW_READ_CLIENT_ID: readClientId
  AGW_GATEWAYS: join(gateways, ',')
  AGW_WORKSPACE_ID: workspaceId
  AGW_ACTION_GROUP_ID: actionGroupId
}

// Without it the bot observes.
var toWrite = {
  AGW_WRITE_CLIENT_ID: writeClientId
}

var forSlack = {
  AGW_SLACK_SIGNING_SECRET: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/slack-signing-secret)'
  AGW_SLACK_BOT_TOKEN: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/slack-bot-token)'
}

var forDiscord = {
  AGW_DISCORD_BOT_TOKEN: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/discord-bot-token)'
}

// The bot is a managed identity to Teams, so there is no secret.
var forTeams = {
  AGW_TEAMS_APP_ID: readClientId
  AGW_TEAMS_TENANTS: join(teamsTenants, ',')
}

var forAlerts = {
  AGW_ALERTS_APP_ID: alertsAppId
  AGW_ALERTS_TENANT: alertsTenant
}

var forTelemetry = {
  OTEL_EXPORTER_OTLP_ENDPOINT: otlpEndpoint
  OTEL_SERVICE_NAME: 'agw'
  OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=${environmentName}'
}

var forTelemetryHeaders = {
  OTEL_EXPORTER_OTLP_HEADERS: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/otlp-headers)'
}

output settings object = union(
  always,
  writing ? toWrite : {},
  slack ? forSlack : {},
  discord ? forDiscord : {},
  empty(teamsTenants) ? {} : forTeams,
  empty(alertsAppId) ? {} : forAlerts,
  empty(otlpEndpoint) ? {} : forTelemetry,
  otlpHeaders ? forTelemetryHeaders : {}
)
