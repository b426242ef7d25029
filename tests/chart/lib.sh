# What the tests of the chart have in common: tools, a cluster, waiting. Sourced from the project's root.
. tests/kubectl.sh

# Sets HELM to a helm: the one on the PATH, or one built from its Go module.
HELM=${HELM:-$(command -v helm || true)}
if [ -z "$HELM" ]; then
  HELM="$PWD/target/tools/helm"
  if [ ! -x "$HELM" ]; then
    echo "== helm is missing: building it" >&2
    GOBIN="$PWD/target/tools" GOFLAGS=-mod=mod go install helm.sh/helm/v4/cmd/helm@v4.3.1
  fi
fi
export HELM

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

# Installs Debian packages whose program is missing: needs PROGRAM=PACKAGE…
needs() {
  local missing=()
  for pair in "$@"; do
    command -v "${pair%%=*}" >/dev/null || [ -x "${pair%%=*}" ] || missing+=("${pair#*=}")
  done
  [ ${#missing[@]} = 0 ] && return
  echo "== installing ${missing[*]}" >&2
  apt-get update -qq >&2 && apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

cluster=
# Starts a cluster in a folder that is removed in the end: start_cluster api|controllers|node
start_cluster() {
  tests/cluster/build.sh || exit 1
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
