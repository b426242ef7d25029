#!/usr/bin/env bash
# Starts a real Kubernetes API server on loopback, RBAC on: up.sh DIR. It keeps everything in DIR, writes DIR/kubeconfig (of a
# cluster admin), and is ready when this returns, after some six seconds. down.sh DIR ends it.
# PORT: the API server's port (default 16443; the store's is the next one). BIN: where build.sh put the programs.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bin=$(cd "${BIN:-$here/../../target/tools/k8s}" && pwd)
port=${PORT:-16443}
mkdir -p "$1"
cd "$1"
dir=$PWD
: >pids

# Starts a program in the background, and notes its process and what it says.
run() {
  "$bin/$1" "${@:2}" >"$1.log" 2>&1 &
  echo $! >>pids
}

# Waits until a command succeeds.
wait_for() {
  for _ in $(seq 300); do
    "${@:2}" >/dev/null 2>&1 && return
    sleep 0.2
  done
  echo "$1 does not come up:" >&2
  tail -n 5 "$dir/$1.log" >&2
  exit 1
}

token=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')
(umask 077 && echo "$token,admin,admin,system:masters" >tokens.csv)
cat >kubeconfig <<K
apiVersion: v1
kind: Config
clusters: [{name: test, cluster: {server: "https://127.0.0.1:$port", certificate-authority: "$dir/certs/apiserver.crt"}}]
users: [{name: admin, user: {token: $token}}]
contexts: [{name: test, context: {cluster: test, user: admin, namespace: default}}]
current-context: test
K
export KUBECONFIG=$dir/kubeconfig

run kine --endpoint "sqlite://$dir/state.db?_journal=WAL&cache=shared&_busy_timeout=30000" \
  --listen-address "tcp://127.0.0.1:$((port + 1))" --metrics-bind-address 0
wait_for kine bash -c "echo >/dev/tcp/127.0.0.1/$((port + 1))"

# Tokens of service accounts are signed with the key that the server makes for its own certificate.
run kube-apiserver --etcd-servers="http://127.0.0.1:$((port + 1))" \
  --bind-address=127.0.0.1 --secure-port="$port" --cert-dir="$dir/certs" --endpoint-reconciler-type=none \
  --token-auth-file=tokens.csv --authorization-mode=RBAC --service-cluster-ip-range=10.96.0.0/24 \
  --service-account-issuer=https://kubernetes.default.svc \
  --service-account-signing-key-file="$dir/certs/apiserver.key" --service-account-key-file="$dir/certs/apiserver.key"
wait_for kube-apiserver "$bin/kubectl" get --raw /readyz

# What ends namespaces and collects garbage; nothing else is needed where no pods run.
run kube-controller-manager --kubeconfig=kubeconfig --leader-elect=false --secure-port=0 \
  --controllers=namespace-controller,garbage-collector-controller
