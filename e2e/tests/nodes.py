"""What a test does to kind's node from outside."""

from __future__ import annotations

import subprocess


def kill_in(node: str, pod_uid: str, word: str) -> None:
    """Kill the process of this pod that has ``word`` among its arguments, a moment after it is there."""
    pod = pod_uid.replace("-", "_")  # as it stands in the names of control groups
    script = """
        pod=$1 word=$2
        for attempt in $(seq 600); do
          for process in /proc/[0-9]*; do
            grep -q "$pod" $process/cgroup || continue
            tr '\\0' '\\n' < $process/cmdline | grep -qx "$word" || continue
            sleep 0.3
            kill -KILL ${process#/proc/}
            exit
          done 2> /dev/null
          sleep 0.05
        done
        exit 1
    """
    subprocess.run(["docker", "exec", node, "bash", "-c", script, "bash", pod, word], check=True, timeout=120)
