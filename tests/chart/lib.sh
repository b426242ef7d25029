# What the tests of the chart have in common: tools, a cluster, waiting. Sourced from the project's root.
# kubectl is the one of the tests' Kubernetes; HELM may name another helm than that of tests/versions.sh.
K8S_BIN=${K8S_BIN:-$PWD/target/tools/k8s}
KUBECTL=$K8S_BIN/kubectl
HELM=${HELM:-$PWD/target/tools/helm}
export K8S_BIN KUBECTL HELM

# Nothing of whoever runs this is read or changed.
work=$(mktemp -d)
export HELM_CACHE_HOME=$work/helm/cache HELM_CONFIG_HOME=$work/helm/config HELM_DATA_HOME=$work/helm/data

failures=0
pass() { printf '  ok    %s\n' "$*"; }
fail() {
  printf '  FAIL  %s\n' "$*"
  failures=$((failures + 1))
}

# Tries a command again until it succeeds: eventually SECONDS COMMAND…
eventually() {
  local until=$((SECONDS + $1))
  while [ $SECONDS -lt $until ]; do
    "${@:2}" >/dev/null 2>&1 && return 0
    sleep 0.3
  done
  "${@:2}"
}

# A step that has to hold: check NAME COMMAND… What it says is only shown where it does not.
check() {
  local said
  if said=$("${@:2}" 2>&1); then
    pass "$1"
  else
    fail "$1"
    printf '%s\n' "$said" | tail -n 25 | sed 's/^/        /'
    return 1
  fi
}

# What this script needs, named before it is installed: needs "$@" PART…; with --no-install among the arguments nothing is.
needs() {
  tests/needs "$@" || exit
}

cluster=
# Starts a cluster in a folder that is removed in the end: start_cluster api|controllers|node
start_cluster() {
  cluster=$work/cluster
  tests/cluster/up.sh "$cluster" "$1" || exit 1
  export KUBECONFIG=$cluster/kubeconfig
}

# Opens a way on loopback to the Service of a release in its namespace, and sets base: forward RELEASE; `kill $forwarding` closes it.
forward() {
  "$KUBECTL" -n "$1" port-forward --address 127.0.0.1 "service/$1-agentic-ops" :8180 >"$work/forward" 2>&1 &
  forwarding=$!
  eventually 20 grep -q Forwarding "$work/forward" || { cat "$work/forward"; return 1; }
  base=$(sed -n 's/^Forwarding from \(127[^ ]*\) .*/http:\/\/\1/p' "$work/forward" | head -n 1)
}

finish() {
  local code=$?
  trap - EXIT
  [ -n "$cluster" ] && tests/cluster/down.sh "$cluster"
  rm -rf "$work"
  exit $code
}
trap finish EXIT
trap 'exit 130' INT TERM
