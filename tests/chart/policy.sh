# The admission policy of release two: names must be that of the requesting user. Sourced by run.
echo "== the admission policy"
ns=two
as() { "$KUBECTL" -n $ns --as "$1" --as-group system:masters "${@:2}"; }
finding() { # NAME
  cat <<F
apiVersion: agentic.ligbox.io/v1alpha1
kind: Finding
metadata: {name: $1}
spec: {scenario: shop.front, check: front, key: "", fingerprint: "0123456789"}
F
}
message() { # NAME KIND AUTHOR
  cat <<F
apiVersion: agentic.ligbox.io/v1alpha1
kind: Message
metadata: {name: $1}
spec: {thread: t, author: {kind: $2, name: $3}, body: hello}
F
}
action() { # NAME PERSON
  cat <<F
apiVersion: agentic.ligbox.io/v1alpha1
kind: Action
metadata: {name: $1, annotations: {agentic.ligbox.io/recorded-by: facade}}
spec: {verb: acknowledge, subject: {kind: Finding, name: f-1}, actor: {name: $2, via: rest}}
F
}
acknowledge() { as "$1" patch finding f-1 --type=merge -p "{\"spec\":{\"acknowledgement\":{\"by\":\"$2\"}}}"; }
refused() { # MESSAGE COMMAND…
  local said
  said=$("${@:2}" 2>&1) && { echo "accepted: $said"; return 1; }
  grep -qF -- "$1" <<<"$said" || { echo "$said"; return 1; }
}
acknowledge_message() { as "$1" patch message m-1 --type=merge -p "{\"spec\":{\"acknowledgement\":{\"by\":\"$2\"}}}"; }
say() { message "$2" "$3" "$4" | as "$1" create -f -; }
record() { action "$2" "$3" | as "$1" create -f -; }
account=system:serviceaccount:$ns:two-agentic-ops

check "a Finding is created" bash -c "$(declare -f finding); finding f-1 | \"\$KUBECTL\" -n $ns create -f -"
# The API server enforces a new policy after a short delay.
enforced() {
  as ana patch finding f-1 --type=merge -p '{"spec":{"acknowledgement":null}}' && refused "must be the requesting user, ana" acknowledge ana rui
}
eventually 20 enforced >/dev/null
check "another name is rejected" refused "spec.acknowledgement.by must be the requesting user, ana" acknowledge ana rui
check "the name of the user is accepted" acknowledge ana ana
check "other users can edit a note without changing the name" as rui patch finding f-1 --type=merge \
  -p '{"spec":{"acknowledgement":{"note":"seen"}}}'
check "the name cannot be changed to another one" refused "must be the requesting user, rui" acknowledge rui eva
check "other users can remove the acknowledgement" as rui patch finding f-1 --type=merge -p '{"spec":{"acknowledgement":null}}'
check "the facade of this release can write other names" acknowledge "$account" ana
check "the facade of another release cannot" refused "must be the requesting user, system:serviceaccount:one" acknowledge system:serviceaccount:one:one-agentic-ops eva
check "a Message of the user is accepted" say ana m-1 person ana
check "a Message cannot be acknowledged with another name" refused "must be the requesting user, ana" acknowledge_message ana rui
check "a Message can be acknowledged with the name of the user" acknowledge_message ana ana
check "a Message of another person is rejected" refused "spec.author must be the requesting user, person ana" say ana m-2 person rui
check "a Message of an Agent is rejected" refused "spec.author must be the requesting user, person ana" say ana m-2 agent ana
check "the service account of the release can write for Agents" say "$account" m-2 agent pulso
check "an Action of a user is rejected" refused "Actions are recorded by the facade" record ana a-1 ana
check "the facade of this release can record Actions" record "$account" a-1 ana
check "the facade of another release cannot" refused "Actions are recorded by the facade" record system:serviceaccount:one:one-agentic-ops a-2 ana
check "other users cannot write the result of an Action" refused "Actions are recorded by the facade" \
  as ana patch action a-1 --subresource=status --type=merge -p '{"status":{"result":"done"}}'
check "other users cannot edit an Action" refused "Actions are recorded by the facade" as ana label action a-1 x=y
check "the facade can write the result" as "$account" patch action a-1 --subresource=status --type=merge -p '{"status":{"result":"done"}}'
check "other users can delete an Action" as ana delete action a-1
check "the policy does not apply to other namespaces" bash -c \
  "$(declare -f finding); finding f-1 | sed 's/^spec: {/spec: {acknowledgement: {by: rui}, /' | \"\$KUBECTL\" -n one --as ana --as-group system:masters create -f -"

# With a separate facade, only the facade writes for people, and only the controllers write for Agents.
check "the facade is separated" "$HELM" upgrade two "$work"/agentic-ops-*.tgz -n two --reset-then-reuse-values --set facade.separate=true
controllers=$account-controllers account=$account-facade
check "the controllers can write for Agents" eventually 20 say "$controllers" m-3 agent pulso
check "the controllers cannot write for people" refused "spec.author must be the requesting user, person" say "$controllers" m-4 person ana
check "the controllers cannot acknowledge" refused "must be the requesting user, $controllers" acknowledge "$controllers" eva
check "the facade can acknowledge with other names" acknowledge "$account" eva
check "the facade can write for people" say "$account" m-5 person rui
check "the facade can record Actions" record "$account" a-3 rui
check "the controllers cannot record Actions" refused "Actions are recorded by the facade" record "$controllers" a-4 ana
digest() { # USER NAME ANNOTATIONS
  as "$1" create -f - <<F
apiVersion: agentic.ligbox.io/v1alpha1
kind: Action
metadata: {name: $2, annotations: {$3}}
spec: {verb: digest, subject: {kind: Agent, name: maestro}, actor: {name: maestro, via: agent}}
F
}
check "the controllers can record a digest" digest "$controllers" digest-2026-01-01 ""
check "the controllers can write its result" as "$controllers" patch action digest-2026-01-01 --subresource=status --type=merge -p '{"status":{"result":"done"}}'
check "they cannot record it as the facade" refused "Actions are recorded by the facade" digest "$controllers" digest-2026-01-02 "agentic.ligbox.io/recorded-by: facade"
check "they cannot write the result of another Action" refused "Actions are recorded by the facade" \
  as "$controllers" patch action a-3 --subresource=status --type=merge -p '{"status":{"result":"done"}}'
check "other users cannot record a digest" refused "Actions are recorded by the facade" digest ana digest-2026-01-02 ""
