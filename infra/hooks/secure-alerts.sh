#!/bin/sh
# Makes the Entra application by which Azure Monitor proves itself to /api/alerts. Run again, it finds what is there.
# Source: Azure Monitor documentation, "Configure authentication for secure webhook".
set -eu
cd "$(dirname "$0")/../.."
. infra/hooks/lib.sh

need_az
take AZURE_ENV_NAME 'azd env new NAME, or export it'
# Azure Monitor's own service principal, the same in every tenant: "AzNS AAD Webhook".
monitor=461e8683-5575-4561-ac7f-899cc907d62a
# The id of the role within the application. It has to be a guid, and this one is ours.
role=0d6c8f1e-7a52-4b0b-9d55-3a1f0c6e4b27
roles="[{\"id\": \"$role\", \"value\": \"ActionGroupsSecureWebhook\", \"displayName\": \"ActionGroupsSecureWebhook\", \"description\": \"Tells agw of alerts\", \"allowedMemberTypes\": [\"Application\"], \"isEnabled\": true}]"

app=$(az ad app list --display-name "agw-alerts-$AZURE_ENV_NAME" --query '[0].appId' --output tsv)
if [ -z "$app" ]; then
    app=$(az ad app create --display-name "agw-alerts-$AZURE_ENV_NAME" --sign-in-audience AzureADMyOrg \
        --app-roles "$roles" --query appId --output tsv)
fi
object=$(az ad app show --id "$app" --query id --output tsv)
# Tokens of version 2, whose audience is the application's id.
az rest --method patch --url "https://graph.microsoft.com/v1.0/applications/$object" \
    --headers Content-Type=application/json \
    --body "{\"identifierUris\": [\"api://$app\"], \"api\": {\"requestedAccessTokenVersion\": 2}}" --output none

# principal APP: its service principal in this tenant, made if there is none.
principal() {
    az ad sp show --id "$1" --query id --output tsv 2>/dev/null || az ad sp create --id "$1" --query id --output tsv
}
ours=$(principal "$app")
theirs=$(principal "$monitor")
given=$(az rest --method get --url "https://graph.microsoft.com/v1.0/servicePrincipals/$theirs/appRoleAssignments" \
    --query "value[?resourceId=='$ours'].id" --output tsv)
if [ -z "$given" ]; then
    az rest --method post --url "https://graph.microsoft.com/v1.0/servicePrincipals/$theirs/appRoleAssignments" \
        --headers Content-Type=application/json \
        --body "{\"principalId\": \"$theirs\", \"resourceId\": \"$ours\", \"appRoleId\": \"$role\"}" --output none
fi
remember AGW_ALERTS_APP_ID "$app"
remember AGW_ALERTS_OBJECT_ID "$object"
remember AGW_ALERTS_IDENTIFIER_URI "api://$app"
say "agw: Azure Monitor may prove itself by the application agw-alerts-$AZURE_ENV_NAME. Now: azd up"
