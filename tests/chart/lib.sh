# Shared functions of the chart tests: tools, a cluster, waiting. Sourced from the root of the repository.
# kubectl is that of the Kubernetes of the tests. HELM can be set to use another helm than that of tests/versions.sh.
K8S_BIN=${K8S_BIN:-$PWD/target/tools/k8s}
KUBECTL=$K8S_BIN/kubectl
HELM=${HELM:-$PWD/target/tools/helm}
export K8S_BIN KUBECTL HELM

# The configuration of the user is neither read nor changed.
work=$(mktemp -d)
export HELM_CACHE_HOME=$work/helm/cache HELM_CONFIG_HOME=$work/helm/config HELM_DATA_HOME=$work/helm/data

failures=0
pass() { printf '  ok    %s\n' "$*"; }
fail() {
  printf '  FAIL  %s\n' "$*"
  failures=$((failures + 1))
}

# Retries a command until it succeeds: eventually SECONDS COMMAND…
eventually() {
  local until=$((SECONDS + $1))
  while [ $SECONDS -lt $until ]; do
    "${@:2}" >/dev/null 2>&1 && return 0
    sleep 0.3
  done
  "${@:2}"
}

# Runs a test step, which must succeed: check NAME COMMAND… The output is only printed on failure.
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

# Installs what this script needs: needs "$@" PART… With --no-install among the arguments it is only listed.
needs() {
  tests/needs "$@" || exit
}

cluster=
# Starts a cluster in a temporary directory: start_cluster api|controllers|node
start_cluster() {
  cluster=$work/cluster
  tests/cluster/up.sh "$cluster" "$1" || exit 1
  export KUBECONFIG=$cluster/kubeconfig
}

# Forwards a port on loopback to the Service of a release in its namespace, and sets base: forward RELEASE. `kill $forwarding` ends it.
forward() {
  # kubectl may choose a pod that is being deleted, and keeps it.
  local deployment
  for deployment in $("$KUBECTL" -n "$1" get deployments -o name); do
    "$KUBECTL" -n "$1" rollout status "$deployment" --timeout 60s >/dev/null || return 1
  done
  eventually 60 bash -c '[ -z "$("$KUBECTL" -n "$1" get pods -o jsonpath="{.items[*].metadata.deletionTimestamp}")" ]' - "$1" || return 1
  # It ends for good when its connection to the pod is lost, also before the first request.
  for _ in 1 2 3; do
    "$KUBECTL" -n "$1" port-forward --address 127.0.0.1 "service/$1-agentic-ops" :8180 >"$work/forward" 2>&1 &
    forwarding=$!
    eventually 20 grep -q Forwarding "$work/forward" || { cat "$work/forward"; return 1; }
    base=$(sed -n 's/^Forwarding from \(127[^ ]*\) .*/http:\/\/\1/p' "$work/forward" | head -n 1)
    ! eventually 20 curl -sf --noproxy '*' --max-time 5 -o /dev/null "$base/readyz" || return 0
    cat "$work/forward"
    kill "$forwarding" 2>/dev/null || true
  done
  return 1
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
