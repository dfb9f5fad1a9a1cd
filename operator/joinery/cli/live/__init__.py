"""What the commands that ask a cluster share: the connection as the caller, and what is read from there.

Only :mod:`joinery.cli.live.options` is imported at the top of a command: everything else takes the Kubernetes
client with it.
"""
