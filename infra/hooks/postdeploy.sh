#!/bin/sh
# After the code is there: alerts that reach it, Discord's command, and what to paste where.
set -eu
cd "$(dirname "$0")/../.."
. infra/hooks/lib.sh

need_az
for name in AZURE_ENV_NAME AZURE_LOCATION AZURE_SUBSCRIPTION_ID AZURE_RESOURCE_GROUP AGW_APP_NAME AGW_HOST AGW_TOKEN AGW_GATEWAYS \
    AGW_ROLE_WATCH AGW_WRITE_PRINCIPAL_ID; do
    take "$name" 'azd provision writes it; without azd, export the outputs of the deployment (docs/deploy.md)'
done
for name in AGW_ERRANDS AGW_ALERTS_OBJECT_ID AGW_ALERTS_IDENTIFIER_URI; do
    hand_on "$name"
done

deploy alerting 'the key of a new function takes a moment' 'infra/hooks/postdeploy.sh'
say 'agw: Azure Monitor tells the bot of trouble.'

bot="https://$AGW_HOST"
if [ "$(value AGW_DISCORD)" = true ]; then
    # In the environment of this one command, never on a command line.
    AGW_DISCORD_BOT_TOKEN=$(az keyvault secret show --vault-name "$(value AGW_VAULT_NAME)" --name discord-bot-token \
        --query value --output tsv)
    export AGW_DISCORD_BOT_TOKEN
    agw discord register --config agw.toml || say 'agw: /agw is not registered at Discord yet: agw discord register'
    unset AGW_DISCORD_BOT_TOKEN
fi

say ''
say "The bot is at $bot. What is left is one paste for each chat:"
say ''
if [ "$(value AGW_SLACK)" = true ]; then
    say '  Slack     is connected.'
else
    agw manifest slack --url "$bot" >slack-manifest.json
    say '  Slack     1. https://api.slack.com/apps, Create New App, From a manifest: paste slack-manifest.json, install it.'
    say '            2. infra/hooks/connect.sh slack   asks for the two secrets that Slack shows then.'
fi
if [ -n "$(value AGW_TEAMS_TENANTS)" ]; then
    AGW_TEAMS_APP_ID=$(value AGW_READ_CLIENT_ID)
    AGW_TEAMS_TENANTS=$(value AGW_TEAMS_TENANTS)
    export AGW_TEAMS_APP_ID AGW_TEAMS_TENANTS
    rm -f agw-teams.zip
    publisher=$(value AGW_PUBLISHER)
    if agw manifest teams agw-teams.zip --publisher "${publisher:-agw}" --website "$bot"; then
        say '  Teams     Apps, Manage your apps, Upload an app: agw-teams.zip'
    else
        say "  Teams     agw manifest teams agw-teams.zip --publisher NAME --website $bot, and upload it in Teams"
    fi
else
    say '  Teams     azd env set AGW_TEAMS_TENANTS TENANT && azd provision && infra/hooks/postdeploy.sh'
fi
if [ "$(value AGW_DISCORD)" = true ]; then
    say "  Discord   General Information, Interactions Endpoint URL: $bot/api/discord/interactions"
else
    say '  Discord   infra/hooks/connect.sh discord   asks for the token of a bot from the developer portal.'
fi
say ''
say "Is all well?  AGW_CHECK_KEY=… agw check --url $bot   (docs/deploy.md says where the key is)"
