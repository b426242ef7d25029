{{- /* Rules of the Role of a component, limited to the requests that it makes. Takes dict: root, part. */}}
{{- define "agentic-ops.rules" -}}
{{- $controls := ne .part "facade" }}
{{- $serves := ne .part "controllers" }}
{{- with .root.Values }}
# Read Scenarios and Findings{{ if $serves }}; annotate Scenarios to request runs, and Findings to request advice; acknowledge Findings{{ end }}.
- apiGroups: [agentic.ligbox.io]
  resources: [scenarios]
  verbs: [get, list, watch{{ if $serves }}, patch{{ end }}]
- apiGroups: [agentic.ligbox.io]
  resources: [findings]
  verbs: [get, list, watch{{ if $controls }}, create, delete{{ end }}, patch]
- apiGroups: [agentic.ligbox.io]
  resources: [agents]
  verbs: [list, watch]
# Read Silences{{ if $serves }}; make and end them{{ end }}{{ if $controls }}; remove those that ended long ago{{ end }}.
- apiGroups: [agentic.ligbox.io]
  resources: [silences]
  verbs: [{{ if $serves }}get, {{ end }}list, watch{{ if $serves }}, create, patch{{ end }}, delete]
# Read Threads and Messages, and write them{{ if $controls }}; remove what is finished and too old, or too much{{ end }}.
- apiGroups: [agentic.ligbox.io]
  resources: [threads]
  verbs: [get, list, watch, create{{ if $controls }}, patch, delete{{ end }}]
- apiGroups: [agentic.ligbox.io]
  resources: [messages]
  verbs: [get, list, watch, create{{ if $serves }}, patch{{ end }}{{ if $controls }}, delete{{ end }}]
{{- if $controls }}
- apiGroups: [agentic.ligbox.io]
  resources: [scenarios/status, findings/status, agents/status, silences/status, threads/status, messages/status]
  verbs: [patch]
{{- end }}
{{- if and $controls (not $serves) }}
# Verify the names in acknowledgements by their Actions, and record the daily digest and votes by kubectl in some.
- apiGroups: [agentic.ligbox.io]
  resources: [actions]
  verbs: [get, list, watch, create, delete]
- apiGroups: [agentic.ligbox.io]
  resources: [actions/status]
  verbs: [patch]
{{- end }}
{{- if $serves }}
# Record actions of people through the REST facade{{ if $controls }} and the daily digest{{ end }}, complete those that were interrupted, and repeat their responses.
- apiGroups: [agentic.ligbox.io]
  resources: [actions]
  verbs: [get, list, watch, create{{ if $controls }}, delete{{ end }}]
- apiGroups: [agentic.ligbox.io]
  resources: [actions/status]
  verbs: [patch]
{{- end }}
{{- if and $controls (ne .registry.source "none") }}
# Apply the objects of the registry, and delete those that were removed from it.
- apiGroups: [agentic.ligbox.io]
  resources: [scenarios, agents]
  verbs: [get, create, patch, delete]
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
# Leader election. Create cannot be limited to a name.
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [create]
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: [agentic-ops]
  verbs: [get, update]
{{- else }}
# Say who leads to clients that send a tick to the facade.
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: [agentic-ops]
  verbs: [get]
{{- end }}
{{- end }}
{{- end }}
