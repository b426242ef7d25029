#!/usr/bin/env bash
# Builds Kubernetes from its Go modules in K8S_BIN, default target/tools/k8s: the components of a node, and kine, which stores the
# state in SQLite (as in k3s). The first build takes some minutes; programs in the versions of tests/versions.sh are not rebuilt.
#   build.sh [PART…]            builds all parts except e2e.test, the end-to-end tests of Kubernetes, or the given ones
#   build.sh --missing [PART…]  lists missing parts and builds nothing; NO_INSTALL=1 does the same, with exit status 2
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

# Each program contains its version.
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
  printf 'missing: %s: built from its Go module: needed for tests against a real API server\n' "${missing[@]}" >&2
  exit 2
fi
echo "== building ${missing[*]} of Kubernetes $kubernetes into $out (some minutes)" >&2
for part in "${missing[@]}"; do
  if [ "$part" = kine ]; then GOBIN=$out go install "github.com/k3s-io/kine@$kine"; else parts+=("$part"); fi
done
[ ${#parts[@]} -gt 0 ] || exit 0

# Builds the programs as dependencies of a new module. The libraries in the Kubernetes repository have to be replaced one by one.
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
export CGO_ENABLED=0
for part in "${parts[@]}"; do
  case $part in
  e2e.test) go test -c -ldflags "$flags" -o "$out/$part.new" k8s.io/kubernetes/test/e2e ;;
  *) go build -ldflags "$flags" -o "$out/$part.new" "k8s.io/kubernetes/cmd/$part" ;;
  esac
  # One that was written only in part would count as built.
  mv "$out/$part.new" "$out/$part"
done
