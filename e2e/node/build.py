"""Put together: root file system, programs, files of ours, images in containerd; then one tar."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from cluster.build import Unavailable
from cluster.process import last_lines, start
from cluster.programs import KUBERNETES, PROGRAMS
from lab import rootfs
from lab.commands import run, tell
from lab.engine import Engine
from lab.keep import digest, kept

from node import archive, images

FILES = Path(__file__).with_name("files")
PACKAGES = (
    *("systemd", "dbus", "bash", "mount", "kmod", "procps", "containerd", "runc", "containernetworking-plugins"),
    *("conntrack", "ethtool", "iproute2", "iptables", "nftables", "socat"),
)
ON_THE_NODE = ("kubelet", "kubeadm", "kubectl")
IN_IMAGES = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "coredns")
_UNITS = "usr/lib/systemd/system"
# What a container cannot do or must not: udev, sockets of init, kernel settings.
_UNWANTED = (
    f"{_UNITS}/multi-user.target.wants/*",
    "etc/systemd/system/*.wants/*",
    f"{_UNITS}/sysinit.target.wants/systemd-tmpfiles-setup.service",
    f"{_UNITS}/local-fs.target.wants/*",
    f"{_UNITS}/sockets.target.wants/*udev*",
    f"{_UNITS}/sockets.target.wants/*initctl*",
    f"{_UNITS}/basic.target.wants/*",
)
_MASKED = ("systemd-binfmt.service", "systemd-sysctl.service", "systemd-modules-load.service")
_OURS = ("containerd.service", "kubelet.service", "volumes.service")

Programs = Callable[[], Mapping[str, Path]]


def archive_of_root(*, logs: Path) -> Path:
    """Debian with the packages, as a tar that is kept by itself: it changes least."""

    def make(made: Path, scratch: Path) -> None:
        rootfs.make(scratch / "root", packages=PACKAGES, log=logs / "rootfs.log")
        rootfs.pack(scratch / "root", made, log=logs / "rootfs.log")

    return kept("rootfs", digest(PACKAGES, rootfs.RELEASE, os.uname().machine), make)


def key() -> str:
    """Of everything that goes in: packages, programs' versions, our files and this code."""
    versions = [f"{name} {PROGRAMS[name].module.version}" for name in (*ON_THE_NODE, *IN_IMAGES)]
    return digest(PACKAGES, versions, rootfs.RELEASE, os.uname().machine, FILES, *sorted(FILES.parent.glob("*.py")))


def archive_of_node(root: Callable[[], Path], programs: Programs, *, logs: Path) -> Path:
    """The node image as a tar; ``root`` and ``programs`` are asked for only if it must be made. Needs root."""
    log = logs / "node.log"

    def make(made: Path, scratch: Path) -> None:
        folder, found = scratch / "root", programs()
        folder.mkdir()
        run("tar", "-C", folder, "--numeric-owner", "-xpf", root(), log=log)
        _fit(folder, found)
        _load_images(folder, found, scratch, log=log)
        rootfs.pack(folder, made, log=log)
        tell(f"node image: {made.stat().st_size >> 20} MiB")

    return kept("node", key(), make)


def bring(engine: Engine, made: Path, *, log: Path) -> str:
    """Its name in the engine, imported if it is not there."""
    name = f"joinery-e2e/node:{made.name.rpartition('-')[2]}"
    if not engine.has_image(name):
        entry = 'ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]'
        engine.run("import", "-c", "ENV container=docker", "-c", entry, made, name, log=log)
    return name


def _fit(root: Path, programs: Mapping[str, Path]) -> None:
    for pattern in _UNWANTED:
        for file in root.glob(pattern):
            file.unlink()
    shutil.copytree(FILES, root, dirs_exist_ok=True)
    for file in FILES.rglob("*"):
        os.chown(root / file.relative_to(FILES), 0, 0)
    settings = root / "etc/containerd/config.toml"
    settings.write_text(settings.read_text().replace("@PAUSE@", images.wanted(programs)["pause"]))
    wants = root / "etc/systemd/system/multi-user.target.wants"
    wants.mkdir(parents=True, exist_ok=True)
    for unit in _OURS:
        (wants / unit).symlink_to(f"../{unit}")
    for unit in _MASKED:
        (root / "etc/systemd/system" / unit).symlink_to("/dev/null")
    with (root / "etc/systemd/journald.conf").open("a") as journal:
        journal.write("ReadKMsg=no\n")
    (root / "sbin/init").unlink(missing_ok=True)
    (root / "sbin/init").symlink_to("/usr/lib/systemd/systemd")
    (root / "etc/kubernetes/manifests").mkdir(parents=True)
    for name in ON_THE_NODE:
        shutil.copy(programs[name], root / "usr/bin" / name)
        (root / "usr/bin" / name).chmod(0o755)
    (root / "kind/version").write_text(KUBERNETES.version)


def _load_images(root: Path, programs: Mapping[str, Path], scratch: Path, *, log: Path) -> None:
    with _containerd(root / "var/lib/containerd", log=log) as socket:
        for image in images.all_of(programs, root):
            file = scratch / "image.tar"
            archive.write(image, file)
            ctr = ("ctr", "--address", socket, "--namespace", "k8s.io")
            run(*ctr, "images", "import", "--snapshotter", "overlayfs", file, log=log)
            file.unlink()


@contextmanager
def _containerd(store: Path, *, log: Path) -> Iterator[Path]:
    """A containerd of our own over ``store``, ended at the end. Its socket's path must be short."""
    with tempfile.TemporaryDirectory(prefix="joinery-e2e-", ignore_cleanup_errors=True) as short:
        folder = Path(short)
        socket, settings = folder / "c.sock", folder / "config.toml"
        settings.write_text(
            f'version = 2\nroot = "{store}"\nstate = "{folder / "state"}"\n'
            f'disabled_plugins = ["io.containerd.grpc.v1.cri"]\n[grpc]\n  address = "{socket}"\n'
        )
        process = start("containerd", ["containerd", "--config", settings], log=log, with_parent=True)
        try:
            deadline = time.monotonic() + 30
            while not _answers(socket):
                if not process.alive or time.monotonic() > deadline:
                    raise Unavailable(f"containerd did not come up:\n{last_lines(log)}")
                time.sleep(0.1)
            yield socket
        finally:
            process.end()


def _answers(socket: Path) -> bool:
    asked = subprocess.run(["ctr", "--address", socket, "version"], capture_output=True, check=False)
    return asked.returncode == 0
