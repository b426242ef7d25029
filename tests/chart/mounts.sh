# A third release with the Desk's database, a CA bundle and service account tokens. Sourced by node.
echo "== mounts"
in_three() { "$KUBECTL" -n three "$@"; }
"$KUBECTL" create namespace three >/dev/null
"$KUBECTL" label namespace three pod-security.kubernetes.io/enforce=restricted >/dev/null

# The Desk keeps its database open in WAL mode, on a volume that it shares with pods. WAL mode is set before anybody else reads it:
# the change needs the database for itself.
desk=$cluster/desk
mkdir -p "$desk"
sqlite3 "$desk/desk.sqlite3" "PRAGMA journal_mode=WAL; CREATE TABLE tickets(id, subject, queue, status, created_at, updated_at);" >/dev/null
mkfifo "$work/desk"
sqlite3 -cmd '.timeout 10000' "$desk/desk.sqlite3" <"$work/desk" >/dev/null &
keeper=$!
exec 7>"$work/desk"
echo "INSERT INTO tickets VALUES (7, 'DNS', 'onboarding', 'open', unixepoch() - 200000, unixepoch() - 200000);" >&7
stored() { [ "$(sqlite3 -readonly "$desk/desk.sqlite3" 'SELECT count(*) FROM tickets')" = 1 ]; }
check "the Desk writes a ticket" eventually 10 stored
chmod -R a+rX "$desk"
in_three create -f - >/dev/null <<V
apiVersion: v1
kind: PersistentVolume
metadata: {name: desk}
spec:
  {capacity: {storage: 1Gi}, accessModes: [ReadWriteMany], hostPath: {path: $desk}, storageClassName: "", claimRef: {namespace: three, name: desk}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: desk}
spec: {accessModes: [ReadWriteMany], resources: {requests: {storage: 1Gi}}, storageClassName: "", volumeName: desk}
V
for account in robot stranger; do in_three create serviceaccount $account >/dev/null; done
third() {
  "$HELM" upgrade --install three "$new" -n three --wait --timeout 90s -f tests/chart/loopback.yaml \
    --set crds.enabled=false,desk.existingClaim=desk,auth.secret=,auth.tokenReview=true \
    --set settings.AGENTIC_AUTH_SERVICE_ACCOUNTS=three/robot=ops_lead "$@"
}
check "helm install" third --set caBundle.configMap=kube-root-ca.crt
three() { findings three "map(select(.spec.scenario == \"$1\")) | $2"; }
check "a stuck ticket opens a Finding" eventually 60 three funnel.stuck.onboarding 'any(.spec.check == "not-stuck" and .status.phase == "Open")'
echo "UPDATE tickets SET status = 'closed';" >&7
check "the Finding resolves when the Desk closes the ticket" eventually 60 three funnel.stuck.onboarding 'any(.spec.check == "not-stuck" and .status.phase == "Resolved")'

# The certificate of the API server is signed by the CA of the cluster.
in_three create -f - >/dev/null <<S
apiVersion: agentic.ligbox.io/v1alpha1
kind: Scenario
metadata: {name: own.tls}
spec:
  {title: API server, agent: vigia, severity: high, thresholds: {fail: 1, recover: 1}, probes: [{name: api, http: {url: "$("$KUBECTL" config view --minify -o jsonpath='{.clusters[0].cluster.server}')/livez"}}]}
S
health() { in_three get scenario own.tls -o json | jq -e ".status.health == \"$1\""; }
check "a certificate signed by the bundle is trusted" eventually 60 health healthy
check "helm upgrade without the bundle" third
check "the certificate is no longer trusted" eventually 60 three own.tls 'any(.status.phase == "Open" and (.status.message | contains("certificate")))'

echo "== service account tokens"
forward three || fail "port-forward"
answers() { # STATUS ACCOUNT AUDIENCE
  local status
  status=$(curl -sS --noproxy '*' --max-time 30 -o "$work/answer" -w '%{http_code}' \
    -H "Authorization: Bearer $(in_three create token "$2" ${3:+--audience "$3"})" "$base/api/v1/agents/scenarios")
  [ "$status" = "$1" ] || { echo "$status"; cat "$work/answer" "$work/forward"; return 1; }
}
check "a service account with a role has access" answers 200 robot agentic-ops
check "a service account without a role has no access" answers 403 stranger agentic-ops
check "a token for another audience is rejected" answers 401 robot somebody-else
kill "$forwarding"

check "helm uninstall" "$HELM" uninstall three -n three --wait --timeout 60s
exec 7>&-
wait "$keeper"
