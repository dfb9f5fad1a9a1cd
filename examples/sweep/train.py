"""Train a small sweep over scikit-learn's digits and record every training as a Run.

    python examples/sweep/train.py                       # writes examples/sweep/runs/run-01.yaml …
    python examples/sweep/train.py --artifacts DIR       # and keeps the files of each run, under DIR/UUID

The trainings are seeded: a second go records the same values, on the same scikit-learn, but for the times.
Some trainings fail, and are recorded as they failed: a learning rate at which the loss overflows, and
hyperparameters that scikit-learn refuses. One that has learnt next to nothing after ten epochs is stopped.
"""

from __future__ import annotations

import argparse
import itertools
import math
import shutil
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import yaml
from events import write_scalars
from sklearn.datasets import load_digits
from sklearn.metrics import classification_report, f1_score, top_k_accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

SEED, EPOCHS, PATIENCE, HOPELESS = 7, 50, 10, 0.3
HERE = Path(__file__).parent
SWEEP = uuid.uuid5(uuid.NAMESPACE_DNS, "digits-sweep.joinery.dev")
FIRST_ALPHA = 0.0001

# Learning rates at which the weights overflow.
OVERSHOT: list[dict[str, Any]] = [
    {"param1": rate, "param2": hidden, "optimizer": {"name": "sgd", "alpha": 0.1}}
    for rate, hidden in ((1e4, 16), (1e4, 64), (1e8, 64))
]

# What somebody mistyped: scikit-learn refuses each of these with a message of its own.
MISTAKES: list[dict[str, Any]] = [
    {"param1": -0.001, "param2": 32, "optimizer": {"name": "adam", "alpha": FIRST_ALPHA}},
    {"param1": 0.001, "param2": 0, "optimizer": {"name": "adam", "alpha": FIRST_ALPHA}},
    {"param1": 0.001, "param2": 32, "optimizer": {"name": "adamw", "alpha": FIRST_ALPHA}},
    {"param1": 0.001, "param2": 32, "optimizer": {"name": "sgd", "alpha": -1}},
]


def grid() -> Iterator[dict[str, Any]]:
    """The inputs of every run: ``param1`` is the learning rate, ``param2`` the number of hidden units."""
    for solver, rate, hidden, alpha in itertools.product(
        ("adam", "sgd"), (0.0003, 0.001, 0.003, 0.01, 0.1), (16, 64, 128), (FIRST_ALPHA, 0.1)
    ):
        yield {"param1": rate, "param2": hidden, "optimizer": {"name": solver, "alpha": alpha}}
    yield from OVERSHOT
    yield from MISTAKES


@dataclass
class Training:
    """What one training left behind. ``points`` are (wall time, loss), one an epoch."""

    phase: str = "Succeeded"
    reason: str = "Done"
    message: str = ""
    outputs: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    artifacts: list[dict[str, Any]] = field(default_factory=list)
    points: list[tuple[float, float]] = field(default_factory=list)


def number(value: float) -> float | str:
    """A metric as a Run holds it: JSON has no NaN and no infinity, so they are texts."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return round(float(value), 6)


def train(inputs: dict[str, Any], folder: Path) -> Training:
    """Train with ``inputs``; what happened, and the files it wrote under ``folder``."""
    images, digits = load_digits(return_X_y=True)
    train_x, test_x, train_y, test_y = train_test_split(images / 16, digits, test_size=0.3, random_state=SEED)
    training = Training()
    model = MLPClassifier(
        hidden_layer_sizes=(inputs["param2"],),
        solver=inputs["optimizer"]["name"],
        alpha=inputs["optimizer"]["alpha"],
        learning_rate_init=inputs["param1"],
        batch_size=32,
        random_state=SEED,
    )
    try:
        for epoch in range(1, EPOCHS + 1):
            model.partial_fit(train_x, train_y, classes=np.unique(digits))
            training.points.append((datetime.now(UTC).timestamp(), float(model.loss_)))
            if epoch == PATIENCE and (score := model.score(test_x, test_y)) < HOPELESS:
                training.phase, training.reason = "Stopped", "Hopeless"
                training.message = f"accuracy {score:.3f} after {epoch} epochs"
                break
        else:
            evaluate(training, model, test_x, test_y, folder)
    except (ValueError, AttributeError) as error:
        training.phase, training.reason, training.message = (
            "Failed",
            type(error).__name__,
            str(error.__cause__ or error),
        )
        if hasattr(model, "coefs_"):  # it had begun: what the overflown weights make of the loss
            chances = model.predict_proba(test_x)[np.arange(len(test_y)), test_y]
            training.points.append((datetime.now(UTC).timestamp(), float(-np.log(chances).mean())))
    describe_loss(training, folder)
    return training


def evaluate(training: Training, model: MLPClassifier, test_x: Any, test_y: Any, folder: Path) -> None:
    """Score the model on what it has not seen, and write its files."""
    chances, guesses = model.predict_proba(test_x), model.predict(test_x)
    training.outputs = {
        "result1": round(float(f1_score(test_y, guesses, average="macro")), 6),
        "result2": int((guesses != test_y).sum()),
        "model": {"parameters": int(sum(w.size for w in model.coefs_)), "layers": int(model.n_layers_)},
    }
    training.metrics = {
        "accuracy": number(float((guesses == test_y).mean())),
        "val/acc@5": number(top_k_accuracy_score(test_y, chances, k=5)),
    }
    files = {
        "model": ("model", "outputs/model.joblib", lambda path: joblib.dump(model, path)),
        "predictions": ("csv", "subpath/files", lambda path: np.savetxt(path, guesses, fmt="%d")),
        "report": ("text", "subpath2/file2", lambda path: path.write_text(classification_report(test_y, guesses))),
    }
    for name, (kind, place, write) in files.items():
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        write(folder / place)
        training.artifacts.append({"name": name, "kind": kind, "path": place})


def describe_loss(training: Training, folder: Path) -> None:
    """The loss of every epoch as a TensorBoard file; its last, least and greatest value as a metric."""
    if not training.points:
        return
    write_scalars(folder / "tensorboard" / "events.out.tfevents.1", "loss", training.points)
    training.artifacts.append({"name": "tensorboard", "kind": "tensorboard", "path": "tensorboard"})
    losses = [loss for _, loss in training.points]
    finite = [loss for loss in losses if math.isfinite(loss)] or [math.nan]
    training.metrics["loss"] = {
        "last": number(losses[-1]),
        "min": number(min(finite)),
        "max": number(max(finite)),
        "step": len(losses),
    }


def record(name: str, inputs: dict[str, Any], times: list[str], training: Training) -> dict[str, Any]:
    """The training as a Run manifest. ``times``: created, started, finished."""
    solver, width = inputs["optimizer"]["name"], "wide" if inputs["param2"] >= 100 else "narrow"
    return {
        "apiVersion": "joinery.dev/v1alpha1",
        "kind": "Run",
        "metadata": {"name": name, "labels": {"app.kubernetes.io/part-of": "digits-sweep", "solver": solver}},
        "spec": {
            "uuid": uuid.uuid5(SWEEP, name).hex,
            "description": f"A perceptron of {inputs['param2']} hidden units over handwritten digits",
            "createdAt": times[0],
            "project": "digits",
            "kind": "job",
            "tags": ["digits", width],
            "pipeline": SWEEP.hex,
            "inputs": {**inputs, "epochs": EPOCHS, "seed": SEED},
        },
        "status": {
            "phase": training.phase,
            "startedAt": times[1],
            "finishedAt": times[2],
            "conditions": [
                {
                    "type": training.phase,
                    "status": "True",
                    "reason": training.reason,
                    "message": training.message,
                    "lastTransitionTime": times[2],
                }
            ],
            "outputs": training.outputs,
            "metrics": training.metrics,
            "artifacts": training.artifacts,
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=Path, default=HERE / "runs", help="where the Runs go, one YAML file each")
    parser.add_argument(
        "--artifacts", type=Path, help="where each run's files go, under its uuid; else they are dropped"
    )
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # an overflow is what some of these trainings are for, and it is recorded
    options.runs.mkdir(parents=True, exist_ok=True)
    kept = options.artifacts or Path(tempfile.mkdtemp())
    for index, inputs in enumerate(grid(), start=1):
        name = f"run-{index:02d}"
        created, started = now(), now()
        training = train(inputs, kept / uuid.uuid5(SWEEP, name).hex)
        manifest = record(name, inputs, [created, started, now()], training)
        text = yaml.safe_dump(manifest, sort_keys=False, allow_unicode=True, width=110)
        (options.runs / f"{name}.yaml").write_text(text, encoding="utf-8")
        print(f"{name}  {training.phase:9}  {training.message or training.metrics}")
    if options.artifacts is None:
        shutil.rmtree(kept)


def now() -> str:
    return datetime.now(UTC).isoformat()


if __name__ == "__main__":
    main()
