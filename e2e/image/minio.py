"""An image of MinIO, the S3 server that tests talk to, with nothing else in it. Nothing of it is shipped."""

from __future__ import annotations

import os
from pathlib import Path

from cluster.build import ensure
from cluster.programs import MINIO
from lab.commands import tell
from lab.keep import digest, kept
from node import archive as archives

IMAGE = "joinery-e2e/minio:e2e"


def archive() -> Path:
    """A tar that `kind load image-archive` takes, made once."""

    def make(made: Path, scratch: Path) -> None:
        program = ensure(["minio"], tell=tell)["minio"]
        entry = {"Entrypoint": ["/usr/local/bin/minio"]}
        image = archives.Image(name=IMAGE, files={"usr/local/bin/minio": program}, settings=entry)
        archives.write(image, scratch / "image.tar")
        (scratch / "image.tar").rename(made)

    return kept("minio", digest(MINIO.version, os.uname().machine, Path(archives.__file__)), make)
