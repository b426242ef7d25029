#!/usr/bin/env bash
# Starts Kubernetes on this machine: up.sh DIR [api|controllers|node]. All state is in DIR, including DIR/kubeconfig of a cluster
# admin. The cluster is ready when this returns. down.sh DIR stops it.
#   api          the API server with RBAC, the namespace controller and the garbage collector, on loopback; takes about six seconds
#   controllers  also all other controllers, such as those that create service accounts; pods are not run
#   node         also a scheduler, a kubelet and containerd, which run pods; takes about twenty seconds. Needs root and the Debian
#                packages containerd, runc, containernetworking-plugins, buildah and iptables. No traffic leaves the machine: the
#                API server listens on 192.0.2.10, an address of the loopback interface, because pods cannot reach 127.0.0.1.
# PORT: port of the API server, default a free one; the next four ports are also used. K8S_BIN: directory of the programs.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bin=$(cd "${K8S_BIN:-$here/../../target/tools/k8s}" && pwd)
port=${PORT:-}
mode=${2:-api}
mkdir -p "$1"
cd "$1"
dir=$PWD
: >pids
ln -sfn "$bin" bin
address=127.0.0.1

is_taken() { (echo >"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
are_free() { for p in $(seq "$1" $(($1 + 4))); do ! is_taken "$p" || return 1; done; }
while [ -z "$port" ]; do
  port=$((20000 + RANDOM % 10000))
  are_free "$port" || port=
done
# If another store listened on the port, the API server would use its data.
are_free "$port" || { echo "one of the ports $port to $((port + 4)) is in use" >&2; exit 1; }

# Starts a program in the background, and records its process id and output.
run() {
  "$@" >"$(basename "$1").log" 2>&1 &
  echo $! >>pids
}

# Waits until a command succeeds, as long as the last started program runs: wait_for PROGRAM COMMAND…
wait_for() {
  for _ in $(seq 300); do
    kill -0 "$(tail -n 1 pids)" 2>/dev/null || break
    "${@:2}" >/dev/null 2>&1 && return
    sleep 0.2
  done
  echo "$1 does not start:" >&2
  tail -n 5 "$dir/$1.log" >&2
  exit 1
}

if [ "$mode" = node ]; then
  address=192.0.2.10
  ip addr show dev lo | grep -q "inet $address/" || { ip addr add "$address/32" dev lo && touch added-address; }
fi

token=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')
(umask 077 && echo "$token,admin,admin,system:masters" >tokens.csv)
cat >kubeconfig <<K
apiVersion: v1
kind: Config
clusters: [{name: test, cluster: {server: "https://$address:$port", certificate-authority: "$dir/certs/apiserver.crt"}}]
users: [{name: admin, user: {token: $token}}]
contexts: [{name: test, context: {cluster: test, user: admin, namespace: default}}]
current-context: test
K
chmod 600 kubeconfig
export KUBECONFIG=$dir/kubeconfig

run "$bin/kine" --endpoint "sqlite://$dir/state.db?_journal=WAL&cache=shared&_busy_timeout=30000" \
  --listen-address "tcp://127.0.0.1:$((port + 1))" --metrics-bind-address 0
wait_for kine bash -c "echo >/dev/tcp/127.0.0.1/$((port + 1))"

# Requests of service accounts and their responses are recorded in audit.log.
cat >audit.yaml <<'K'
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
rules: [{level: Metadata, userGroups: ["system:serviceaccounts"]}]
K
audit=(--audit-policy-file="$dir/audit.yaml" --audit-log-path="$dir/audit.log")

# Tokens of service accounts are signed with the key that the server generates for its certificate.
run "$bin/kube-apiserver" --etcd-servers="http://127.0.0.1:$((port + 1))" \
  --bind-address="$address" --advertise-address="$address" --secure-port="$port" --cert-dir="$dir/certs" \
  --token-auth-file=tokens.csv --authorization-mode=RBAC --service-cluster-ip-range=10.96.0.0/24 --allow-privileged=false --kubelet-preferred-address-types=InternalIP \
  --service-account-issuer=https://kubernetes.default.svc \
  --service-account-signing-key-file="$dir/certs/apiserver.key" --service-account-key-file="$dir/certs/apiserver.key" \
  "${audit[@]}"
wait_for kube-apiserver "$bin/kubectl" get --raw /readyz
# With only these controllers, a namespace contains only objects that the test creates.
controllers=namespace-controller,garbage-collector-controller
[ "$mode" = api ] || controllers='*'
run "$bin/kube-controller-manager" --kubeconfig=kubeconfig --leader-elect=false --secure-port=0 --controllers="$controllers" \
  --service-account-private-key-file="$dir/certs/apiserver.key" --root-ca-file="$dir/certs/apiserver.crt"
[ "$mode" = node ] || exit 0

run "$bin/kube-scheduler" --kubeconfig=kubeconfig --leader-elect=false --secure-port=0
run "$bin/kube-proxy" --kubeconfig=kubeconfig --hostname-override=n1 --cluster-cidr=10.244.0.0/16 \
  --metrics-bind-address=127.0.0.1:$((port + 2)) --healthz-bind-address=127.0.0.1:$((port + 4)) \
  --conntrack-max-per-core=0 --conntrack-tcp-timeout-established=0 --conntrack-tcp-timeout-close-wait=0
wait_for kube-proxy bash -c "echo >/dev/tcp/127.0.0.1/$((port + 4))"

# Pods are connected by a bridge. Without masquerading they cannot reach other machines.
mkdir -p cni
cat >cni/10-bridge.conflist <<K
{"cniVersion": "0.4.0", "name": "bridge", "plugins": [{"type": "bridge", "bridge": "cni0", "isGateway": true,
  "ipam": {"type": "host-local", "dataDir": "$dir/cni/state", "ranges": [[{"subnet": "10.244.0.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}}]}
K
containerd config default >containerd.toml
sed -i -e "s#\"/run/containerd#\"$dir/run#; s#\"/var/lib/containerd#\"$dir/lib#; s#snapshotter = \"overlayfs\"#snapshotter = \"native\"#" \
  -e "s#sandbox_image = .*#sandbox_image = \"localhost/pause:1\"#; s#bin_dir = .*#bin_dir = \"/usr/lib/cni\"#" \
  -e "s#conf_dir = \"/etc/cni/net.d\"#conf_dir = \"$dir/cni\"#; s/restrict_oom_score_adj = false/restrict_oom_score_adj = true/" \
  -e "s/disable_apparmor = false/disable_apparmor = true/" containerd.toml
run containerd -c containerd.toml
wait_for containerd ctr -a run/containerd.sock version

# The sandbox image: one static program that sleeps.
if [ ! -f "$bin/pause.tar" ]; then
  work=$(mktemp -d)
  printf 'package main\nimport "time"\nfunc main() { for { time.Sleep(time.Hour) } }\n' >"$work/pause.go"
  CGO_ENABLED=0 go build -o "$work/pause" "$work/pause.go"
  store=(buildah --root "$work/store" --runroot "$work/run" --storage-driver vfs)
  container=$("${store[@]}" from scratch)
  "${store[@]}" copy -q "$container" "$work/pause" /pause >/dev/null
  "${store[@]}" config --entrypoint '["/pause"]' "$container"
  "${store[@]}" commit -q "$container" localhost/pause:1 >/dev/null
  "${store[@]}" push -q localhost/pause:1 "docker-archive:$bin/pause.tar:localhost/pause:1"
  rm -rf "$work"
fi
ctr -a run/containerd.sock -n k8s.io images import "$bin/pause.tar" >/dev/null

cat >kubelet.yaml <<K
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
containerRuntimeEndpoint: unix://$dir/run/containerd.sock
failSwapOn: false
failCgroupV1: false
cgroupDriver: cgroupfs
cgroupsPerQOS: false
enforceNodeAllocatable: []
imageGCHighThresholdPercent: 100
evictionHard: {memory.available: 50Mi}
authentication: {anonymous: {enabled: true}, webhook: {enabled: false}}
authorization: {mode: AlwaysAllow}
address: $address
port: $((port + 3))
readOnlyPort: 0
healthzPort: 0
resolvConf: ""
podLogsDir: $dir/logs
K
run "$bin/kubelet" --config=kubelet.yaml --kubeconfig=kubeconfig --hostname-override=n1 --node-ip="$address" --root-dir="$dir/kubelet"
wait_for kubelet "$bin/kubectl" wait --for=create node/n1 --timeout=1s
"$bin/kubectl" wait --for=condition=Ready node/n1 --timeout=60s >/dev/null
