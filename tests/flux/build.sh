#!/usr/bin/env bash
# Builds two of Flux's controllers from their Go modules into target/tools/flux, or into the folder $1: the one that fetches
# Git repositories and the one that applies what is in them; their definitions beside them. Some minutes the first time; after
# that nothing is done while the version in tests/versions.sh stays the same. --missing only says, by its status, whether they are
# missing; with NO_INSTALL=1 nothing is built, and the status is 2.
set -euo pipefail
. "$(dirname "$0")/../versions.sh"
only_missing=
if [ "${1:-}" = --missing ]; then
  only_missing=1
  shift
fi
out=${1:-$(dirname "$0")/../../target/tools/flux}
mkdir -p "$out"
out=$(cd "$out" && pwd)

version=$FLUX
parts=(source-controller kustomize-controller)

stamp="flux $version: ${parts[*]}"
[ "$(cat "$out/stamp" 2>/dev/null || true)" = "$stamp" ] && exit 0
[ -z "$only_missing" ] || exit 1
command -v go >/dev/null || { echo "missing: go: from https://go.dev/dl: Flux's controllers are built from their Go modules" >&2; exit 2; }
if [ "${NO_INSTALL:-}" = 1 ]; then
  echo "missing: $stamp: built from their Go modules: the example for Flux is tested with them" >&2
  exit 2
fi
echo "== building Flux's controllers $version (some minutes)" >&2

# A module that needs both, since `go install` refuses what replaces modules. The replacements are theirs, but for those by a
# folder: what is in the folder is a module of its own.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export GOFLAGS=-mod=mod CGO_ENABLED=0
go mod init example.com/flux 2>/dev/null
for part in "${parts[@]}"; do
  module=github.com/fluxcd/$part
  folder=$(go mod download -json "$module@$version" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
  go mod edit -require "$module@$version" -require "$module/api@$version"
  for replacement in $(sed -nE 's/^(replace )?\s*(\S+) => ([^. ]\S+) (v\S+)$/\2=\3@\4/p' "$folder/go.mod"); do
    go mod edit -replace "$replacement"
  done
  cp "$folder"/config/crd/bases/*.yaml "$out"
done
chmod u+w "$out"/*.yaml
# They have little to compute here: not optimised they are built in less time.
go build -gcflags 'all=-N -l' -ldflags '-s -w' -o "$out/" "${parts[@]/#/github.com/fluxcd/}"
echo "$stamp" >"$out/stamp"
