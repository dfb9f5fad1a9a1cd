"""What the machine must have, and getting what it lacks from Debian where we may."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from cluster.build import Unavailable

from lab.commands import run, tell

# program → Debian's package
ENGINE = {"dockerd": "docker.io", "docker": "docker.io", "iptables": "iptables", "jq": "jq"}
NODE = {"debootstrap": "debootstrap", "containerd": "containerd", "ctr": "containerd", "busybox": "busybox-static"}
_ADMIN_PATH = "/usr/local/sbin:/usr/sbin:/sbin"
CAP_SYS_RESOURCE = 24


def is_root() -> bool:
    return os.geteuid() == 0


def see_admin_programs() -> None:
    """A user's PATH may lack the folders where dockerd and debootstrap are."""
    os.environ["PATH"] = f"{os.environ.get('PATH', '')}:{_ADMIN_PATH}"


def need(programs: dict[str, str], *, why: str, log: Path) -> None:
    """Install what is missing; raises Unavailable, with what would help, where that cannot be done."""
    missing = _missing(programs)
    if not missing:
        return
    packages = sorted({programs[name] for name in missing})
    lacking = f"{why} needs {', '.join(missing)} (Debian: {' '.join(packages)})"
    if not is_root() or shutil.which("apt-get") is None:
        raise Unavailable(f"{lacking}; not installed here, and only root on Debian can have it installed by us")
    tell(f"installing from Debian: {' '.join(packages)}")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    run("apt-get", "update", "-qq", log=log, environment=environment)
    run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages, log=log, environment=environment)
    if still := _missing(programs):
        raise Unavailable(f"{lacking}; still missing after installing the packages: {', '.join(still)}")


def _missing(programs: dict[str, str]) -> list[str]:
    return [name for name in programs if (found := shutil.which(name)) is None or not _serves(name, found)]


def _serves(name: str, place: str) -> bool:
    """Debian has two of busybox, and the one that loads libraries is none for an image of its own."""
    return name != "busybox" or subprocess.run(["ldd", place], capture_output=True, check=False).returncode != 0


def mirror() -> str:
    """The archive that this machine's own apt sources name first (deb822 or one-line lists)."""
    folder = Path("/etc/apt/sources.list.d")
    for file in (*sorted(folder.glob("*.sources")), Path("/etc/apt/sources.list"), *sorted(folder.glob("*.list"))):
        text = file.read_text() if file.is_file() else ""
        if found := re.search(r"^(?:URIs:|deb\s(?:\[[^]]*\]\s)?)\s*(\S+)", text, re.MULTILINE):
            return found[1]
    raise Unavailable("no Debian archive is named in /etc/apt: a root file system cannot be made")


def lacks_sys_resource() -> bool:
    """Whether we may not grant CAP_SYS_RESOURCE: then no privileged container starts that asks for it."""
    held = re.search(r"^CapBnd:\s*([0-9a-f]+)$", Path("/proc/self/status").read_text(), re.MULTILINE)
    return held is not None and not int(held[1], 16) >> CAP_SYS_RESOURCE & 1


def architecture() -> str:
    """The machine's, as images name it."""
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)
