"""What a test does to kind's node from outside."""

from __future__ import annotations

import subprocess


def kill_in(node: str, pod_uid: str, word: str) -> None:
    """Kill the process of this pod that has ``word`` among its arguments, a moment after it is there."""
    pod = pod_uid.replace("-", "_")  # as it stands in the names of control groups
    # Without a program for each process: with a busy machine the one that is looked for would be through.
    script = """
        pod=$1 word=$2
        for attempt in $(seq 1200); do
          for process in $(find /sys/fs/cgroup -path "*$pod*" -name cgroup.procs -exec cat {} + | sort -u); do
            mapfile -d '' arguments < /proc/$process/cmdline || continue
            for argument in "${arguments[@]}"; do
              [ "$argument" = "$word" ] || continue
              sleep 0.3
              kill -KILL $process
              exit
            done
          done
          sleep 0.05
        done 2> /dev/null
        exit 1
    """
    subprocess.run(["docker", "exec", node, "bash", "-c", script, "bash", pod, word], check=True, timeout=120)
