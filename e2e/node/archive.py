"""Images of one layer as the archives that `docker save` writes, made from files without a container engine."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from lab.machine import architecture

FOLDERS = ("etc", "run", "tmp", "usr/local/bin", "var")
PASSWD = b"root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n"
EPOCH = "1970-01-01T00:00:00Z"


@dataclass(frozen=True, kw_only=True)
class Image:
    """``files``: path in the image → file here. ``links``: path → what it says. ``settings``: Entrypoint, Cmd, Env."""

    name: str
    files: Mapping[str, Path]
    links: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Sequence[str]] = field(default_factory=dict)


def write(image: Image, archive: Path) -> None:
    """Write the image to ``archive``, a tar that `ctr images import` reads."""
    raw = archive.with_suffix(".layer")
    with tarfile.open(raw, "w") as layer:
        _Layer(layer).fill(image)
    with raw.open("rb") as file:
        layer_digest = hashlib.file_digest(file, "sha256").hexdigest()
    config = _config(image, layer_digest)
    config_name = f"{hashlib.sha256(config).hexdigest()}.json"
    compressed = raw.with_suffix(".gz")
    with raw.open("rb") as plain, compressed.open("wb") as packed:
        program = "pigz" if shutil.which("pigz") else "gzip"
        subprocess.run([program, "-1", "-n"], stdin=plain, stdout=packed, check=True)
    manifest = json.dumps([{"Config": config_name, "RepoTags": [image.name], "Layers": ["layer.tar.gz"]}])
    with tarfile.open(archive, "w") as whole:
        _add(whole, config_name, config, mode=0o644)
        whole.add(compressed, arcname="layer.tar.gz")
        _add(whole, "manifest.json", manifest.encode(), mode=0o644)
    raw.unlink()
    compressed.unlink()


def _config(image: Image, layer_digest: str) -> bytes:
    return json.dumps(
        {
            "architecture": architecture(),
            "os": "linux",
            "config": {"Env": ["PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"], **image.settings},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer_digest}"]},
            "history": [{"created": EPOCH, "created_by": "e2e/node"}],
        }
    ).encode()


class _Layer:
    """A tar in which every folder comes once, before what is in it."""

    def __init__(self, layer: tarfile.TarFile) -> None:
        self.layer = layer
        self.made = {"", "."}

    def fill(self, image: Image) -> None:
        for folder in FOLDERS:
            self.folder(folder)
        _add(self.layer, "etc/passwd", PASSWD, mode=0o644)
        for path, source in image.files.items():
            self.folder(str(PurePosixPath(path).parent))
            with source.open("rb") as file:
                info = self.layer.gettarinfo(arcname=path, fileobj=file)
                info.uid = info.gid = info.mtime = 0
                info.mode = 0o755
                self.layer.addfile(info, file)
        for path, target in image.links.items():
            self.folder(str(PurePosixPath(path).parent))
            info = tarfile.TarInfo(path)
            info.type, info.linkname = tarfile.SYMTYPE, target
            self.layer.addfile(info)

    def folder(self, path: str) -> None:
        if path in self.made:
            return
        self.folder(str(PurePosixPath(path).parent))
        info = tarfile.TarInfo(path)
        info.type, info.mode = tarfile.DIRTYPE, 0o1777 if path == "tmp" else 0o755
        self.layer.addfile(info)
        self.made.add(path)


def _add(archive: tarfile.TarFile, name: str, content: bytes, *, mode: int) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(content), mode
    archive.addfile(info, io.BytesIO(content))
