# A second release beside the first, with a registry of its own; the facade; the rights. Sourced by node.
echo "== a second release"
cat >"$work/two.yaml" <<'Y'
crds: {enabled: false}
replicas: 2
registry:
  source: values
  objects:
  - {kind: Agent, metadata: {name: vigia}, spec: {displayName: Vigia, codename: sentinel, tier: T0}}
  - {kind: Agent, metadata: {name: spare}, spec: {displayName: Spare, codename: spare, tier: T0}}
  - kind: Scenario
    metadata: {name: own.target}
    spec:
      {title: Own target, agent: vigia, severity: high, interval: 1s, thresholds: {fail: 1, recover: 1}, probes: [{name: target, http: {url: "${TARGET}"}}]}
  - kind: Scenario
    metadata: {name: other.secret}
    spec:
      title: Another Secret
      agent: vigia
      severity: low
      interval: 1s
      thresholds: {fail: 1}
      probes: [{name: target, http: {url: "http://127.0.0.1:8180/livez", headers: [{name: X-Key, secretKeyRef: {name: shop, key: KEY}}]}}]
Y
beside() { "$HELM" upgrade --install two "$new" -n two --wait --timeout 90s -f tests/chart/loopback.yaml -f "$work/two.yaml" "$@"; }
in_two create secret generic shop --from-literal=KEY=value-of-the-key >/dev/null
in_two label secret shop agentic.ligbox.io/probes=allowed >/dev/null
check "helm install" beside --set extraSettings.TARGET=http://127.0.0.1:9
check "two replicas are ready" in_two wait pod -l app.kubernetes.io/instance=two --for=condition=Ready --timeout=60s
check "its target's Finding opens" eventually 60 findings two 'any(.spec.scenario == "own.target" and .status.phase == "Open")'
check "the first knows nothing of it" findings one 'any(.spec.scenario == "own.target") | not'
check "nor it of the first" findings two 'any(.spec.scenario == "ollama.vm123.health") | not'
may() { "$KUBECTL" auth can-i --as system:serviceaccount:two:two-agentic-ops "$@"; }
check "it may read its own" may list findings.agentic.ligbox.io -n two
check "and nothing of the first's" bash -c "! $(printf '%q ' "$KUBECTL") auth can-i --as system:serviceaccount:two:two-agentic-ops list findings.agentic.ligbox.io -n one"
check "a Secret that the Role does not open is unknown" eventually 30 findings two \
  'any(.spec.scenario == "other.secret" and .spec.check == "blind" and .status.phase == "Open")'
check "and the Finding names the value to set" findings two \
  'any(.[]; .spec.scenario == "other.secret" and (.status.message | contains("probes.secrets")))'
check "opened, it is read" beside --set extraSettings.TARGET=http://127.0.0.1:9 --set 'probes.secrets={shop}'
check "the Finding resolves" eventually 60 findings two 'any(.spec.scenario == "other.secret") and all(.spec.scenario != "other.secret" or .status.phase == "Resolved")'
check "the target is put right" beside --set extraSettings.TARGET=http://127.0.0.1:8180/livez --set 'probes.secrets={shop}'
check "the Finding resolves" eventually 60 findings two 'any(.spec.scenario == "own.target" and .status.phase == "Resolved")'
# An edit of the ConfigMap is seen at the next run, by the same process.
target() { in_two patch configmap agentic-ops --type=merge -p "{\"data\":{\"TARGET\":\"http://127.0.0.1:$1\"}}"; }
own() { eventually 60 findings two "any(.spec.scenario == \"own.target\" and .status.phase == \"$1\" and .status.occurrences == $2)"; }
for time in 2 3; do
  check "the target breaks again" target 9
  check "the same Finding is open, time $time" own Open $time
  check "the target is put right" target 8180/livez
  check "the Finding resolves" own Resolved $time
done
check "helm test" "$HELM" test two -n two --timeout 90s

echo "== the facade through the Service"
forward one one-agentic-ops || fail "port-forward"
mkdir -p "$work/auth" && printf 'secret-of-the-chart-test\n' >"$work/auth/auth-secret"
token=$("$binary" token --name ana --role ops_lead --data "$work/auth")
ask() { curl -sf --noproxy '*' --max-time 60 -H "Authorization: Bearer $token" "$@"; }
check "health" ask "$base/api/v1/agents/health"
check "a token signed with auth.secret is taken" bash -c 'jq -e ".scenarios.total == 9"' < <(ask "$base/api/v1/agents/health")
check "a Scenario is run" ask -X POST "$base/api/v1/agents/runs/ollama.vm123.health"
name=$(in_one get findings -o json | jq -r 'first(.items[] | select(.spec.scenario == "ollama.vm123.health")).metadata.name')
check "a Finding is acknowledged" ask -X POST -H 'Content-Type: application/json' -d '{"note": "seen"}' "$base/api/v1/agents/findings/$name/ack"
check "kubectl shows it" eventually 20 findings one "any(.metadata.name == \"$name\" and .status.phase == \"Acknowledged\")"
check "and it is on record" eventually 20 bash -c '"$KUBECTL" -n one get actions -o json | jq -e "any(.items[]; .spec.actor.name == \"ana\")"'
check "it can be taken back" in_one patch finding "$name" --type=merge -p '{"spec":{"acknowledgement":null}}'
check "and is open" eventually 20 findings one "any(.metadata.name == \"$name\" and .status.phase == \"Open\")"
check "metrics" bash -c 'grep -q "^agentic_ops_open_findings{severity=\"critical\"}"' < <(ask "$base/metrics")
kill "$forwarding" 2>/dev/null

echo "== the rights"
check "what the registry no longer names is deleted" bash -c '
  sed "/name: spare/d; /name: other.secret/,\$d" "$work/two.yaml" | sed "\$d" >"$work/less.yaml"
  "$HELM" upgrade two "$1" -n two --wait --timeout 90s -f tests/chart/loopback.yaml -f "$work/less.yaml" --set extraSettings.TARGET=http://127.0.0.1:8180/livez' - "$new"
check "as is its Agent" eventually 150 bash -c '[ "$("$KUBECTL" -n two get agents,scenarios -o name | wc -l)" = 2 ]'
# VERB GROUP RESOURCE of everything that the releases asked for in their namespaces, and of all that their Role lets them.
# Who applies what is not there yet asks to create it as well.
asked() {
  jq -r 'select(.user.username | test("^system:serviceaccount:(one|two):(one|two)-agentic-ops$")) | select(.objectRef.namespace) |
    (.verb, if .verb == "patch" and .responseStatus.code == 201 then "create" else empty end) as $verb |
    [$verb, .objectRef.apiGroup // "", .objectRef.resource + (if .objectRef.subresource then "/" + .objectRef.subresource else "" end)] | @tsv' \
    "$cluster/audit.log" | sort -u
}
let() { in_one get role one-agentic-ops -o json | jq -r '.rules[] | .verbs[] as $v | .apiGroups[] as $g | .resources[] as $r | [$v, $g, $r] | @tsv' | sort -u; }
equal() { diff <(asked) <(let) | sed -n 's/^</asked, not given:/p; s/^>/given, not asked:/p' | { ! grep . ; }; }
check "the Role gives what the program asks for, and no more" equal
refused_calls() { ! jq -c 'select(.user.username | test(":(one|two)-agentic-ops$")) | select(.responseStatus.code == 403) | [.verb, .requestURI]' "$cluster/audit.log" | sort | uniq -c | grep -v secrets/shop | grep .; }
check "nothing was refused but the Secret" refused_calls
