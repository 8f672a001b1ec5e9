#!/bin/sh
# After the resource group is gone: the vault, which Azure would keep for a week, with the secrets in it.
set -eu
cd "$(dirname "$0")/../.."
. infra/hooks/lib.sh

need_az
for name in AZURE_SUBSCRIPTION_ID AGW_VAULT_NAME; do
    take "$name" 'it is what azd provision wrote; without azd, export the outputs of the deployment (docs/deploy.md)'
done
if [ "$(value AGW_PURGE_PROTECTION)" = true ]; then
    say "agw: the vault $AGW_VAULT_NAME has purge protection: Azure deletes it by itself in a week."
    exit 0
fi
# azd down --purge may have done it already.
kept=$(az keyvault list-deleted --subscription "$AZURE_SUBSCRIPTION_ID" --resource-type vault \
    --query "[?name=='$AGW_VAULT_NAME'].name" --output tsv)
if [ -n "$kept" ]; then
    az keyvault purge --subscription "$AZURE_SUBSCRIPTION_ID" --name "$AGW_VAULT_NAME"
fi
say 'agw: nothing of it is left in Azure. What Slack, Teams and Discord know of the bot is deleted there.'
