#!/bin/sh
# Before the resource group goes: takes back what is elsewhere. Roles on gateways and subscriptions, alert rules and a diagnostic
# setting beside gateways, the custom roles themselves. May be run again after it failed half-way.
set -eu
cd "$(dirname "$0")/../.."
. infra/hooks/lib.sh

need_az
for name in AZURE_ENV_NAME AZURE_SUBSCRIPTION_ID AZURE_RESOURCE_GROUP AGW_TOKEN AGW_GATEWAYS; do
    take "$name" 'it is what azd provision wrote; without azd, export the outputs of the deployment (docs/deploy.md)'
done
own=$(printf '%s' "/subscriptions/$AZURE_SUBSCRIPTION_ID/resourceGroups/$AZURE_RESOURCE_GROUP/" | tr '[:upper:]' '[:lower:]')

# Every subscription that something may have been granted in.
subscriptions=$(
    {
        say "/subscriptions/$AZURE_SUBSCRIPTION_ID"
        for name in AGW_GATEWAYS AGW_JOINED AGW_SCOPES AGW_LOG_WORKSPACES AGW_LOGIN_APPS AGW_WORKSPACE; do
            lines "$(value "$name")"
            say ''
        done
    } | grep '^/subscriptions/' | cut -d/ -f3 | tr '[:upper:]' '[:lower:]' | sort -u
)

# each COMMAND...: runs it with each line of its input as the last word.
each() {
    while IFS= read -r line || [ -n "$line" ]; do
        [ -z "$line" ] || "$@" "$line" </dev/null
    done
}

for name in AGW_READ_PRINCIPAL_ID AGW_WRITE_PRINCIPAL_ID; do
    principal=$(value "$name")
    [ -n "$principal" ] || continue
    for subscription in $subscriptions; do
        az role assignment list --all --subscription "$subscription" \
            --query "[?principalId=='$principal'].id" --output tsv |
            each az role assignment delete --subscription "$subscription" --ids
    done
done
say 'agw: the two identities may do nothing any more.'

# Every alert that tells this bot, whether the deployment made it or /agw watch. An alert that tells nobody is of no use.
action_group=$(value AGW_ACTION_GROUP_ID)
lines "$AGW_GATEWAYS" | while IFS= read -r id || [ -n "$id" ]; do
    subscription=$(subscription_of "$id")
    group=$(group_of "$id")
    az monitor metrics alert list --subscription "$subscription" --resource-group "$group" \
        --query "[].{id: id, tells: join(',', actions[].actionGroupId || \`[]\`)}" --output tsv </dev/null |
        awk -F '\t' -v ours="$action_group" 'tolower($2) == tolower(ours) { print $1 }' |
        each az monitor metrics alert delete --ids
    # Logs that went to a workspace of somebody else's stay as they are.
    to=$(az monitor diagnostic-settings show --resource "$id" --name agw-logs --query workspaceId --output tsv 2>/dev/null </dev/null |
        tr '[:upper:]' '[:lower:]') || to=
    case $to in
    "$own"*) az monitor diagnostic-settings delete --resource "$id" --name agw-logs </dev/null ;;
    esac
done
say 'agw: nothing beside the gateways tells this bot any more.'

# What identities no longer have can be deleted. Found by the end of their names, which no other installation has.
mark=$(printf '%s' "($AZURE_ENV_NAME $(printf '%.5s' "$AGW_TOKEN"))")
az role definition list --subscription "$AZURE_SUBSCRIPTION_ID" --custom-role-only true \
    --query "[?ends_with(roleName, '$mark')].name" --output tsv |
    each az role definition delete --subscription "$AZURE_SUBSCRIPTION_ID" --name
for name in grants alerting; do
    az deployment sub delete --subscription "$AZURE_SUBSCRIPTION_ID" --name "agw-$name-$AZURE_ENV_NAME" --output none 2>/dev/null ||
        say "agw: the record of the deployment agw-$name-$AZURE_ENV_NAME was gone already."
done
# Made by secure-alerts.sh, if at all. By its name, so that an application of somebody else's stays.
if [ -n "$(value AGW_ALERTS_OBJECT_ID)" ]; then
    az ad app list --display-name "agw-alerts-$AZURE_ENV_NAME" --query '[].appId' --output tsv | each az ad app delete --id
fi
say 'agw: the custom roles are deleted. What is left is in the resource group.'
