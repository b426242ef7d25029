#!/usr/bin/env bash
# Builds the program of this folder with the types of Alertmanager in target/tools/webhook, or in the directory $1. It is only rebuilt when
# it or the version in tests/versions.sh changes. With --missing the exit status says whether it is missing; with NO_INSTALL=1 nothing is
# built, and the exit status is 2 if it is missing.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../versions.sh"
only_missing=
if [ "${1:-}" = --missing ]; then
  only_missing=1
  shift
fi
out=${1:-$here/../../target/tools/webhook}
mkdir -p "$out"
out=$(cd "$out" && pwd)

stamp="alertmanager $ALERTMANAGER $(sha256sum <"$here/main.go")"
[ "$(cat "$out/stamp" 2>/dev/null || true)" = "$stamp" ] && [ -x "$out/decode" ] && exit 0
[ -z "$only_missing" ] || exit 1
command -v go >/dev/null || { echo "missing: go: from https://go.dev/dl: the types of Alertmanager are built from its Go module" >&2; exit 2; }
if [ "${NO_INSTALL:-}" = 1 ]; then
  echo "missing: $stamp: built from Go modules: decodes the bodies of webhooks" >&2
  exit 2
fi
echo "== building the types of Alertmanager $ALERTMANAGER (two minutes)" >&2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here/main.go" "$work"
cd "$work"
export GOFLAGS=-mod=mod CGO_ENABLED=0
go mod init example.com/webhook 2>/dev/null
go mod edit -require "github.com/prometheus/alertmanager@$ALERTMANAGER"
go mod tidy 2>/dev/null
go build -o "$out/decode" .
echo "$stamp" >"$out/stamp"
