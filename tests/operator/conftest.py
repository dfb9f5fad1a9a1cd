"""What the tests of the operator share."""

from __future__ import annotations

import pytest
from cluster.server import Server

from operator_fixtures import Objects, run


@pytest.fixture
def lab(controllers: Server, objects: Objects) -> Objects:
    """The test's objects, with kube-controller-manager at work."""
    objects.create("runs", run("good", loss=0.1))
    return objects
