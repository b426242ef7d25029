# A second release beside the first, with a registry of its own and the facade apart; the facade; the rights. Sourced by node.
echo "== a second release"
cat >"$work/two.yaml" <<'Y'
crds: {enabled: false}
replicas: 2
facade: {separate: true, replicas: 2}
auth: {tokenReview: true}
admissionPolicy: {enabled: true}
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
check "two replicas of each part are ready" in_two wait pod -l app.kubernetes.io/instance=two --for=condition=Ready --timeout=60s
pods() { [ "$(in_two get pods -l "app.kubernetes.io/instance=two,app.kubernetes.io/component=$1" -o name | wc -l)" = 2 ]; }
check "two of controllers" pods controllers
check "two of the facade" pods facade
check "its target's Finding opens" eventually 60 findings two 'any(.spec.scenario == "own.target" and .status.phase == "Open")'
check "the first knows nothing of it" findings one 'any(.spec.scenario == "own.target") | not'
check "nor it of the first" findings two 'any(.spec.scenario == "ollama.vm123.health") | not'
may() { "$KUBECTL" auth can-i --as "system:serviceaccount:two:two-agentic-ops-$1" "${@:2}"; }
may_not() { ! may "$@"; }
check "it may read its own" may controllers list findings.agentic.ligbox.io -n two
check "and nothing of the first's" may_not controllers list findings.agentic.ligbox.io -n one
check "its facade may not either" may_not facade list findings.agentic.ligbox.io -n one
check "nor read the Secret of the probes" may_not facade get secrets/agentic-ops -n two
check "it asks who a token is of" may facade create tokenreviews.authentication.k8s.io
check "which the controllers may not" may_not controllers create tokenreviews.authentication.k8s.io
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
forward one || fail "port-forward"
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
acknowledge() { "$KUBECTL" -n "$1" patch finding "$name" --as "$2" --as-group system:masters --type=merge -p "{\"spec\":{\"acknowledgement\":{\"by\":\"$3\"}}}"; }
proven() { findings "$1" "any(.metadata.name == \"$name\" and .status.acknowledgement.by == \"$2\" and .status.acknowledgement.proven == $3)"; }
check "by kubectl, anybody can say who they are" acknowledge one ana rui
check "which is not proven" eventually 20 proven one rui false
check "and is taken back" in_one patch finding "$name" --type=merge -p '{"spec":{"acknowledgement":null}}'
check "and is open" eventually 20 findings one "any(.metadata.name == \"$name\" and .status.phase == \"Open\")"
check "metrics" bash -c 'grep -q "^agentic_ops_open_findings{severity=\"critical\"}"' < <(ask "$base/metrics")
kill "$forwarding" 2>/dev/null

# VERB GROUP RESOURCE of everything that accounts asked for in their namespaces: asked ACCOUNT. Who applies what is not there
# yet asks to create it as well.
asked() {
  jq -r --arg account "^system:serviceaccount:(one|two):($1)\$" 'select(.user.username | test($account)) | select(.objectRef.namespace) |
    (.verb, if .verb == "patch" and .responseStatus.code == 201 then "create" else empty end) as $verb |
    [$verb, .objectRef.apiGroup // "", .objectRef.resource + (if .objectRef.subresource then "/" + .objectRef.subresource else "" end)] | @tsv' \
    "$cluster/audit.log" | sort -u
}
# The same of all that a Role lets them: let NAMESPACE ROLE.
let() { "$KUBECTL" -n "$1" get role "$2" -o json | jq -r '.rules[] | .verbs[] as $v | .apiGroups[] as $g | .resources[] as $r | [$v, $g, $r] | @tsv' | sort -u; }
equal() { # ACCOUNT NAMESPACE ROLE
  diff <(asked "$1") <(let "$2" "$3") | sed -n 's/^</asked, not given:/p; s/^>/given, not asked:/p' | { ! grep . ; }
}

echo "== the facade apart"
check "the target breaks again" target 9
check "the same Finding is open" own Open 4
forward two || fail "port-forward"
api=$base/api/v1/agents
check "health knows nothing of a leader" bash -c 'jq -e ".status == \"ok\" and has(\"replica\") and .replica == null"' < <(ask "$api/health")
check "a tick is left to those who lead" bash -c '[ "$(curl -s --noproxy "*" -o /dev/null -w "%{http_code}" -X POST "$1/internal/tick")" = 503 ]' - "$api"
check "a Scenario is run by the controllers" bash -c 'jq -e ".health == \"failing\""' < <(ask -X POST "$api/runs/own.target")
name=$(in_two get findings -o json | jq -r 'first(.items[] | select(.spec.scenario == "own.target")).metadata.name')
check "a Finding is acknowledged" ask -X POST "$api/findings/$name/ack"
check "the controllers take note" own Acknowledged 4
check "of a name that is proven" proven two ana true
check "it is taken back" in_two patch finding "$name" --type=merge -p '{"spec":{"acknowledgement":null}}'
check "the Finding is open" own Open 4
not_another() { ! acknowledge two ana rui; }
check "by kubectl, nobody is somebody else here" not_another
check "but oneself" acknowledge two eva eva
check "which is proven, by the API server" eventually 20 proven two eva true
cluster_token=$(in_two create token two-agentic-ops-facade --audience agentic-ops)
check "a token of the cluster is known, and has no role" bash -c '[ "$(curl -s --noproxy "*" -o /dev/null -w "%{http_code}" -H "Authorization: Bearer $1" "$2/scenarios")" = 403 ]' \
  - "$cluster_token" "$api"
# Whoever writes over a Scenario that somebody asks to run meanwhile reads it again.
overtaken() {
  for _ in 1 2 3 4 5 6 7 8; do ask -X POST "$api/runs/own.target?wait=0" & done >/dev/null
  wait
  asked two-agentic-ops-controllers | grep -q "^get.*scenarios$"
}
check "a request that comes meanwhile is seen" eventually 60 overtaken
check "the target is put right" target 8180/livez
check "the Finding resolves" own Resolved 4
kill "$forwarding" 2>/dev/null

echo "== the rights"
check "what the registry no longer names is deleted" bash -c '
  sed "/name: spare/d; /name: other.secret/,\$d" "$work/two.yaml" | sed "\$d" >"$work/less.yaml"
  "$HELM" upgrade two "$1" -n two --wait --timeout 90s -f tests/chart/loopback.yaml -f "$work/less.yaml" --set extraSettings.TARGET=http://127.0.0.1:8180/livez' - "$new"
check "as is its Agent" eventually 150 bash -c '[ "$("$KUBECTL" -n two get agents,scenarios -o name | wc -l)" = 2 ]'
# The two that are apart do together what the one does that is everything.
check "the Role of both gives what is asked for, and no more" equal '(one|two)-agentic-ops(-controllers|-facade)?' one one-agentic-ops
for part in controllers facade; do
  check "that of the $part, too" equal two-agentic-ops-$part two two-agentic-ops-$part
done
refused_calls() { ! jq -c 'select(.user.username | test(":(one|two)-agentic-ops(-controllers|-facade)?$")) | select(.responseStatus.code == 403) | [.verb, .requestURI]' "$cluster/audit.log" | sort | uniq -c | grep -v secrets/shop | grep .; }
check "nothing was refused but the Secret" refused_calls

echo "== taken apart"
check "helm upgrade" "$HELM" upgrade one "$new" -n one --wait --timeout 90s -f tests/chart/loopback.yaml --set facade.separate=true
check "it works" works "$(now)"
check "what was open is as it was" same
check "helm test" "$HELM" test one -n one --timeout 90s
