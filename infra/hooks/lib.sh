# shellcheck shell=sh
# What the hooks have in common. Read by them, never run.
#
# Values come from the environment: azd sets it for its hooks, and whoever deploys without azd exports the same names. A hook
# that is typed by hand asks azd for what the environment does not have.

# fail WORD...: says what is wrong and what mends it, and ends.
fail() {
    printf 'agw: %s\n' "$*" >&2
    exit 1
}

say() {
    printf '%s\n' "$*"
}

# need TOOL WHERE: ends unless the tool is there.
need() {
    command -v "$1" >/dev/null 2>&1 || fail "$1 is not installed: $2"
}

need_az() {
    need az 'https://learn.microsoft.com/cli/azure/install-azure-cli'
}

# value NAME: from the environment, or from azd's; empty if neither knows it.
value() {
    eval "known=\${$1-}"
    if [ -z "$known" ] && command -v azd >/dev/null 2>&1; then
        known=$(azd env get-value "$1" 2>/dev/null) || known=
    fi
    printf '%s' "$known"
}

# take NAME WHENCE: the variable NAME has a value from now on, or the hook ends and says where it comes from.
take() {
    taken=$(value "$1")
    [ -n "$taken" ] || fail "$1 is not known: $2"
    # Handed to the Bicep compiler, which reads parameters from the environment.
    export "$1=$taken"
}

# hand_on NAME: to the Bicep compiler, if it has a value at all; else the default counts.
hand_on() {
    handed=$(value "$1")
    [ -z "$handed" ] || export "$1=$handed"
}

# deploy NAME WHY AGAIN: infra/NAME.bicep with its parameters, at the subscription. Tried for two minutes, as Azure needs a moment.
deploy() {
    attempt=1
    until az deployment sub create --name "agw-$1-$AZURE_ENV_NAME" --location "$AZURE_LOCATION" \
        --subscription "$AZURE_SUBSCRIPTION_ID" --parameters "infra/$1.bicepparam" --output none; do
        [ "$attempt" -lt 5 ] || fail "infra/$1.bicep could not be deployed, see above. Once it is mended: $3"
        say "agw: not yet; once more in ${AGW_PAUSE-30} s ($2)"
        sleep "${AGW_PAUSE-30}"
        attempt=$((attempt + 1))
    done
}

# with_azd: whether this installation is azd's. azd may be on a machine where somebody deploys without it.
with_azd() {
    command -v azd >/dev/null 2>&1 && azd env get-value AZURE_ENV_NAME >/dev/null 2>&1
}

# remember NAME VALUE: for the next deployment. Nothing secret: azd keeps it in a file.
remember() {
    export "$1=$2"
    if with_azd; then
        azd env set "$1" "$2"
    else
        say "export $1='$2'"
    fi
}

# lines LIST: a list with commas, one entry a line.
lines() {
    printf '%s' "$1" | tr ',' '\n'
}

# subscription_of ID, group_of ID, name_of ID: parts of a resource id.
subscription_of() { printf '%s' "$1" | cut -d/ -f3; }
group_of() { printf '%s' "$1" | cut -d/ -f5; }
name_of() { printf '%s' "$1" | cut -d/ -f9; }

# agw WORD...: the bot's own program, on this machine and as whoever is signed in here.
agw() {
    env -u AGW_READ_CLIENT_ID -u AGW_WRITE_CLIENT_ID cargo run --quiet --package handler --bin agw -- "$@"
}
