#!/usr/bin/env bash
# All tests. What is slow to make (a real API server, from its Go modules; then a kind cluster's parts) is made beside the
# tests that do not need it. Where the machine can have no cluster for the end to end tests, that is said, and no failure.
set -uo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin
cannot_here=69 # of e2e/run.py

log=$(mktemp)
trap 'kill $(jobs -p) 2>/dev/null; rm -f "$log"' EXIT
nice $bin/python e2e/cluster/cluster.py build etcd kube-apiserver kubectl kube-controller-manager helm minio >"$log" 2>&1 &
build=$!

failed=0
run() { echo "── $*"; "$@" || failed=1; }

run $bin/ruff check .
run $bin/ruff format --check .
run $bin/mypy
run $bin/lint-imports
run $bin/pytest -m "not cluster" -n 2 --dist loadfile -q

echo "── the real API server: $(kill -0 $build 2>/dev/null && echo 'still being built' || echo 'ready')"
wait $build || { cat "$log"; echo "the API server could not be built; the tests that need it say so"; }
nice $bin/python e2e/run.py prepare >"$log" 2>&1 &
prepare=$!
run $bin/pytest -m cluster -n 2 --dist loadfile -q

echo "── the parts of a cluster for the end to end tests: $(kill -0 $prepare 2>/dev/null && echo 'still being made' || echo 'ready')"
wait $prepare
code=$?
if [ $code = 0 ]; then
  echo "── end to end"
  $bin/python e2e/run.py
  code=$?
else
  cat "$log"
fi
[ $code = 0 ] || [ $code = $cannot_here ] || failed=1

echo "── $([ $failed = 0 ] && echo 'passed' || echo 'FAILED')$([ $code != $cannot_here ] || echo '; END TO END TESTS WERE NOT RUN: see above')"
exit $failed
