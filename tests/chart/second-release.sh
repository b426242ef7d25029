# A second release with its own registry and a separate facade; the REST facade; permissions. Sourced by node.
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
second() { "$HELM" upgrade --install two "$new" -n two --wait --timeout 90s -f tests/chart/loopback.yaml -f "$work/two.yaml" "$@"; }
in_two create secret generic shop --from-literal=KEY=value-of-the-key >/dev/null
in_two label secret shop agentic.ligbox.io/probes=allowed >/dev/null
check "helm install" second --set extraSettings.TARGET=http://127.0.0.1:9
check "two replicas of each component are ready" in_two wait pod -l app.kubernetes.io/instance=two --for=condition=Ready --timeout=60s
pods() { [ "$(in_two get pods -l "app.kubernetes.io/instance=two,app.kubernetes.io/component=$1" -o name | wc -l)" = 2 ]; }
check "the controllers have two pods" pods controllers
check "the facade has two pods" pods facade
check "the Agents of its registry are created" eventually 30 in_two get agents spare vigia
check "the Finding of its target opens" eventually 60 findings two 'any(.spec.scenario == "own.target" and .status.phase == "Open")'
check "the first release has no such Finding" findings one 'any(.spec.scenario == "own.target") | not'
check "the second release has no Findings of the first" findings two 'any(.spec.scenario == "ollama.vm123.health") | not'
may() { "$KUBECTL" auth can-i --as "system:serviceaccount:two:two-agentic-ops-$1" "${@:2}"; }
may_not() { ! may "$@"; }
check "the controllers can read their own namespace" may controllers list findings.agentic.ligbox.io -n two
check "the controllers cannot read the other namespace" may_not controllers list findings.agentic.ligbox.io -n one
check "the facade cannot read the other namespace" may_not facade list findings.agentic.ligbox.io -n one
check "the facade cannot read the Secret of the probes" may_not facade get secrets/agentic-ops -n two
check "the facade can create TokenReviews" may facade create tokenreviews.authentication.k8s.io
check "the controllers cannot create TokenReviews" may_not controllers create tokenreviews.authentication.k8s.io
check "without access to a Secret the Scenario is unknown" eventually 30 findings two \
  'any(.spec.scenario == "other.secret" and .spec.check == "blind" and .status.phase == "Open")'
check "the message of the Finding names the value to set" findings two \
  'any(.[]; .spec.scenario == "other.secret" and (.status.message | contains("probes.secrets")))'
check "access to the Secret is granted" second --set extraSettings.TARGET=http://127.0.0.1:9 --set 'probes.secrets={shop}'
check "the Finding of the Secret resolves" eventually 60 findings two 'any(.spec.scenario == "other.secret") and all(.spec.scenario != "other.secret" or .status.phase == "Resolved")'
check "the target is fixed" second --set extraSettings.TARGET=http://127.0.0.1:8180/livez --set 'probes.secrets={shop}'
check "the Finding resolves" eventually 60 findings two 'any(.spec.scenario == "own.target" and .status.phase == "Resolved")'
# A change of the ConfigMap takes effect at the next run, without a restart.
target() { in_two patch configmap agentic-ops --type=merge -p "{\"data\":{\"TARGET\":\"http://127.0.0.1:$1\"}}"; }
own() { eventually 60 findings two "any(.spec.scenario == \"own.target\" and .status.phase == \"$1\" and .status.occurrences == $2)"; }
for time in 2 3; do
  check "the target breaks again" target 9
  check "the same Finding is open, occurrence $time" own Open $time
  check "the target is fixed" target 8180/livez
  check "the Finding resolves" own Resolved $time
done
check "helm test" "$HELM" test two -n two --timeout 90s

echo "== the facade through the Service"
forward one || fail "port-forward"
mkdir -p "$work/auth" && printf 'secret-of-the-chart-test\n' >"$work/auth/auth-secret"
token=$("$binary" token --name ana --role ops_lead --data "$work/auth")
ask() { curl -sf --noproxy '*' --max-time 60 -H "Authorization: Bearer $token" "$@"; }
check "health" ask "$base/api/v1/agents/health"
check "a token signed with auth.secret is accepted" bash -c 'jq -e ".scenarios.total == 9"' < <(ask "$base/api/v1/agents/health")
check "a Scenario runs on request" ask -X POST "$base/api/v1/agents/runs/ollama.vm123.health"
name=$(in_one get findings -o json | jq -r 'first(.items[] | select(.spec.scenario == "ollama.vm123.health")).metadata.name')
check "a Finding is acknowledged" ask -X POST -H 'Content-Type: application/json' -d '{"note": "seen"}' "$base/api/v1/agents/findings/$name/ack"
check "kubectl shows the acknowledgement" eventually 20 findings one "any(.metadata.name == \"$name\" and .status.phase == \"Acknowledged\")"
check "an Action records it" eventually 20 bash -c '"$KUBECTL" -n one get actions -o json | jq -e "any(.items[]; .spec.actor.name == \"ana\")"'
check "the acknowledgement is removed" in_one patch finding "$name" --type=merge -p '{"spec":{"acknowledgement":null}}'
check "the Finding is open" eventually 20 findings one "any(.metadata.name == \"$name\" and .status.phase == \"Open\")"
acknowledge() { "$KUBECTL" -n "$1" patch finding "$name" --field-manager=agentic-ops-facade --as "$2" --as-group system:masters --type=merge -p "{\"spec\":{\"acknowledgement\":{\"by\":\"$3\"}}}"; }
proven() { findings "$1" "any(.metadata.name == \"$name\" and .status.acknowledgement.by == \"$2\" and .status.acknowledgement.proven == $3)"; }
check "kubectl can acknowledge with any name" acknowledge one ana rui
check "the name is not proven by that of a field manager" eventually 20 proven one rui false
check "the acknowledgement is removed" in_one patch finding "$name" --type=merge -p '{"spec":{"acknowledgement":null}}'
check "the Finding is open" eventually 20 findings one "any(.metadata.name == \"$name\" and .status.phase == \"Open\")"
check "metrics" bash -c 'grep -q "^agentic_ops_open_findings{severity=\"critical\"}"' < <(ask "$base/metrics")
kill "$forwarding" 2>/dev/null

# Prints VERB GROUP RESOURCE of all requests of service accounts in their namespaces: requested ACCOUNT. An apply that creates an object
# also needs the verb create.
requested() {
  jq -r --arg account "^system:serviceaccount:(one|two):($1)\$" 'select(.user.username | test($account)) | select(.objectRef.namespace) |
    (.verb, if .verb == "patch" and .responseStatus.code == 201 then "create" else empty end) as $verb |
    [$verb, .objectRef.apiGroup // "", .objectRef.resource + (if .objectRef.subresource then "/" + .objectRef.subresource else "" end)] | @tsv' \
    "$cluster/audit.log" | sort -u
}
# Prints the same for all permissions of a Role: granted NAMESPACE ROLE. Nothing is old enough to be removed by the retention controller;
# Silences are deleted by the facade, too. The daily digest, which the controllers record in an Action, is not due. No Thread is old enough
# to be closed, and the controllers read Threads and Messages one by one only where another writer was faster, which is not certain.
granted() {
  "$KUBECTL" -n "$1" get role "$2" -o json | jq -r --arg role "$2" '.rules[] | .verbs[] as $v | .apiGroups[] as $g | .resources[] as $r | [$v, $g, $r] |
    select(. as [$verb, $group, $kind] | ($verb == "delete" and $group == "agentic.ligbox.io" and
      (($kind | IN("actions", "findings", "messages", "threads")) or ($kind == "silences" and ($role | endswith("-controllers"))))) | not) |
    select(. as [$verb, $group, $kind] | (($role | endswith("-controllers")) and ([$verb, $kind] | IN(["create", "actions"], ["patch", "actions/status"]))) | not) | @tsv' | sort -u
}
# Leaves out what a part of the program may or may not have requested: uncertain ROLE.
uncertain() {
  case $1 in
  *-controllers) grep -vP '^(patch\tagentic.ligbox.io\tthreads|get\tagentic.ligbox.io\t(threads|messages))$' ;;
  *) grep -vP '^patch\tagentic.ligbox.io\tthreads$' ;;
  esac
}
equal() { # ACCOUNT NAMESPACE ROLE
  diff <(requested "$1" | uncertain "$3") <(granted "$2" "$3" | uncertain "$3") | sed -n 's/^</requested, not granted:/p; s/^>/granted, not requested:/p' | { ! grep . ; }
}

echo "== a separate facade"
check "the target breaks again" target 9
check "the same Finding is open" own Open 4
forward two || fail "port-forward"
api=$base/api/v1/agents
check "health contains no replica" bash -c 'jq -e ".status == \"ok\" and has(\"replica\") and .replica == null"' < <(ask "$api/health")
check "a tick responds with 503, and says who leads" bash -c '
  curl -s --noproxy "*" -X POST "$1/internal/tick" | jq -e ".status == 503 and (.detail | test(\"two-agentic-ops-controllers-[^ ]+ holds Lease\"))"' - "$api"
check "the controllers have a Service for ticks" in_two get service two-agentic-ops-controllers
check "an Agent is asked" bash -c 'jq -er .thread_id >"$1"' - "$work/thread" < <(ask -X POST -d '{"message": "status", "scenario_id": "own.target"}' "$api/chat?wait=0")
check "a person replies" bash -c 'jq -er .id >"$1"' - "$work/message" < <(ask -X POST -d '{"body": "vou ver"}' "$api/threads/$(cat "$work/thread")/reply")
check "a person replies to a Message" ask -X POST -d "{\"body\": \"visto\", \"in_reply_to\": \"$(cat "$work/message")\"}" "$api/threads/$(cat "$work/thread")/reply"
asks() { # a Message that needs an acknowledgement
  in_two create --as eva --as-group system:masters -f - <<<"{\"apiVersion\": \"agentic.ligbox.io/v1alpha1\", \"kind\": \"Message\", \"metadata\": {\"name\": \"asks\"},
    \"spec\": {\"thread\": \"$(cat "$work/thread")\", \"author\": {\"kind\": \"person\", \"name\": \"eva\"}, \"body\": \"visto?\", \"needsAck\": true}}"
}
check "a Message needs an acknowledgement" asks
check "it is acknowledged" bash -c 'jq -e ".acknowledgement.by == \"ana\""' < <(ask -X POST "$api/messages/asks/ack")
check "the controllers run a requested Scenario" bash -c 'jq -e ".health == \"failing\""' < <(ask -X POST "$api/runs/own.target")
name=$(in_two get findings -o json | jq -r 'first(.items[] | select(.spec.scenario == "own.target")).metadata.name')
keyed() { ask -X POST -H 'Idempotency-Key: first' "$api/findings/$name/ack"; }
check "a Finding is acknowledged" bash -c 'cat >"$1"' - "$work/acknowledged" < <(keyed)
check "the request is answered the same again" cmp "$work/acknowledged" <(keyed)
check "the controllers process the acknowledgement" own Acknowledged 4
check "the name is proven" proven two ana true
check "the acknowledgement is taken back" bash -c 'jq -e ".phase == \"open\""' < <(ask -X DELETE "$api/findings/$name/ack")
check "the Finding is open" own Open 4
not_another() { ! acknowledge two ana rui; }
check "kubectl cannot acknowledge with another name" not_another
check "kubectl can acknowledge with the name of the user" acknowledge two eva eva
check "the name is proven by the API server" eventually 20 proven two eva true
silence() { # FIELDS: makes a Silence, and prints its name
  ask -X POST -d "{\"matchers\": [{\"name\": \"scenario\", \"op\": \"=\", \"value\": \"own.target\"}], \"reason\": \"test\", $1}" "$api/silences" | jq -er .id
}
check "a Silence is made" bash -c 'cat >"$1" && [ -s "$1" ]' - "$work/silence" < <(silence '"duration": "1h"')
check "its status names the Finding" eventually 20 bash -c \
  '"$KUBECTL" -n two get silence "$(cat "$1")" -o json | jq -e ".status.active and .status.holding == [\"$2\"]"' - "$work/silence" "$name"
check "the Silence is ended" bash -c 'jq -e ".active == false"' < <(ask -X DELETE "$api/silences/$(cat "$work/silence")")
check "its status says so" eventually 20 bash -c \
  '"$KUBECTL" -n two get silence "$(cat "$1")" -o json | jq -e ".status.active == false and .status.holdingTotal == 0"' - "$work/silence"
check "a recurring Silence is made" bash -c 'cat >"$1" && [ -s "$1" ]' - "$work/silence" < <(silence '"recurrence": {"cron": "0 3 * * SUN", "duration": "2h"}')
check "it is ended once it is listed" eventually 20 ask -X DELETE "$api/silences/$(cat "$work/silence")"
check "it is deleted" eventually 20 bash -c '! "$KUBECTL" -n two get silence "$(cat "$1")"' - "$work/silence"
cluster_token=$(in_two create token two-agentic-ops-facade --audience agentic-ops)
check "a service account token without a role is rejected" bash -c '[ "$(curl -s --noproxy "*" -o /dev/null -w "%{http_code}" -H "Authorization: Bearer $1" "$2/scenarios")" = 403 ]' \
  - "$cluster_token" "$api"
# If a run is requested while the controllers update a Scenario, they read the Scenario again.
reads_again() {
  for _ in 1 2 3 4 5 6 7 8; do ask -X POST "$api/runs/own.target?wait=0" & done >/dev/null
  wait
  requested two-agentic-ops-controllers | grep -q "^get.*scenarios$"
}
check "the controllers read a Scenario again after a conflict" eventually 60 reads_again
check "the target is fixed" target 8180/livez
check "the Finding resolves" own Resolved 4
kill "$forwarding" 2>/dev/null

echo "== permissions"
check "an upgrade removes objects from the registry" bash -c '
  sed "/name: spare/d; /name: other.secret/,\$d" "$work/two.yaml" | sed "\$d" >"$work/less.yaml"
  "$HELM" upgrade two "$1" -n two --wait --timeout 90s -f tests/chart/loopback.yaml -f "$work/less.yaml" --set extraSettings.TARGET=http://127.0.0.1:8180/livez' - "$new"
check "the removed Scenario and Agent are deleted" eventually 150 bash -c \
  '[ "$("$KUBECTL" -n two get agents,scenarios -o jsonpath="{.items[*].metadata.name}")" = "vigia own.target" ]'
# The separate components together make the same requests as the single one.
check "the Role grants exactly the requested permissions" equal '(one|two)-agentic-ops(-controllers|-facade)?' one one-agentic-ops
for part in controllers facade; do
  check "the Role of the $part grants exactly the requested permissions" equal two-agentic-ops-$part two two-agentic-ops-$part
done
refused_calls() { ! jq -c 'select(.user.username | test(":(one|two)-agentic-ops(-controllers|-facade)?$")) | select(.responseStatus.code == 403) | [.verb, .requestURI]' "$cluster/audit.log" | sort | uniq -c | grep -v secrets/shop | grep .; }
check "only the request for the Secret was denied" refused_calls

echo "== upgrade to a separate facade"
check "helm upgrade" "$HELM" upgrade one "$new" -n one --wait --timeout 90s -f tests/chart/loopback.yaml --set facade.separate=true
check "Scenarios run" works "$(now)"
check "open Findings are unchanged" same
check "helm test" "$HELM" test one -n one --timeout 90s
