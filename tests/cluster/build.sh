#!/usr/bin/env bash
# Builds a real Kubernetes from its Go modules into K8S_BIN, default target/tools/k8s: what a node takes, and kine (the store
# on SQLite that k3s uses). Some minutes the first time; what is there in the versions of tests/versions.sh is not built again.
#   build.sh [PART…]            all parts, or these
#   build.sh --missing [PART…]  names those that are missing, and builds nothing; so does NO_INSTALL=1, with exit status 2
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../versions.sh"
out=${K8S_BIN:-$here/../../target/tools/k8s}
mkdir -p "$out"
out=$(cd "$out" && pwd)
kubernetes=$KUBERNETES kine=$KINE

only_missing=
if [ "${1:-}" = --missing ]; then
  only_missing=1
  shift
fi
wanted=("$@")
[ $# -gt 0 ] || wanted=(kube-apiserver kube-controller-manager kubectl kube-scheduler kube-proxy kubelet kine)

# Each program carries its version.
missing=() parts=()
for part in "${wanted[@]}"; do
  version=$kubernetes
  [ "$part" = kine ] && version=$kine
  grep -qaF "$version" "$out/$part" 2>/dev/null || missing+=("$part")
done
if [ -n "$only_missing" ]; then
  echo "${missing[*]-}"
  exit 0
fi
[ ${#missing[@]} -gt 0 ] || exit 0
command -v go >/dev/null || { echo "missing: go: from https://go.dev/dl: Kubernetes is built from its Go modules" >&2; exit 2; }
if [ "${NO_INSTALL:-}" = 1 ]; then
  printf 'missing: %s: built from its Go module: tests run against a real API server\n' "${missing[@]}" >&2
  exit 2
fi
echo "== building ${missing[*]} of Kubernetes $kubernetes into $out (some minutes)" >&2
for part in "${missing[@]}"; do
  if [ "$part" = kine ]; then GOBIN=$out go install "github.com/k3s-io/kine@$kine"; else parts+=("$part"); fi
done
[ ${#parts[@]} -gt 0 ] || exit 0

# A module that needs Kubernetes. Its libraries stand beside it in its repository, and have to be named one by one.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here/parts.go" "$work"
cd "$work"
go mod init example.com/cluster 2>/dev/null
gomod=$(go mod download -json "k8s.io/kubernetes@$kubernetes" | sed -n 's/.*"GoMod": "\(.*\)".*/\1/p')
for library in $(awk '$1 ~ /^k8s\.io\// && $2 == "v0.0.0" {print $1}' "$gomod" | sort -u); do
  go mod edit -replace "$library=$library@v0.${kubernetes#v1.}"
done
go mod edit -require "k8s.io/kubernetes@$kubernetes"
go mod tidy 2>/dev/null

IFS=. read -r major minor _ <<<"${kubernetes#v}"
version=k8s.io/component-base/version
flags="-s -w -X $version.gitVersion=$kubernetes -X $version.gitMajor=$major -X $version.gitMinor=$minor"
for part in "${parts[@]}"; do
  CGO_ENABLED=0 go build -ldflags "$flags" -o "$out/$part" "k8s.io/kubernetes/cmd/$part"
done
