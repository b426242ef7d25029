# Installs manifests/ with kubectl and an overlay for the targets. Sourced by node, after all releases are uninstalled.
echo "== without Helm"
mkdir "$work/overlay"
cat >"$work/overlay/kustomization.yaml" <<K
resources: [$(realpath --relative-to "$work/overlay" manifests)]
patches: [{path: settings.yaml}]
K
cat >"$work/overlay/settings.yaml" <<K
apiVersion: v1
kind: ConfigMap
metadata: {name: agentic-ops, namespace: agentic-ops}
data:
$(sed -n '/^settings:/,/^[a-z]*:$/{s/^  \([A-Z0-9_]*\): \(.*\)/  \1: "\2"/p}' tests/chart/loopback.yaml)
K
check "kubectl apply -k" "$KUBECTL" apply -k "$work/overlay"
check "the Deployment is ready" "$KUBECTL" -n agentic-ops rollout status deployment/agentic-ops --timeout=90s
check "the Finding of a broken target opens" eventually 60 findings agentic-ops \
  'any(.spec.scenario == "ollama.vm123.health" and .status.phase == "Open")'
check "kubectl delete, except the CustomResourceDefinitions" bash -c '"$KUBECTL" kustomize "$1" | "$KUBECTL" delete -l app.kubernetes.io/name=agentic-ops -f - --wait=false' - "$work/overlay"
