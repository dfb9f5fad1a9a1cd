"""Rights on Runs, and the uuid of an operation's Run, as the tests against a real API server use them."""

PATCH = {"apiGroups": ["joinery.dev"], "resources": ["runs"], "verbs": ["patch"]}
ALL = {"apiGroups": ["joinery.dev"], "resources": ["runs"], "verbs": ["get", "create", "patch"]}
UUID = "ab" * 16
