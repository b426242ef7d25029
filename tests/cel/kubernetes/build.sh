#!/usr/bin/env bash
# Builds the program of this folder with the libraries of Kubernetes in target/tools/cel, or in the directory $1. It is only rebuilt when
# it or the version in tests/versions.sh changes. With --missing the exit status says whether it is missing; with NO_INSTALL=1 nothing is
# built, and the exit status is 2 if it is missing.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../versions.sh"
only_missing=
if [ "${1:-}" = --missing ]; then
  only_missing=1
  shift
fi
out=${1:-$here/../../../target/tools/cel}
mkdir -p "$out"
out=$(cd "$out" && pwd)

stamp="kubernetes $KUBERNETES $(sha256sum <"$here/main.go")"
[ "$(cat "$out/stamp" 2>/dev/null || true)" = "$stamp" ] && [ -x "$out/evaluate" ] && exit 0
[ -z "$only_missing" ] || exit 1
command -v go >/dev/null || { echo "missing: go: from https://go.dev/dl: CEL of Kubernetes is built from its Go modules" >&2; exit 2; }
if [ "${NO_INSTALL:-}" = 1 ]; then
  echo "missing: $stamp: built from Go modules: needed to compare CEL with Kubernetes" >&2
  exit 2
fi
echo "== building CEL of Kubernetes $KUBERNETES (a minute)" >&2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here/main.go" "$work"
cd "$work"
export GOFLAGS=-mod=mod CGO_ENABLED=0
go mod init example.com/cel 2>/dev/null
go mod edit -require "k8s.io/apiserver@v0.${KUBERNETES#v1.}"
go mod tidy 2>/dev/null
go build -o "$out/evaluate" .
echo "$stamp" >"$out/stamp"
