"""Every field a query can name: its class, its aliases, what of the Run it is. Source: spec 2, *Fields*.

The table is what ``joinery fields`` prints, what ``check`` types operands by, and what errors suggest names from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

FieldClass: TypeAlias = Literal[
    "value", "membership", "boolean", "uuid", "number", "duration", "cpu", "memory", "quantity", "datetime", "text"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field.

    * ``name`` is canonical, ``aliases`` mean the same; a dot in them is part of the name (``user.username``).
    * ``kind`` is the class of spec 2, *Operands* (``duration``, ``cpu``, ``memory``, ``quantity``: numbers with units).
    * ``keyed``: a key follows the name (``metrics.loss``). ``whole``: it may stand without one, as a whole map.
    * ``holds``: ``any`` JSON value (inputs and outputs, with comparisons, ranges and patterns), a ``plain`` JSON value,
      or ``text`` alone. ``folded``: case and ``_``/``-`` do not matter. ``many``: a run has several.
    """

    name: str
    kind: FieldClass
    description: str
    example: str
    aliases: tuple[str, ...] = ()
    keyed: bool = False
    whole: bool = False
    holds: Literal["any", "plain", "text"] = "text"
    folded: bool = False
    many: bool = False

    @property
    def sortable(self) -> bool:
        """Whether a run has one value of it (for keyed fields: of each key)."""
        return not self.many


def _field(name: str, kind: FieldClass, description: str, example: str, *aliases: str) -> Field:
    return Field(name=name, kind=kind, description=description, example=example, aliases=aliases)


def _many(name: str, kind: FieldClass, description: str, example: str, *aliases: str) -> Field:
    return Field(name=name, kind=kind, description=description, example=example, aliases=aliases, many=True)


def _folded(name: str, description: str, example: str) -> Field:
    return Field(name=name, kind="value", description=description, example=example, folded=True)


def _lineage(name: str, description: str, *, many: bool = False) -> tuple[Field, Field]:
    uuid = "6f1c3b0a9d5e4c7f8a2b1c0d9e8f7a6b"
    return (
        Field(name=name, kind="uuid", description=f"uuid of {description}", example=f"{name}: {uuid}", many=many),
        Field(
            name=f"{name}.name",
            kind="text",
            description=f"name of {description}",
            example=f"{name}.name: sweep%",
            many=many,
        ),
    )


FIELDS: tuple[Field, ...] = (
    _field("uuid", "uuid", "the run's uuid", "uuid: 6f1c%", "id", "uid"),
    _field("name", "text", "the run's name: `spec.name`, else the name of the object", "name: sweep-%"),
    _field("description", "text", "what the run was for", "description: %baseline%"),
    _folded("status", "the run's phase", "status: succeeded|stopped"),
    _folded("kind", "the kind of run", "kind: job"),
    _folded("runtime", "what ran it", "runtime: tfjob"),
    _field("user", "value", "who started the run", "user: ada", "user.username"),
    _field("project", "value", "the project, by default the namespace", "project: digits", "project.name"),
    _field("namespace", "value", "the namespace of the Run object", "namespace: team-a"),
    _field("cloning_kind", "value", "how it was cloned: restart, cache, copy", "cloning_kind: restart"),
    _field("managed_by", "value", "what manages the run", "managed_by: joinery"),
    _field("queue", "value", "the queue it waited in", "queue: gpu"),
    _field("commit", "value", "the commit of the code", "commit: 9fceb02"),
    _many("tags", "membership", "the run's tags: `a|b` any of them, `tags: a, tags: b` both", "tags: baseline|best"),
    Field(
        name="labels",
        kind="text",
        keyed=True,
        description="a label of the Run object",
        example="labels.team/owner: vision",
    ),
    Field(
        name="annotations",
        kind="text",
        keyed=True,
        description="an annotation of the Run object",
        example="annotations.note: %rerun%",
    ),
    _field("created_at", "datetime", "when the run was created", "created_at: last_7_days"),
    _field("updated_at", "datetime", "when the run last changed", "updated_at: >=2026-01-01"),
    _field("started_at", "datetime", "when it started", "started_at: 2026-01-01..2026-01-31"),
    _field("finished_at", "datetime", "when it ended", "finished_at: <-12h"),
    _field("schedule_at", "datetime", "when it is due", "schedule_at: today"),
    _field("duration", "duration", "seconds from start to end", "duration: <10m"),
    _field("wait_time", "duration", "seconds from creation to start", "wait_time: >60"),
    Field(
        name="inputs",
        kind="value",
        aliases=("in", "params"),
        keyed=True,
        whole=True,
        holds="any",
        description="an input of the run",
        example="inputs.lr: 0.001..0.1",
    ),
    Field(
        name="outputs",
        kind="value",
        aliases=("out",),
        keyed=True,
        whole=True,
        holds="any",
        description="an output of the run, or else the last value of a metric",
        example="outputs.best: true",
    ),
    Field(
        name="metrics",
        kind="number",
        keyed=True,
        whole=True,
        description="a metric's last value; `[min]`, `[max]`, `[step]` for the others",
        example="metrics.loss: <0.01",
    ),
    Field(
        name="meta_info",
        kind="value",
        keyed=True,
        holds="plain",
        description="a value of the run's meta data",
        example="meta_info.origin: cli",
    ),
    Field(
        name="meta_values",
        kind="number",
        keyed=True,
        description="a number of the run's meta data",
        example="meta_values.attempt: >1",
    ),
    Field(
        name="meta_flags",
        kind="boolean",
        keyed=True,
        description="a flag of the run's meta data",
        example="meta_flags.cached: true",
    ),
    _many("artifacts.name", "text", "name of any artifact of the run", "artifacts.name: model%", "artifacts"),
    _many("artifacts.kind", "text", "kind of any artifact of the run", "artifacts.kind: model"),
    _many("artifacts.path", "text", "path of any artifact of the run", "artifacts.path: %.onnx"),
    _many("in_artifact_kind", "value", "kind of any input artifact", "in_artifact_kind: dataset"),
    _many("out_artifact_kind", "value", "kind of any output artifact", "out_artifact_kind: model"),
    *_lineage("pipeline", "the pipeline it ran in"),
    *_lineage("original", "the run it was cloned from"),
    *_lineage("controller", "the run that controls it"),
    *_lineage("upstream", "any run it was made from", many=True),
    *_lineage("downstream", "any run made from it", many=True),
    _field("cost", "quantity", "what it cost", "cost: <2.5"),
    _field("cpu", "cpu", "processor cores it used", "cpu: >=500m"),
    _field("memory", "memory", "bytes of memory it used", "memory: <16Gi"),
    _field("gpu", "quantity", "graphics processors it used", "gpu: >=1"),
)

BY_NAME: dict[str, Field] = {name: field for field in FIELDS for name in (field.name, *field.aliases)}

_NO_MEANING = "means nothing in a cluster"
# What Polyaxon lists and a cluster has no counterpart of: each with the sentence a person gets.
REFUSED: dict[str, str] = {
    "agent": f"`agent` {_NO_MEANING}: there are no agents here; use `namespace` or `queue`",
    "artifacts_store": f"`artifacts_store` {_NO_MEANING}: artifacts are found by `artifacts.name`, `.kind` and `.path`",
    "connections": f"`connections` {_NO_MEANING}: a run does not record its connections",
    "teams": f"`teams` {_NO_MEANING}: use `namespace`, or a label: `labels.team`",
    "contributors": f"`contributors` {_NO_MEANING}: use `user`",
    "mine": f"`mine` {_NO_MEANING}, where a search has no user of its own: use `user: NAME`",
    "state": f"`state` {_NO_MEANING}: artifacts have no states here; use `artifacts.name` or `status`",
    "component_state": f"`component_state` {_NO_MEANING}: components have no states here",
    "is_managed": f"`is_managed` {_NO_MEANING}: use `managed_by`",
    "pending": f"`pending` {_NO_MEANING}: use `status`, for example `status: created|queued`",
    "backend": f"`backend` {_NO_MEANING}: use `runtime`",
    "framework": f"`framework` {_NO_MEANING}: use a tag or a label: `tags: pytorch`, `labels.framework: pytorch`",
    "project.uuid": f"`project.uuid` {_NO_MEANING}: projects have no uuid here; use `project: NAME`",
}
LIVE_STATE = "live_state"
LIVE_STATE_REFUSED = (
    f"any `live_state` but 1 {_NO_MEANING}: runs are not archived here; `live_state: 1` filters nothing"
)
