#!/bin/sh
# connect.sh slack|discord|otlp: asks for a platform's secrets without showing them, puts them into the vault, and switches the
# platform on. Run again, it replaces the secrets.
set -eu
cd "$(dirname "$0")/../.."
. infra/hooks/lib.sh

case ${1-} in
slack) switch=AGW_SLACK names='slack-signing-secret slack-bot-token' ;;
discord) switch=AGW_DISCORD names='discord-bot-token' ;;
otlp) switch=AGW_OTLP_HEADERS names='otlp-headers' ;;
*) fail 'usage: infra/hooks/connect.sh slack|discord|otlp' ;;
esac
need_az
for name in AGW_VAULT_NAME AGW_APP_NAME AZURE_RESOURCE_GROUP AZURE_SUBSCRIPTION_ID; do
    take "$name" 'azd up comes first; without azd, export the outputs of the deployment (docs/deploy.md)'
done

# Only this user may read it, and it is gone whatever happens.
umask 077
folder=$(mktemp -d)
terminal=
leave() {
    rm -rf "$folder"
    [ -z "$terminal" ] || stty "$terminal"
}
trap leave EXIT
trap 'exit 130' INT TERM HUP

prompt() {
    case $1 in
    slack-signing-secret) printf 'Signing Secret (Basic Information): ' ;;
    slack-bot-token) printf 'Bot User OAuth Token, xoxb-… (OAuth & Permissions): ' ;;
    discord-bot-token) printf 'Token (Bot, Reset Token): ' ;;
    otlp-headers) printf 'Headers for the OTLP endpoint, as name=value,name=value: ' ;;
    esac >&2
}

# ask NAME: reads one line into a file, and shows nothing of it.
ask() {
    prompt "$1"
    if [ -t 0 ]; then
        terminal=$(stty -g)
        stty -echo
    fi
    IFS= read -r secret || [ -n "$secret" ] || fail "nothing was given for $1"
    if [ -n "$terminal" ]; then
        stty "$terminal"
        terminal=
        printf '\n' >&2
    fi
    [ -n "$secret" ] || fail "nothing was given for $1"
    printf '%s' "$secret" >"$folder/$1"
    secret=
}

# All of them first: half of a platform's secrets would stop the bot.
for name in $names; do
    ask "$name"
done
if [ -f "$folder/slack-bot-token" ]; then
    grep -q '^xoxb-' "$folder/slack-bot-token" || fail 'a bot token begins with xoxb-: that was something else. Nothing was changed'
fi
for name in $names; do
    # From a file, since everybody on this machine can read a command line.
    az keyvault secret set --vault-name "$AGW_VAULT_NAME" --name "$name" --file "$folder/$name" --encoding utf-8 --output none ||
        fail "the vault $AGW_VAULT_NAME does not take $name. You need Key Vault Secrets Officer on it, and with a private network a way to it"
done

if [ "$(value "$switch")" = true ]; then
    # The references are there already. Without this it would take them up to a day to notice a new secret.
    az rest --method post --output none --url "https://management.azure.com/subscriptions/$AZURE_SUBSCRIPTION_ID/resourceGroups/$AZURE_RESOURCE_GROUP/providers/Microsoft.Web/sites/$AGW_APP_NAME/config/configreferences/appsettings/refresh?api-version=2022-03-01"
    say "agw: the app has the new secrets of $1."
    exit 0
fi
remember "$switch" true
if with_azd; then
    azd provision --no-prompt
    say "agw: $1 is connected."
else
    say "agw: now run the deployment again (docs/deploy.md), so that the app gets the references to the secrets."
fi
