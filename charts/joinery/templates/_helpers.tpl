{{- define "joinery.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "joinery.commonLabels" -}}
app.kubernetes.io/part-of: joinery
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The labels of a part's pods: (list . "operator"). */}}
{{- define "joinery.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: joinery-{{ index . 1 }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
{{- end -}}

{{/* The labels of a part's objects: (list . "operator"). */}}
{{- define "joinery.labels" -}}
app.kubernetes.io/name: joinery-{{ index . 1 }}
{{ include "joinery.commonLabels" (index . 0) }}
{{- end -}}

{{/* The name of a part's service account: (list . "operator"). */}}
{{- define "joinery.account" -}}
{{- $root := index . 0 -}}
{{- $part := index . 1 -}}
{{- $account := (index $root.Values $part).serviceAccount -}}
{{- if $account.create -}}
{{- default (printf "%s-%s" (include "joinery.fullname" $root) $part) $account.name -}}
{{- else -}}
{{- required (printf "%s.serviceAccount.name is needed when create is false" $part) $account.name -}}
{{- end -}}
{{- end -}}

{{- define "joinery.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "joinery.leaderElection" -}}
{{- $set := .Values.operator.leaderElection -}}
{{- if kindIs "invalid" $set -}}
{{- if gt (int .Values.operator.replicas) 1 -}}true{{- end -}}
{{- else if $set -}}true{{- end -}}
{{- end -}}

{{- define "joinery.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "joinery.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{/* The namespaces that policies and the webhook are about. */}}
{{- define "joinery.namespaceSelector" -}}
{{- with .Values.namespaces -}}
matchExpressions:
  - {key: kubernetes.io/metadata.name, operator: In, values: {{ toJson . }}}
{{- else -}}
{}
{{- end -}}
{{- end -}}

{{/* A PodDisruptionBudget: (list . "operator"). */}}
{{- define "joinery.pdb" -}}
{{- $root := index . 0 -}}
{{- $part := index . 1 -}}
{{- $budget := (index $root.Values $part).podDisruptionBudget -}}
{{- if $budget.enabled }}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "joinery.fullname" $root }}-{{ $part }}
  namespace: {{ $root.Release.Namespace }}
  labels: {{- include "joinery.labels" . | nindent 4 }}
spec:
  maxUnavailable: {{ $budget.maxUnavailable }}
  selector:
    matchLabels: {{- include "joinery.selector" . | nindent 6 }}
{{- end }}
{{- end -}}

{{/* A ServiceAccount: (list . "operator"). */}}
{{- define "joinery.serviceAccount" -}}
{{- $root := index . 0 -}}
{{- $account := (index $root.Values (index . 1)).serviceAccount -}}
{{- if $account.create }}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "joinery.account" . }}
  namespace: {{ $root.Release.Namespace }}
  labels: {{- include "joinery.labels" . | nindent 4 }}
  {{- with $account.annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
automountServiceAccountToken: false
{{- end }}
{{- end -}}
