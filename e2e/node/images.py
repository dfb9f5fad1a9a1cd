"""The images that kubeadm asks for, each made of one program that was built here."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from cluster.build import Unavailable
from cluster.programs import KUBERNETES
from lab.commands import output

from node.archive import Image

# kube-proxy calls these, of Debian, with the libraries that they load.
_TOOLS = ("usr/sbin/xtables-nft-multi", "usr/sbin/nft", "usr/sbin/conntrack")


def wanted(programs: Mapping[str, Path]) -> dict[str, str]:
    """Short name → whole name, as this release of kubeadm asks for them."""
    said = output(programs["kubeadm"], "config", "images", "list", "--kubernetes-version", KUBERNETES.version)
    return {name.rpartition("/")[2].partition(":")[0]: name for name in said.split()}


def busybox() -> Path:
    """Debian's static one, which needs nothing beside it."""
    found = shutil.which("busybox")
    if found is None:
        raise Unavailable("busybox (Debian: busybox-static) is not installed")
    return Path(found)


def all_of(programs: Mapping[str, Path], root: Path) -> Iterator[Image]:
    """Every image; ``root`` is the node's root file system, for kube-proxy's tools."""
    names = wanted(programs)
    sleep = ["/bin/busybox", "sleep", "2147483647"]
    yield Image(name=names["pause"], files={"bin/busybox": busybox()}, settings={"Entrypoint": sleep})
    for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd"):
        yield Image(name=names[name], files={f"usr/local/bin/{name}": programs[name]})
    coredns = {"Entrypoint": ["/coredns"]}
    yield Image(name=names["coredns"], files={"coredns": programs["coredns"]}, settings=coredns)
    yield _proxy(names["kube-proxy"], programs["kube-proxy"], root)


def _proxy(name: str, program: Path, root: Path) -> Image:
    extensions = next(root.glob("usr/lib/*/xtables"))
    tools = [*_TOOLS, *(str(file.relative_to(root)) for file in sorted(extensions.glob("*.so")))]
    files = {"usr/local/bin/kube-proxy": program}
    for tool in tools:
        files[tool] = _inside(root, f"/{tool}")
        for library in _libraries(root, tool):
            path = library.lstrip("/")
            files[f"usr/{path}" if path.startswith(("lib/", "lib64/")) else path] = _inside(root, library)
    families = (f"{family}{suffix}" for family in ("iptables", "ip6tables") for suffix in ("", "-save", "-restore"))
    links = {"lib": "usr/lib", "lib64": "usr/lib64"} | {f"usr/sbin/{one}": "xtables-nft-multi" for one in families}
    return Image(name=name, files=files, links=links)


def _libraries(root: Path, tool: str) -> Iterator[str]:
    said = subprocess.run(["chroot", root, "ldd", f"/{tool}"], capture_output=True, text=True, check=False).stdout
    return (word for word in said.split() if word.startswith("/"))


def _inside(root: Path, path: str) -> Path:
    """The file that ``path`` means inside ``root``: absolute links there begin at it, not at our own root."""
    while (place := Path(f"{root}{path}")).is_symlink():
        path = os.path.normpath(Path(path).parent / place.readlink())
    return place
