#!/usr/bin/env bash
# README's first command: the first operation on the sweep that comes with Joinery, offline and then in a real cluster.
# OFFLINE=1 stops before the cluster.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$PWD/.venv/bin

bold='' plain=''
if [ -t 1 ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m'); fi
show() { printf '\n%s$ %s%s\n' "$bold" "$*" "$plain"; "$bin/$@"; }

show joinery resolve -f examples/sweep/operation.yaml --runs examples/sweep/runs
cut=$("$bin/joinery" search "metrics.loss: <0.01" --sort metrics.loss --offset 5 --limit 1 --runs examples/sweep/runs -o name | head -1)
show joinery explain -f examples/sweep/operation.yaml --runs examples/sweep/runs --run "${cut##*/}"

case "${OFFLINE:-0}" in
  "" | 0 | no | false) exec "$bin/python" examples/demo/demo.py ;;
esac
