#!/usr/bin/env bash
# Builds a real Kubernetes from its Go modules into K8S_BIN, default target/tools/k8s: what a node takes, and kine (the store
# on SQLite that k3s uses). Some minutes the first time; what is there in the versions below is not built again.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=${K8S_BIN:-$here/../../target/tools/k8s}
mkdir -p "$out"
out=$(cd "$out" && pwd)

kubernetes=v1.36.2 # its libraries carry the same version, as v0.36.2
kine=v0.17.5
parts=(kube-apiserver kube-controller-manager kubectl kube-scheduler kube-proxy kubelet)

# Each program carries its version.
has() { grep -qaF "$2" "$out/$1" 2>/dev/null; }
missing=()
for part in "${parts[@]}"; do
  has "$part" "$kubernetes" || missing+=("$part")
done
[ ${#missing[@]} = 0 ] && has kine "$kine" && exit 0
command -v go >/dev/null || { echo "a real Kubernetes is built from its Go modules: Go is needed" >&2; exit 1; }
echo "== building Kubernetes $kubernetes: ${missing[*]:-kine} (some minutes)" >&2

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
for part in "${missing[@]}"; do
  CGO_ENABLED=0 go build -ldflags "$flags" -o "$out/$part" "k8s.io/kubernetes/cmd/$part"
done
has kine "$kine" || GOBIN=$out go install "github.com/k3s-io/kine@$kine"
