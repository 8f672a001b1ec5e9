#!/bin/sh
# Before anything is built or made: is everything here that it takes? Says what is missing and how to get it.
set -eu
cd "$(dirname "$0")/../.."
. infra/hooks/lib.sh

need cargo 'https://rustup.rs'
need python3 'https://www.python.org/downloads (3.11 or newer; it fetches the linker for the package)'
need_az

[ -f agw.toml ] || fail 'there is no agw.toml, which says who may approve: docs/deploy.md has one to begin with'

az account show --output none 2>/dev/null || fail 'nobody is signed in to Azure: run az login'
if command -v azd >/dev/null 2>&1; then
    azd auth login --check-status 2>&1 | grep -q '^Logged in' || fail 'azd is not signed in: run azd auth login'
fi

subscription=$(value AZURE_SUBSCRIPTION_ID)
if [ -n "$subscription" ]; then
    az account show --subscription "$subscription" --output none 2>/dev/null ||
        fail "az does not see the subscription $subscription: run az login --tenant TENANT"
fi

gateways=$(value AGW_GATEWAYS)
[ -n "$gateways" ] || fail 'AGW_GATEWAYS names no gateway. Their ids: az network application-gateway list --query "[].id" --output tsv. Then: azd env set AGW_GATEWAYS ID,ID'
lines "$gateways" | while IFS= read -r id || [ -n "$id" ]; do
    printf '%s\n' "$id" | grep -Eiq '^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Network/applicationGateways/[^/]+$' ||
        fail "AGW_GATEWAYS: \"$id\" is not the resource id of an Application Gateway"
done

# The bot does not start with a platform that it has no secret for, and there is no vault for one before the first deployment.
if grep -Eq '^[[:space:]]*application[[:space:]]*=' agw.toml && [ "$(value AGW_DISCORD)" != true ]; then
    fail 'agw.toml names a Discord application, and its token is not in the vault yet: leave [discord] out of the first deployment, and put it in before infra/hooks/connect.sh discord'
fi

# What only the installed bot can have is missing yet, so that 3, "something is missing", is fine. A wrong key is not.
code=0
agw check --config agw.toml || code=$?
case $code in
0 | 3) say 'agw: agw.toml is fine. What is missing above and comes with the deployment will be there.' ;;
*) fail 'agw.toml cannot be used, see above' ;;
esac
