"""`python3 e2e/run.py [all|up|image|test|down]`: see `--help`. `make e2e` is `all`."""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parent)
    from lab.session import main

    sys.exit(main())
