{{- /* The Deployment of a component. A separate facade gets nothing that only probes and the registry need, but the runbooks that the
panel shows; separate controllers get no secret that signs the tokens of people. Takes dict: root, part. */}}
{{- define "agentic-ops.deployment" -}}
{{- $of := . }}
{{- $part := .part }}
{{- $reads := ne $part "facade" }}
{{- $own := dict }}
{{- with $part }}{{ $own = dict "app.kubernetes.io/component" . }}{{ end }}
{{- with .root }}
{{- $registry := "" }}
{{- $specs := include "agentic-ops.sourceName" (dict "root" . "at" "specs" "values" .Values.specs) }}
{{- $ca := "" }}
{{- $desk := "" }}
{{- if $reads }}
{{- $registry = include "agentic-ops.sourceName" (dict "root" . "at" "registry" "values" .Values.registry) }}
{{- if or .Values.caBundle.configMap .Values.caBundle.secret }}{{ $ca = .Values.caBundle }}{{ end }}
{{- if .Values.desk.existingClaim }}{{ $desk = .Values.desk }}{{ end }}
{{- end }}
{{- $claim := "" }}
{{- if $reads }}{{ $claim = include "agentic-ops.dataClaim" . }}{{ end }}
{{- $auth := "" }}
{{- if ne $part "controllers" }}{{ $auth = include "agentic-ops.authSecretName" . }}{{ end }}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "agentic-ops.metadata" (dict "root" . "name" (include "agentic-ops.partName" $of) "labels" $own) | nindent 2 }}
spec:
  replicas: {{ ternary .Values.facade.replicas .Values.replicas (eq $part "facade") }}
  revisionHistoryLimit: 3
  selector:
    matchLabels:
      {{- include "agentic-ops.partSelector" $of | nindent 6 }}
  strategy:
    {{- if $claim }}
    # The files have one writer.
    type: Recreate
    {{- else }}
    {{- toYaml .Values.updateStrategy | nindent 4 }}
    {{- end }}
  template:
    metadata:
      labels:
        {{- include "agentic-ops.labels" . | nindent 8 }}
        {{- with $own }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
        {{- with .Values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      annotations:
        # The program reads its own settings at start. Changes of the registry and of runbooks are detected. Nothing here is derived
        # from the values of Secrets, since anyone who can read the pod could test guesses against it; only from the names of their keys.
        agentic.ligbox.io/settings: {{ printf "%s\n%s" (include "agentic-ops.settings" .) (include "agentic-ops.secrets" . | fromYaml | keys | sortAlpha | join ",") | sha256sum }}
        {{- with merge (dict) .Values.podAnnotations .Values.commonAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      serviceAccountName: {{ include "agentic-ops.serviceAccount" $of }}
      automountServiceAccountToken: true
      enableServiceLinks: false
      securityContext:
        {{- include "agentic-ops.podSecurity" . | nindent 8 }}
      terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
      {{- with .Values.image.pullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
      containers:
      - name: agentic-ops
        image: {{ include "agentic-ops.image" . }}
        imagePullPolicy: {{ .Values.image.pullPolicy }}
        args:
        - operator
        {{- with $part }}
        - --only={{ . }}
        {{- end }}
        - --log-format={{ .Values.log.format }}
        - --listen={{ .Values.listenAddress }}:{{ .Values.containerPort }}
        {{- if $registry }}
        - --registry=/etc/agentic-ops/registry
        {{- end }}
        env:
        - name: POD_NAME
          valueFrom: {fieldRef: {fieldPath: metadata.name}}
        # Where the other replicas ask for the history of readings, which the one that leads has.
        - name: POD_IP
          valueFrom: {fieldRef: {fieldPath: status.podIP}}
        - name: POD_NAMESPACE
          valueFrom: {fieldRef: {fieldPath: metadata.namespace}}
        {{- with .Values.log.filter }}
        - name: RUST_LOG
          value: {{ . | quote }}
        {{- end }}
        ports:
        - name: http
          containerPort: {{ .Values.containerPort }}
        # The program listens once it has read its settings from the API server.
        startupProbe:
          httpGet: {path: /livez, port: http}
          periodSeconds: 1
          timeoutSeconds: 2
          failureThreshold: 60
        livenessProbe:
          httpGet: {path: /livez, port: http}
          periodSeconds: 10
          timeoutSeconds: 5
          failureThreshold: 3
        readinessProbe:
          httpGet: {path: /readyz, port: http}
          periodSeconds: 5
          timeoutSeconds: 5
          failureThreshold: 2
        securityContext:
          {{- include "agentic-ops.containerSecurity" . | nindent 10 }}
        resources:
          {{- toYaml (ternary .Values.facade.resources .Values.resources (eq $part "facade")) | nindent 10 }}
        volumeMounts:
        # Temporary files; queries of SQLite need none.
        - {name: tmp, mountPath: /tmp}
        {{- if $reads }}
        # The history of readings and the index of the runbooks, which can be deleted at any time.
        - {name: data, mountPath: /var/lib/agentic-ops}
        {{- end }}
        {{- if $registry }}
        - {name: registry, mountPath: /etc/agentic-ops/registry, readOnly: true}
        {{- end }}
        {{- if $specs }}
        - {name: specs, mountPath: /etc/agentic-ops/specs, readOnly: true}
        {{- end }}
        {{- if $auth }}
        - {name: auth, mountPath: /etc/agentic-ops/auth, readOnly: true}
        {{- end }}
        {{- if $ca }}
        - {name: ca, mountPath: /etc/agentic-ops/ca, readOnly: true}
        {{- end }}
        {{- with $desk }}
        - name: desk
          mountPath: /var/lib/desk
          readOnly: {{ .readOnly }}
          {{- with .subPath }}
          subPath: {{ . | quote }}
          {{- end }}
        {{- end }}
        {{- with ternary .Values.extraVolumeMounts (list) $reads }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      volumes:
      - name: tmp
        emptyDir: {sizeLimit: 64Mi}
      {{- if $reads }}
      - name: data
        {{- if $claim }}
        persistentVolumeClaim: {claimName: {{ $claim }}}
        {{- else }}
        emptyDir: {sizeLimit: {{ .Values.persistence.size }}}
        {{- end }}
      {{- end }}
      {{- with $registry }}
      - name: registry
        configMap: {name: {{ . }}}
      {{- end }}
      {{- with $specs }}
      - name: specs
        configMap: {name: {{ . }}}
      {{- end }}
      {{- with $auth }}
      - name: auth
        secret:
          secretName: {{ . }}
          items: [{key: {{ if $of.root.Values.auth.existingSecret.name }}{{ $of.root.Values.auth.existingSecret.key }}{{ else }}auth-secret{{ end }}, path: secret}]
      {{- end }}
      {{- with $ca }}
      - name: ca
        {{- if .configMap }}
        configMap: {name: {{ .configMap }}, items: [{key: {{ .key }}, path: ca.crt}]}
        {{- else }}
        secret: {secretName: {{ .secret }}, items: [{key: {{ .key }}, path: ca.crt}]}
        {{- end }}
      {{- end }}
      {{- with $desk }}
      - name: desk
        persistentVolumeClaim: {claimName: {{ .existingClaim }}, readOnly: {{ .readOnly }}}
      {{- end }}
      {{- with ternary .Values.extraVolumes (list) $reads }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
      {{- with .Values.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.affinity }}
      affinity:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.topologySpreadConstraints }}
      topologySpreadConstraints:
      {{- $own := dict "labelSelector" (dict "matchLabels" (include "agentic-ops.partSelector" $of | fromYaml)) }}
      {{- range . }}
      - {{- toYaml (merge (dict) . $own) | nindent 8 }}
      {{- end }}
      {{- end }}
{{- end }}
{{- end }}
