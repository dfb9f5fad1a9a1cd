"""A real API server for tests and for trying things out, from parts that Go modules give.

It knows nothing of Joinery and needs Python's standard library alone:
`programs` says which programs there are and where they are looked for,
`build` makes those that are missing, `server` starts and ends them.
"""
