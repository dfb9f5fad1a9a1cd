"""A whole cluster for the end to end tests, on any machine.

Where a Docker engine is there, kind as everybody has it; on a bare machine the same kind, with an engine that we
start and a node image that we build. `machine` says what is missing, `engine` finds or starts Docker, `clusters` makes
the cluster, `release` installs our chart, `session` holds the commands of `run.py`.
Standard library alone: it runs before anything of Joinery is installed.
"""
