"""What is fetched, what is missing, what a run must not make us fetch, and what a run leaves behind."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from kubectl import Kubectl, condition
from objects import container, job, operation, run, training, volume
from s3 import Store, contents

LIST = """
    import json, os, pathlib
    root = pathlib.Path(os.environ["JOINERY_ARTIFACTS"])
    # Beside the runs' folders lie the fetcher's own notes: manifest.json, and .joinery.
    places = [place for folder in root.glob("[!.]*") for place in folder.rglob("*") if place.is_file()]
    found = sorted(str(place.relative_to(root)) for place in places)
    print(json.dumps(found))
"""


def _fetching(name: str, image: str, query: str, files: list[Any], **param: Any) -> dict[str, Any]:
    join = {"query": query, "params": {"files": {"value": {"files": files}, "toInit": True, **param}}}
    main = container(image, LIST)
    return operation(name, run=job(main), inputs=[{"name": "files", "type": "artifacts"}], joins=[join])


def _found(kubectl: Kubectl, name: str) -> list[str]:
    listed: list[str] = json.loads(kubectl.logs(name, "--container=main"))
    return listed


@pytest.mark.e2e(3)
@pytest.mark.parametrize("kind", ["volume", "s3"])
def test_a_missing_artifact_keeps_the_pod_from_starting_unless_it_may_be_skipped(
    kubectl: Kubectl, image: str, kind: str, request: pytest.FixtureRequest
) -> None:
    if kind == "volume":
        kubectl.apply(*volume("data", "data"))
    else:
        store: Store = request.getfixturevalue("s3")
        kubectl.apply(*store.connection("data", kubectl.namespace))
    kubectl.apply(training("one", image, 0.1))
    (one,) = kubectl.succeeded("one")
    uuid = kubectl.get("run", one["status"]["runRef"]["name"])["spec"]["uuid"]
    query, files = f"uuid: {uuid}", ["outputs/model.txt", "outputs/absent.txt"]
    kubectl.apply(_fetching("strict", image, query, files), _fetching("easy", image, query, files, onMissing="Skip"))
    strict, easy = kubectl.ended("strict", "easy")
    status, reason, message = condition(strict, "Succeeded")
    assert (status, reason) == ("False", "ArtifactsMissing")
    assert f"{uuid}/outputs/absent.txt" in message
    (pod,) = kubectl.items("pods", "--selector=job-name=strict")
    (main,) = pod["status"]["containerStatuses"]
    assert "running" not in main["state"]
    assert not main["state"].get("terminated", {}).get("startedAt"), "the container has never been started"
    assert condition(easy, "Succeeded")[0] == "True"
    assert _found(kubectl, "easy") == [f"{uuid}/outputs/model.txt"]
    (fetched,) = easy["status"]["fetched"]
    assert fetched["files"] == fetched["skipped"] == 1
    assert fetched["missing"] == [f"{uuid}/outputs/absent.txt"], "what was skipped is recorded"


@pytest.mark.e2e(7)
def test_a_hostile_record_leads_nowhere(kubectl: Kubectl, image: str) -> None:
    """Paths out of the run's folder, a symbolic link in the store, long names, and templates in values."""
    kubectl.apply(*volume("data", "data"))
    plant = """
        import os, pathlib
        folder = pathlib.Path(os.environ["JOINERY_OUTPUTS_PATH"])
        (folder / "link").symlink_to("/etc/passwd")
        (folder / "good.txt").write_text("good")
    """
    kubectl.apply(operation("plant", run=job(container(image, plant)), tags=["planted"]))
    (planted,) = kubectl.ended("plant")
    uuid = kubectl.get("run", planted["status"]["runRef"]["name"])["spec"]["uuid"]
    kubectl.apply(_fetching("through-a-link", image, f"uuid: {uuid}", ["outputs/link"]))
    (through,) = kubectl.ended("through-a-link")
    assert condition(through, "Succeeded")[0] == "False"
    assert "outputs/link" in json.dumps(through["status"])

    for number, path in enumerate(["../../etc/passwd", "/etc/passwd", "a" * 4000]):
        name = f"bad-{number}"
        kubectl.apply(_recorded(name, path), _fetching(name, image, f"tags: {name}", ["{{ artifacts.model }}"]))
        (refused,) = kubectl.ended(name)
        assert condition(refused, "Succeeded")[0] != "True"
        assert path[:40] in json.dumps(refused["status"]), "what was refused is shown"
        launched = [job for job in kubectl.items("jobs") if job["metadata"]["name"] == name]
        assert not launched or number == 2, "what leads out of the run's folder is refused before anything runs"
    assert "Too long" in kubectl.refused(_recorded("longer", "a" * 10_000))

    kubectl.apply(run("inert", tags=["inert"], inputs={"title": "{{ globals.uuid }} $(HOME) `id`"}))
    join = {"query": "tags: inert", "params": {"titles": {"value": "inputs.title"}}}
    shown = container(image, "import sys; print(sys.argv[1:])", "{{ titles | first }}")
    kubectl.apply(operation("shown", run=job(shown), inputs=[{"name": "titles", "isList": True}], joins=[join]))
    kubectl.succeeded("shown")
    assert kubectl.logs("shown").strip() == "['{{ globals.uuid }} $(HOME) `id`']"


def _recorded(name: str, path: str) -> dict[str, Any]:
    """A Run whose record says that it logged a model there."""
    return run(name, tags=[name], status={"artifacts": [{"name": "model", "kind": "model", "path": path}]})


@pytest.mark.e2e(2, 3)
def test_three_generations_each_made_of_the_one_before(kubectl: Kubectl, image: str, s3: Store) -> None:
    """train → blend → report: each fetches what the one before left, and its record names it."""
    kubectl.apply(*s3.connection("data", kubectl.namespace))
    kubectl.apply(*(training(f"train-{number}", image, rate) for number, rate in enumerate((0.1, 0.2))))
    kubectl.succeeded("train-0", "train-1")
    blend = """
        import json, os, pathlib
        root, outputs = pathlib.Path(os.environ["JOINERY_ARTIFACTS"]), pathlib.Path(os.environ["JOINERY_OUTPUTS_PATH"])
        text = "".join(sorted(place.read_text() for place in root.rglob("model.txt")))
        (outputs / "model.txt").write_text(text)
    """
    second = _fetching("blend", image, "tags: training", ["outputs/model.txt"])
    second["spec"]["component"]["run"]["container"] = container(image, blend)
    second["spec"]["tags"] = ["blended"]
    kubectl.apply(second)
    kubectl.succeeded("blend")
    show = 'import os, pathlib; [print(p.read_text(), end="") for p in pathlib.Path("/joinery").rglob("model.txt")]'
    third = _fetching("report", image, "tags: blended", ["outputs/model.txt"])
    third["spec"]["component"]["run"]["container"] = container(image, show)
    kubectl.apply(third)
    kubectl.succeeded("report")
    assert kubectl.logs("report", "--container=main") == "weights at 0.1\nweights at 0.2\n"
    by_uuid = {one["spec"]["uuid"]: one for one in kubectl.items("runs")}
    report = next(one for one in by_uuid.values() if one["metadata"]["name"].startswith("report-"))
    (above,) = (by_uuid[one["uuid"]] for one in report["status"]["upstream"])
    assert above["metadata"]["name"].startswith("blend-")
    top = {by_uuid[one["uuid"]]["metadata"]["name"].rpartition("-")[0] for one in above["status"]["upstream"]}
    assert top == {"train-0", "train-1"}
    lineage = [str(Path(sys.executable).parent / "joinery"), "lineage", "operation/report", "--output=json"]
    shown = subprocess.run([*lineage, f"--namespace={kubectl.namespace}"], capture_output=True, text=True, check=False)
    assert shown.returncode == 0, shown.stderr
    assert all(name in shown.stdout for name in ("blend-", "train-0-", "train-1-")), shown.stdout
    assert any("model.txt" in path for path in contents(s3))
