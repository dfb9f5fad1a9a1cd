{{/*
What policies share. One authorizer check costs 350,000 of the 10 million that a policy may spend on a request, and
three in one expression are over an expression's limit: so there is one validation for each distinct name, over
chained variables. names0 is all names, name0 the least of them; names1 is names0 without name0, and so on. The least
and not the first: the order of a map's keys differs from one evaluation to the next, and the message is evaluated
after the rule.
*/}}
{{- define "joinery.maxConnections" -}}16{{- end -}}

{{/* The names that a component gives, as CEL: the argument is the component's expression. */}}
{{- define "joinery.componentConnections" -}}
{{ . }}.?inputs.orValue([]).map(i, i.?connection.orValue('')) +
{{ . }}.?outputs.orValue([]).map(o, o.?connection.orValue('')) +
{{ . }}.?run.connections.orValue([]) +
[{{ . }}.?run.collect.connection.orValue('')]
{{- end -}}

{{- define "joinery.connectionVariables" -}}
{{- range $i := until (include "joinery.maxConnections" . | int) -}}
- name: name{{ $i }}
  expression: "size(variables.names{{ $i }}) == 0 ? '' : variables.names{{ $i }}.min()"
- name: names{{ add1 $i }}
  expression: "variables.names{{ $i }}.filter(name, name != variables.name{{ $i }})"
{{ end }}
{{- end -}}

{{- define "joinery.connectionValidations" -}}
{{- $most := include "joinery.maxConnections" . | int -}}
- expression: size(variables.names{{ $most }}) == 0
  message: at most {{ $most }} different Connections may be named in one object
  reason: Invalid
{{- range $i := until $most }}
- expression: "variables.name{{ $i }} == '' || authorizer.group('joinery.dev').resource('connections').namespace(request.namespace).name(variables.name{{ $i }}).check('use').allowed()"
  message: "you need the verb use on each Connection that you name: kubectl auth can-i use connections.joinery.dev/NAME"
  messageExpression: "'you need the verb use on the Connection ' + variables.name{{ $i }} + ', which is named here: kubectl auth can-i use connections.joinery.dev/' + variables.name{{ $i }}"
  reason: Forbidden
{{- end }}
{{- end -}}

{{- define "joinery.createJobs" -}}
- expression: authorizer.group('batch').resource('jobs').namespace(request.namespace).check('create').allowed()
  message: "what runs here is a Job: you need the right to create jobs yourself: kubectl auth can-i create jobs"
  reason: Forbidden
{{- end -}}

{{- define "joinery.listRuns" -}}
- expression: authorizer.group('joinery.dev').resource('runs').namespace(request.namespace).check('list').allowed()
  message: "a search reads Runs: you need the right to list them yourself: kubectl auth can-i list runs.joinery.dev"
  reason: Forbidden
{{- end -}}

{{/* What stands before the rules of a policy: (list . "operation-authors" "operations"). */}}
{{- define "joinery.policyHead" -}}
{{- $root := index . 0 -}}
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: {{ include "joinery.fullname" $root }}-{{ index . 1 }}
  labels: {{- include "joinery.labels" (list $root "policies") | nindent 4 }}
spec:
  failurePolicy: Fail
  matchConstraints:
    matchPolicy: Equivalent
    namespaceSelector: {}
    objectSelector: {}
    resourceRules:
      # Never a deletion, never a status.
      - apiGroups: [joinery.dev]
        apiVersions: ["*"]
        operations: [CREATE, UPDATE]
        resources: [{{ index . 2 }}]
        scope: Namespaced
{{- end -}}

{{/* An edit of metadata alone asks for nothing. */}}
{{- define "joinery.specChanged" -}}
matchConditions:
  - name: created-or-spec-changed
    expression: request.operation == 'CREATE' || object.?spec != oldObject.?spec
{{- end -}}

{{/* The binding of a policy: (list . "operation-authors"). */}}
{{- define "joinery.policyBinding" -}}
{{- $root := index . 0 -}}
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: {{ include "joinery.fullname" $root }}-{{ index . 1 }}
  labels: {{- include "joinery.labels" (list $root "policies") | nindent 4 }}
spec:
  policyName: {{ include "joinery.fullname" $root }}-{{ index . 1 }}
  validationActions: [Deny]
  matchResources:
    matchPolicy: Equivalent
    namespaceSelector: {{- include "joinery.namespaceSelector" $root | nindent 6 }}
    objectSelector: {}
{{- end -}}
