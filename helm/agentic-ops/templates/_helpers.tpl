{{- define "agentic-ops.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" }}
{{- end }}

{{- define "agentic-ops.fullname" -}}
{{- $name := include "agentic-ops.name" . }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- /* Name of cluster-scoped objects, unique for each release. */}}
{{- define "agentic-ops.clusterName" -}}
{{- printf "%s-%s" .Release.Namespace (include "agentic-ops.fullname" .) }}
{{- end }}

{{- define "agentic-ops.selector" -}}
app.kubernetes.io/name: {{ include "agentic-ops.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "agentic-ops.labels" -}}
{{ include "agentic-ops.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* Metadata of all objects. Takes dict: root, name, and optional labels and annotations. */}}
{{- define "agentic-ops.metadata" -}}
name: {{ .name }}
{{- if not .cluster }}
namespace: {{ .root.Release.Namespace }}
{{- end }}
labels:
  {{- include "agentic-ops.labels" .root | nindent 2 }}
  {{- with .labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with merge (dict) (.annotations | default dict) .root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* Components, as a JSON list: one with an empty name that does everything, or two separate ones. */}}
{{- define "agentic-ops.parts" -}}
{{- ternary (list "controllers" "facade") (list "") .Values.facade.separate | toJson }}
{{- end }}

{{- /* Name of the objects of a component. Takes dict: root, part. */}}
{{- define "agentic-ops.partName" -}}
{{- include "agentic-ops.fullname" .root }}{{ with .part }}-{{ . }}{{ end }}
{{- end }}

{{- /* Labels of the pods of a component. Takes dict: root, part. */}}
{{- define "agentic-ops.partSelector" -}}
{{ include "agentic-ops.selector" .root }}
{{- with .part }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end }}

{{- /* The component that serves the REST facade. */}}
{{- define "agentic-ops.served" -}}
{{- ternary "facade" "" .Values.facade.separate }}
{{- end }}

{{- /* Service account of a component. Takes dict: root, part. */}}
{{- define "agentic-ops.serviceAccount" -}}
{{- $at := ternary "facade.serviceAccount" "serviceAccount" (eq .part "facade") }}
{{- $values := ternary .root.Values.facade.serviceAccount .root.Values.serviceAccount (eq .part "facade") }}
{{- if $values.create }}
{{- default (include "agentic-ops.partName" .) $values.name }}
{{- else }}
{{- required (printf "%s.name: required if %s.create is false" $at $at) $values.name }}
{{- end }}
{{- end }}

{{- /* User name of the service account of a component. Takes dict: root, part. */}}
{{- define "agentic-ops.user" -}}
system:serviceaccount:{{ .root.Release.Namespace }}:{{ include "agentic-ops.serviceAccount" . }}
{{- end }}

{{- define "agentic-ops.image" -}}
{{- with .Values.image }}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}
{{- end }}

{{- /* Security context for the Pod Security Standard `restricted`, with a read-only root file system. */}}
{{- define "agentic-ops.containerSecurity" -}}
allowPrivilegeEscalation: false
capabilities: {drop: [ALL]}
privileged: false
readOnlyRootFilesystem: true
{{- end }}

{{- define "agentic-ops.podSecurity" -}}
runAsNonRoot: true
seccompProfile: {type: RuntimeDefault}
{{- range $name, $value := .Values.podSecurityContext }}
{{- if not (empty $value) }}
{{ $name }}: {{ toJson $value }}
{{- end }}
{{- end }}
{{- end }}

{{- /* A number or boolean as text. Numbers are floats in Helm and would be rendered as 1e+06. */}}
{{- define "agentic-ops.text" -}}
{{- if kindIs "float64" . }}{{ int64 . }}{{ else }}{{ . }}{{ end }}
{{- end }}

{{- define "agentic-ops.authSecretName" -}}
{{- with .Values.auth }}
{{- if and .secret .existingSecret.name }}{{ fail "auth.secret and auth.existingSecret.name are mutually exclusive" }}{{ end }}
{{- if .existingSecret.name }}{{ .existingSecret.name }}{{ else if .secret }}{{ include "agentic-ops.fullname" $ }}-auth{{ end }}
{{- end }}
{{- end }}

{{- /* Name of the claim with the data directory; empty where there is none. */}}
{{- define "agentic-ops.dataClaim" -}}
{{- with .Values.persistence }}
{{- if .enabled }}
{{- if gt (int $.Values.replicas) 1 }}{{ fail "persistence.enabled: only with one replica, since two processes would write the same files" }}{{ end }}
{{- .existingClaim | default (printf "%s-data" (include "agentic-ops.fullname" $)) }}
{{- else if .existingClaim }}{{ fail "persistence.existingClaim: only used if persistence.enabled is true" }}
{{- end }}
{{- end }}
{{- end }}

{{- /* Name of the ConfigMap of a source: the chart's, an existing one, or none. Takes dict: root, at, values, own. */}}
{{- define "agentic-ops.sourceName" -}}
{{- if eq .values.source "configMap" }}
{{- required (printf "%s.configMap: required if %s.source is configMap" .at .at) .values.configMap }}
{{- else if ne .values.source "none" }}
{{- include "agentic-ops.fullname" .root }}-{{ .at }}
{{- end }}
{{- end }}

{{- /* Data of the ConfigMap agentic-ops, as YAML. It includes defaults, since Scenarios see nothing else. */}}
{{- define "agentic-ops.settings" -}}
{{- $all := dict }}
{{- range $name, $value := omit .Values.settings "create" }}
{{- $_ := set $all $name (include "agentic-ops.text" $value) }}
{{- end }}
{{- with .Values.settings }}
{{- $_ := set $all "FOSS_URL" (.FOSS_URL | default (ternary (printf "http://%s:8085" .VM123_IP) "" (not (empty .VM123_IP)))) }}
{{- $_ := set $all "ODOO_URL" (.ODOO_URL | default (ternary (printf "http://%s:8069" .VM123_IP) "" (not (empty .VM123_IP)))) }}
{{- end }}
{{- if ne .Values.specs.source "none" }}{{ $_ := set $all "AGENTIC_SPECS_ROOT" "/etc/agentic-ops/specs" }}{{ end }}
{{- if include "agentic-ops.authSecretName" . }}{{ $_ := set $all "AGENTIC_AUTH_SECRET_FILE" "/etc/agentic-ops/auth/secret" }}{{ end }}
{{- if .Values.auth.tokenReview }}{{ $_ := set $all "AGENTIC_AUTH_TOKEN_REVIEW" "true" }}{{ end }}
{{- if .Values.admissionPolicy.enabled }}{{ $_ := set $all "AGENTIC_NAMES_CHECKED" "true" }}{{ end }}
{{- if or .Values.caBundle.configMap .Values.caBundle.secret }}{{ $_ := set $all "AGENTIC_CA_FILE" "/etc/agentic-ops/ca/ca.crt" }}{{ end }}
{{- $_ := set $all "AGENTIC_DATA_DIR" "/var/lib/agentic-ops" }}
{{- if .Values.desk.existingClaim }}{{ $_ := set $all "DESK_DB_PATH" (printf "/var/lib/desk/%s" .Values.desk.file) }}{{ end }}
{{- range $name, $value := .Values.extraSettings }}
{{- if or (include "agentic-ops.isCredential" $name) (has $name (splitList "," $.Values.settings.AGENTIC_PROBE_SECRET_KEYS)) }}
{{- fail (printf "extraSettings.%s: is a credential, which does not belong in a ConfigMap: set it in extraSecrets" $name) }}
{{- end }}
{{- if hasKey $all $name }}{{ fail (printf "extraSettings.%s: already set in settings, or set by the chart" $name) }}{{ end }}
{{- $_ := set $all $name (include "agentic-ops.text" $value) }}
{{- end }}
{{- range $name, $value := $all }}
{{- if eq $value "" }}{{ $_ := unset $all $name }}{{ end }}
{{- end }}
{{- toYaml $all }}
{{- end }}

{{- /* Not empty if a setting of this name is a credential, as in the program. */}}
{{- define "agentic-ops.isCredential" -}}
{{- if or (regexMatch "_(KEY|TOKEN|PASSWORD|SECRET)$" (upper .)) (has (upper .) (list "SMTP_URL" "AGENTIC_WEBHOOK_URL" "AGENTIC_HEARTBEAT_URL" "DESK_OPS_NTFY_TOPIC")) }}yes{{ end }}
{{- end }}

{{- /* host:port of a URL. */}}
{{- define "agentic-ops.hostOf" -}}
{{- $url := urlParse . }}
{{- $url.host }}{{ if not (regexMatch ":[0-9]+$" $url.host) }}:{{ ternary "443" "80" (eq $url.scheme "https") }}{{ end }}
{{- end }}

{{- /* The hosts that keys of the Secret agentic-ops may be sent to: KEY=host:port,… */}}
{{- define "agentic-ops.keyHosts" -}}
{{- $entries := list }}
{{- with .Values.settings.PFSENSE_API_URL }}{{ $entries = append $entries (printf "PFSENSE_API_KEY=%s" (include "agentic-ops.hostOf" .)) }}{{ end }}
{{- with .Values.settings.PROXMOX_API_URL }}{{ $entries = append $entries (printf "PROXMOX_API_TOKEN=%s" (include "agentic-ops.hostOf" .)) }}{{ end }}
{{- range $key, $hosts := .Values.secretHosts }}
{{- if has $key (list "PFSENSE_API_KEY" "PROXMOX_API_TOKEN") }}{{ fail (printf "secretHosts.%s: is derived from the URL in settings" $key) }}{{ end }}
{{- range $hosts }}{{ $entries = append $entries (printf "%s=%s" $key .) }}{{ end }}
{{- end }}
{{- join "," $entries }}
{{- end }}

{{- define "agentic-ops.secrets" -}}
{{- $all := dict }}
{{- range $name, $value := omit .Values.secrets "create" }}
{{- if $value }}{{ $_ := set $all $name $value }}{{ end }}
{{- end }}
{{- range $name, $value := .Values.extraSecrets }}
{{- if hasKey $.Values.secrets $name }}{{ fail (printf "extraSecrets.%s: already set in secrets" $name) }}{{ end }}
{{- if $value }}{{ $_ := set $all $name $value }}{{ end }}
{{- end }}
{{- toYaml $all }}
{{- end }}
