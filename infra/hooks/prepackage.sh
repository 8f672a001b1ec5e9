#!/bin/sh
# Builds dist/, the folder that azd zips and deploys: the program, the policy in agw.toml, and a folder for each function.
set -eu
cd "$(dirname "$0")/../.."
. infra/hooks/lib.sh

need cargo 'https://rustup.rs'
[ -f agw.toml ] || fail 'there is no agw.toml, which says who may approve: docs/deploy.md has one to begin with'
cargo xtask package --config agw.toml
