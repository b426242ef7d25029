#!/usr/bin/env bash
# Builds two Flux controllers from their Go modules in target/tools/flux, or in the directory $1: source-controller, which fetches Git
# repositories, and kustomize-controller, which applies them. Also copies their CustomResourceDefinitions. The first build takes some
# minutes; after that they are only rebuilt when the version in tests/versions.sh changes. With --missing the exit status says whether
# they are missing; with NO_INSTALL=1 nothing is built, and the exit status is 2 if they are missing.
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
command -v go >/dev/null || { echo "missing: go: from https://go.dev/dl: the Flux controllers are built from their Go modules" >&2; exit 2; }
if [ "${NO_INSTALL:-}" = 1 ]; then
  echo "missing: $stamp: built from their Go modules: needed to test the Flux example" >&2
  exit 2
fi
echo "== building the Flux controllers $version (some minutes)" >&2

# Builds both as dependencies of a new module, since `go install` rejects modules with replace directives. Their replace directives
# are copied, except those by a directory, which contains a published module.
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
# Optimisation is disabled, since it only makes the build slower.
go build -gcflags 'all=-N -l' -ldflags '-s -w' -o "$out/" "${parts[@]/#/github.com/fluxcd/}"
echo "$stamp" >"$out/stamp"
