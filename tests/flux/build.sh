#!/usr/bin/env bash
# Builds two of Flux's controllers from their Go modules into target/tools/flux, or into the folder $1: the one that fetches
# Git repositories and the one that applies what is in them; their definitions beside them. Some minutes the first time; after
# that nothing is done while the version below stays the same.
set -euo pipefail
out=${1:-$(dirname "$0")/../../target/tools/flux}
mkdir -p "$out"
out=$(cd "$out" && pwd)

version=v1.7.3 # of both
parts=(source-controller kustomize-controller)

stamp="flux $version: ${parts[*]}"
[ "$(cat "$out/stamp" 2>/dev/null || true)" = "$stamp" ] && exit 0
command -v go >/dev/null || { echo "Flux's controllers are built from their Go modules: Go is needed" >&2; exit 1; }
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
