"""Train, train, train → join → select: five real Jobs, and one that gets the best three by lists, files and folders."""

from __future__ import annotations

import json
from typing import Any

import pytest
from kubectl import Kubectl
from objects import container, job, loss, operation, training, volume
from s3 import Store

RATES = (0.5, 0.01, 0.2, 0.04, 0.1)
BEST = sorted(RATES, key=loss)[:3]

SELECT = """
    import json, os, pathlib, sys
    params = json.loads(pathlib.Path(os.environ["JOINERY_PARAMS"]).read_text())
    root = pathlib.Path(os.environ["JOINERY_ARTIFACTS"])
    models = {}
    for place in sorted(root.rglob("model.txt")):
        models[str(place.relative_to(root))] = place.read_text()
    plots = sorted(place.name for place in root.rglob("*.csv"))
    answer = {"args": sys.argv[1:], "losses": params["losses"], "rates": params["rates"], "models": models,
              "plots": plots, "sum": sum(params["losses"])}
    print(json.dumps(answer))
    pathlib.Path(os.environ["JOINERY_OUTPUTS"]).write_text(json.dumps({"outputs": {"sum": answer["sum"]}}))
"""


def _selection(image: str, **files: object) -> dict[str, Any]:
    join = {
        "query": "tags: training, status: succeeded",
        "sort": "metrics.loss",
        "limit": 3,
        "params": {
            "rates": {"value": "inputs.rate"},
            "losses": {"value": "metrics.loss"},
            "uuids": {"value": "globals.uuid", "contextOnly": True},
            "models": {"value": {"dirs": ["outputs"]}, "toInit": True},
        },
    }
    inputs: list[dict[str, Any]] = [
        {"name": "rates", "type": "float", "isList": True},
        {"name": "losses", "type": "float", "isList": True},
        {"name": "models", "type": "artifacts"},
    ]
    main = container(image, SELECT, "{{ rates }}", "{{ uuids | join(',') }}")
    return operation("select", run=job(main), inputs=inputs, joins=[join])


def _check(kubectl: Kubectl) -> None:
    (selected,) = kubectl.succeeded("select")
    answer = json.loads(kubectl.logs("select", "--container=main"))
    *rates, uuids = answer["args"]
    assert [float(rate) for rate in rates] == answer["rates"] == BEST
    assert answer["losses"] == [loss(rate) for rate in BEST]
    arrived = zip(uuids.split(","), BEST, strict=True)
    models = {f"{uuid}/outputs/model.txt": f"weights at {rate}\n" for uuid, rate in arrived}
    assert answer["models"] == models
    assert answer["plots"] == ["loss.csv"] * 3
    assert selected["status"]["joined"] == 3
    own = kubectl.get("run", selected["status"]["runRef"]["name"])
    assert own["status"]["outputs"] == {"sum": sum(loss(rate) for rate in BEST)}
    assert {one["uuid"] for one in own["status"]["upstream"]} == set(uuids.split(","))


@pytest.mark.e2e(1, 3, 8)
def test_the_best_three_of_five_arrive_from_a_volume(kubectl: Kubectl, image: str) -> None:
    kubectl.apply(*volume("data", "data"))
    names = [f"train-{number}" for number in range(len(RATES))]
    kubectl.apply(*(training(name, image, rate) for name, rate in zip(names, RATES, strict=True)))
    kubectl.succeeded(*names)
    kubectl.apply(_selection(image))
    _check(kubectl)


@pytest.mark.e2e(1, 3, 8)
def test_the_best_three_of_five_arrive_from_s3(kubectl: Kubectl, image: str, s3: Store) -> None:
    kubectl.apply(*s3.connection("store", kubectl.namespace))
    names = [f"train-{number}" for number in range(len(RATES))]
    kubectl.apply(*(training(name, image, rate) for name, rate in zip(names, RATES, strict=True)))
    kubectl.succeeded(*names)
    kubectl.apply(_selection(image))
    _check(kubectl)
