#!/bin/sh
# Finds out what the gateways are joined to, since Azure asks for the join on each of them when a gateway is written.
set -eu
cd "$(dirname "$0")/../.."
. infra/hooks/lib.sh

need_az
take AGW_GATEWAYS 'azd env set AGW_GATEWAYS ID,ID'

# Subnets, public addresses, firewall policies of the gateway, its listeners and paths, and the identities for certificates.
joins='[gatewayIPConfigurations[].subnet.id,
frontendIPConfigurations[].subnet.id, frontendIPConfigurations[].publicIPAddress.id,
privateLinkConfigurations[].ipConfigurations[].subnet.id,
[firewallPolicy.id], httpListeners[].firewallPolicy.id, urlPathMaps[].pathRules[].firewallPolicy.id,
identity.userAssignedIdentities && keys(identity.userAssignedIdentities)][]'

found=$(
    lines "$AGW_GATEWAYS" | while IFS= read -r id || [ -n "$id" ]; do
        az network application-gateway show --ids "$id" --query "$joins" --output tsv ||
            fail "the gateway $id cannot be read: is the id right, and are you signed in to its tenant?"
    done
)
joined=$(printf '%s\n' "$found" | grep '^/subscriptions/' | sort -u | paste -s -d, -) ||
    fail 'no gateway has a subnet, which cannot be: look at AGW_GATEWAYS'
remember AGW_JOINED "$joined"
say 'agw: the bot may join these, and nothing else of the network:'
lines "$joined" | sed 's/^/  /'
say ''

# Flex Consumption runs in a subnet delegated to this provider, which no template registers.
if [ "$(value AGW_PRIVATE_NETWORK)" = true ]; then
    az provider register --namespace Microsoft.App --output none
fi
