"""`python3 e2e/cluster/cluster.py build|up|down`: see `--help`."""

import runpy
import sys
from pathlib import Path

if __name__ == "__main__":
    # Run as a script, this folder itself is on the path; the modules are read as the package that it is.
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    runpy.run_module("cluster.commands", run_name="__main__")
