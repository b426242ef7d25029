# The admission policy of release two: names are those of whoever asks. Sourced by run.
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
acknowledge() { as "$1" patch finding f-1 --type=merge -p "{\"spec\":{\"acknowledgement\":{\"by\":\"$2\"}}}"; }
refused() { # SAYS COMMAND…
  local said
  said=$("${@:2}" 2>&1) && { echo "accepted: $said"; return 1; }
  grep -qF -- "$1" <<<"$said" || { echo "$said"; return 1; }
}
say() { message "$2" "$3" "$4" | as "$1" create -f -; }
account=system:serviceaccount:$ns:two-agentic-ops

check "a Finding" bash -c "$(declare -f finding); finding f-1 | \"\$KUBECTL\" -n $ns create -f -"
# A policy takes a moment to be seen by the server.
eventually 20 refused "must be ana" acknowledge ana rui >/dev/null
check "another's name is refused" refused "spec.acknowledgement.by must be the requesting user, ana" acknowledge ana rui
check "one's own is taken" acknowledge ana ana
check "what stays as it was is everybody's to edit" as rui patch finding f-1 --type=merge \
  -p '{"spec":{"acknowledgement":{"note":"seen"}}}'
check "it can't be made another's" refused "must be rui" acknowledge rui eva
check "it can be taken back" as rui patch finding f-1 --type=merge -p '{"spec":{"acknowledgement":null}}'
check "this release's facade speaks for others" acknowledge "$account" ana
check "that of another release does not" refused "must be system:serviceaccount:one" acknowledge system:serviceaccount:one:one-agentic-ops eva
check "a message of one's own" say ana m-1 person ana
check "one of somebody else's is refused" refused "spec.author must be the person ana" say ana m-2 person rui
check "and one of an agent's" refused "spec.author must be the person ana" say ana m-2 agent ana
check "the release speaks for agents" say "$account" m-2 agent pulso
check "other namespaces are left alone" bash -c \
  "$(declare -f finding); finding f-1 | sed 's/^spec: {/spec: {acknowledgement: {by: rui}, /' | \"\$KUBECTL\" -n one --as ana --as-group system:masters create -f -"

# Taken apart, the facade alone speaks for people, and the controllers for agents.
check "the facade is taken apart" "$HELM" upgrade two "$work"/agentic-ops-*.tgz -n two --reset-then-reuse-values --set facade.separate=true
controllers=$account-controllers account=$account-facade
check "the controllers speak for agents" eventually 20 say "$controllers" m-3 agent pulso
check "and for no person" refused "spec.author must be the person" say "$controllers" m-4 person ana
check "nor do they acknowledge" refused "must be $controllers" acknowledge "$controllers" eva
check "the facade acknowledges for others" acknowledge "$account" eva
check "and speaks for them" say "$account" m-5 person rui
