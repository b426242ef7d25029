{{- /* What a part may do, as the rules of a Role: what it asks for, and no more. Takes dict: root, part. */}}
{{- define "agentic-ops.rules" -}}
{{- $controls := ne .part "facade" }}
{{- $serves := ne .part "controllers" }}
{{- with .root.Values }}
# What is looked at and found{{ if $serves }}; a Scenario is annotated to run now, a Finding acknowledged{{ end }}.
- apiGroups: [agentic.ligbox.io]
  resources: [scenarios]
  verbs: [get, list, watch{{ if $serves }}, patch{{ end }}]
- apiGroups: [agentic.ligbox.io]
  resources: [findings]
  verbs: [get, list, watch{{ if $controls }}, create{{ end }}, patch]
- apiGroups: [agentic.ligbox.io]
  resources: [agents]
  verbs: [list, watch]
{{- if $controls }}
- apiGroups: [agentic.ligbox.io]
  resources: [scenarios/status, findings/status, agents/status]
  verbs: [patch]
{{- end }}
{{- if $serves }}
# What people did through the facade.
- apiGroups: [agentic.ligbox.io]
  resources: [actions]
  verbs: [create]
- apiGroups: [agentic.ligbox.io]
  resources: [actions/status]
  verbs: [patch]
{{- end }}
{{- if and $controls (ne .registry.source "none") }}
# What the registry names is applied, and what it no longer names taken away.
- apiGroups: [agentic.ligbox.io]
  resources: [scenarios, agents]
  verbs: [create, patch, delete]
{{- end }}
- apiGroups: [""]
  resources: [configmaps]
  resourceNames: [agentic-ops]
  verbs: [get]
{{- if $controls }}
- apiGroups: [""]
  resources: [secrets]
  resourceNames:
  - agentic-ops
  {{- range .probes.secrets }}
  - {{ . }}
  {{- end }}
  verbs: [get]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
# Who leads. A name can't be asked for where the object is still to be made.
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [create]
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: [agentic-ops]
  verbs: [get, update]
{{- end }}
{{- end }}
{{- end }}
