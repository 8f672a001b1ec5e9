#!/bin/sh
# After the bot's own things are there: what it may do beside the gateways, in a deployment that azd does not know of, as
# `azd down` would delete the gateways' resource groups with it.
set -eu
cd "$(dirname "$0")/../.."
. infra/hooks/lib.sh

need_az
# Worked out by preprovision.sh, maybe after azd made the environment of this hook: what azd keeps is newer.
if with_azd; then
    unset AGW_JOINED
fi
for name in AZURE_ENV_NAME AZURE_LOCATION AZURE_SUBSCRIPTION_ID AGW_GATEWAYS AGW_JOINED AGW_TOKEN AGW_READ_PRINCIPAL_ID \
    AGW_WRITE_PRINCIPAL_ID AGW_WORKSPACE_ID AGW_ROLE_DIAGNOSE AGW_ROLE_SEARCH AGW_ROLE_MEND AGW_ROLE_LOGS \
    AGW_ROLE_LOGS_WORKSPACE AGW_ROLE_WATCH AGW_ROLE_LOGIN; do
    take "$name" 'azd provision writes it; without azd, export the outputs of the deployment (docs/deploy.md)'
done
for name in AGW_SCOPES AGW_LOG_WORKSPACES AGW_LOGIN_APPS AGW_ERRANDS AGW_WRITING AGW_GATEWAY_LOGS; do
    hand_on "$name"
done

# A role that was just made is not known everywhere at once.
deploy grants 'a new role takes a moment to be known everywhere' 'infra/hooks/postprovision.sh'
say 'agw: the bot may do on the gateways what docs/permissions.md says, and nothing else.'
