# Functions of the GitOps test that start Git over HTTP, two Flux controllers and the operator. Sourced by tests/chart/gitops.

started=()
stop_all() { # stops the clients of the cluster before the cluster
  local code=$?
  for process in "${started[@]}"; do kill "$process" 2>/dev/null && wait "$process" 2>/dev/null; done
  (exit $code)
  finish
}
trap stop_all EXIT

start() { # LOG COMMAND…
  "${@:2}" >"$work/$1.log" 2>&1 &
  started+=($!)
}

# The configuration of the user is neither read nor changed.
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME=ana GIT_AUTHOR_EMAIL=ana@example.com GIT_COMMITTER_NAME=ana GIT_COMMITTER_EMAIL=ana@example.com
repository() { # NAME: creates a repository with the work tree $work/NAME
  git init -q --bare -b main "$work/git/$1"
  git init -q -b main "$work/$1"
  git -C "$work/$1" remote add origin "$work/git/$1"
}
push() { # NAME MESSAGE: commits and pushes all changes in the work tree
  git -C "$work/$1" add -A && git -C "$work/$1" commit -q -m "$2" && git -C "$work/$1" push -q origin main
}
start_git() { # sets git_url
  go build -o "$work/serve" tests/flux/serve.go || exit 1
  start git "$work/serve" "$work/git" "$(git --exec-path)/git-http-backend"
  eventually 10 grep -q http "$work/git.log"
  git_url=$(cat "$work/git.log")
}

start_flux() {
  local port
  # The system cannot choose the port, since the URLs of artifacts contain it.
  until port=$((30000 + RANDOM % 2000)) && ! (echo >"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
  local common=(--metrics-addr=0 --health-addr=127.0.0.1:0 --enable-leader-election=false --watch-all-namespaces)
  export RUNTIME_NAMESPACE=flux-system
  mkdir -p "$work/artifacts"
  start source-controller target/tools/flux/source-controller "${common[@]}" \
    --storage-path="$work/artifacts" --storage-addr="127.0.0.1:$port" --storage-adv-addr="127.0.0.1:$port"
  start kustomize-controller target/tools/flux/kustomize-controller "${common[@]}"
}

# Prints NAME=VALUE of all settings. All addresses are on loopback.
settings() {
  sed -n '/^settings:/,/^secrets:/s/^  \([A-Z0-9_]*\): /\1=/p' tests/chart/loopback.yaml
  echo "GIT_URL=$git_url"
}
start_operator() {
  settings >"$work/settings"
  "$KUBECTL" -n agentic-ops create configmap agentic-ops --from-env-file="$work/settings" >/dev/null
  start operator "$binary" operator -n agentic-ops --listen 127.0.0.1:0
}
