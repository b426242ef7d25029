# Part of tests/chart/run: what the chart renders, without an API server.
echo "== rendered objects"
render() { "$HELM" template ops "$chart" -n agentic-ops "$@"; }
only() { # KIND: the objects of this kind
  awk -v kind="kind: $1" 'BEGIN { RS = "---\n" } index("\n" $0, "\n" kind "\n")'
}

deployment() { render --set-json "$1" | only Deployment; }
same_deployment() { [ -n "$(deployment "$1")" ] && [ "$(deployment "$1")" = "$(deployment "$2")" ]; }
check "the Deployment does not depend on the values of keys" same_deployment 'secrets.OPS_INTERNAL_TOKEN="one"' 'secrets.OPS_INTERNAL_TOKEN="two"'
check "nor on those of further keys" same_deployment 'extraSecrets={"SHOP_KEY": "one"}' 'extraSecrets={"SHOP_KEY": "two"}'
check "nor on auth.secret" same_deployment 'auth.secret="0123456789abcdef"' 'auth.secret="fedcba9876543210"'
check "but on settings" bash -c '[ "$1" != "$2" ]' - "$(deployment 'settings.AGENTIC_LANGUAGE="en"')" "$(deployment 'settings.AGENTIC_LANGUAGE="pt-BR"')"

credentials() { # The ConfigMaps do not contain the values, the Secrets do
  local values='{"secrets": {"DESK_OPS_NTFY_TOPIC": "topic-of-ops", "NTFY_TOKEN": "token-of-ntfy", "SMTP_URL": "smtp://mail-of-ops", "AGENTIC_WEBHOOK_URL": "http://hook-of-ops", "AGENTIC_WEBHOOK_TOKEN": "token-of-hook", "AGENTIC_HEARTBEAT_URL": "http://push-of-ops"}, "extraSecrets": {"SHOP_KEY": "key-of-shop"}}' value
  for value in topic-of-ops token-of-ntfy smtp://mail-of-ops http://hook-of-ops token-of-hook http://push-of-ops key-of-shop; do
    render -f <(echo "$values") | only Secret | grep -qF "$(printf %s "$value" | base64 -w0)" || { echo "$value is not in a Secret"; return 1; }
    ! render -f <(echo "$values") | only ConfigMap | grep -F "$value" || return 1
  done
}
check "credentials are in Secrets only" credentials

bound() { render --set "settings.PROXMOX_API_URL=$1" | only Secret | grep -qF "agentic.ligbox.io/hosts: PROXMOX_API_TOKEN=$2"; }
check "a key is bound to the host and port of its URL" bound https://pve.example.com:8006/path pve.example.com:8006
check "a key is bound to the default port of https" bound https://pve.example.com pve.example.com:443
check "a key is bound to the default port of http" bound http://user@pve.example.com/ pve.example.com:80
check "a key is bound to an IPv6 address" bound 'https://[2001:db8::1]' '[2001:db8::1]:443'

ports() { # The ports of the Service, each with its target
  render "$@" | only Service | awk '$1 == "port:" { port = $2 } $1 == "targetPort:" { print port ":" $2 }' | paste -sd' '
}
check "the Service has the port of the facade" [ "$(ports)" = "8180:http" ]
check "that of staging has also the port of the panel" [ "$(ports -f "$chart/examples/staging.yaml")" = "8180:http 8192:http" ]

published() { # The paths that lead to the program
  render --set ingress.enabled=true --set-json 'ingress.hosts=[{"host": "ops.example.com"}]' | only Ingress |
    awk '/- path:/ { path = $3 } /backend:/ && !/unpublished/ { print path }' | paste -sd' '
}
check "the Ingress publishes the facade and the panel" [ "$(published)" = "/api/v1/agents /desk" ]
check "a NetworkPolicy is rendered by default" bash -c '[ -n "$1" ]' - "$(render | only NetworkPolicy)"
check "an admission policy is not" [ -z "$(render | only ValidatingAdmissionPolicy)" ]

data() { # Of the Deployment: the volume of the data directory, and the strategy
  render "$@" | only Deployment | awk '$1 == "strategy:" { getline; if ($1 == "#") getline; strategy = $2 } /- name: data$/ { getline; volume = $1 $2 $3 } END { print volume, strategy }'
}
check "each pod has a data directory of its own" [ "$(data)" = "emptyDir:{sizeLimit:1Gi} RollingUpdate" ]
check "with two replicas, too" [ "$(data --set replicas=2)" = "emptyDir:{sizeLimit:1Gi} RollingUpdate" ]
check "a claim has one writer" [ "$(data --set persistence.enabled=true)" = "persistentVolumeClaim:{claimName:ops-agentic-ops-data} Recreate" ]
check "an existing claim is used" [ "$(data --set persistence.enabled=true,persistence.existingClaim=own)" = "persistentVolumeClaim:{claimName:own} Recreate" ]
claims() { render "$@" | only PersistentVolumeClaim | awk '$1 == "name:" { print $2 } $1 == "storageClassName:" { print $2 } $1 == "requests:" { print $3 }' | paste -sd' '; }
check "a claim is made of its size and class" [ "$(claims --set persistence.enabled=true,persistence.size=5Gi,persistence.storageClass=fast)" = "ops-agentic-ops-data fast 5Gi}" ]
check "none beside an existing one" [ -z "$(claims --set persistence.enabled=true,persistence.existingClaim=own)" ]
check "none by default" [ -z "$(claims)" ]
mounted() { render --set facade.separate=true | only Deployment | awk '/^  name:/ { name = $2 } /mountPath: .var.lib.agentic-ops/ { print name }' | paste -sd' '; }
check "a separate facade has no data directory" [ "$(mounted)" = "ops-agentic-ops-controllers" ]
