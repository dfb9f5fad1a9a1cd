"""A join and its params: V1Join and V1JoinParam. Source: spec 1, *Fields of a join* and *Fields of a join param*."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, ClassVar, TypeGuard

from pydantic import Field, PlainValidator, WithJsonSchema

from joinery.api.v1alpha1 import limits
from joinery.api.v1alpha1.base import FreeModel
from joinery.api.v1alpha1.errors import describe, path_of, refuse
from joinery.api.v1alpha1.types import (
    Bool,
    Duration,
    Limit,
    ObjectName,
    Offset,
    OnMissing,
    OnNull,
    ParamName,
    VariableName,
    parse_duration,
    text,
)
from joinery.problems import Problem, did_you_mean

VALUE_FORMS = (
    "a value is `inputs`, `outputs`, `metrics`, `artifacts`, `io` or `globals`, alone or with a name behind a dot "
    "(`inputs.lr`, `globals.uuid`), or a mapping `{files: […], dirs: […]}`"
)


def _value(value: Any) -> Any:
    match value:
        case str():
            if len(value) > limits.MAX_TEXT:
                raise refuse(Problem(message=f"is longer than {limits.MAX_TEXT} characters", rule="too-long"))
        case Mapping():
            if problems := list(_artifacts(value)):
                raise refuse(*problems)
            return dict(value)
        case _:
            message = f"must be text or a mapping, and is {describe(value)}"
            raise refuse(Problem(message=message, rule="value-form", hint=VALUE_FORMS))
    return value


def _artifacts(value: Mapping[Any, Any]) -> Iterator[Problem]:
    """What is wrong with the artifacts form: ``files`` and ``dirs``, each a text or a list of texts and pairs."""
    if not value:
        yield Problem(message="needs `files` or `dirs`", rule="value-form", hint=VALUE_FORMS)
    for key, entries in value.items():
        if key not in ("files", "dirs"):
            hint = did_you_mean(str(key), ("files", "dirs")) or VALUE_FORMS
            yield Problem(
                message=f"unknown field {describe(key).removeprefix('the text ')}",
                path=path_of([str(key)]),
                rule="unknown-field",
                hint=hint,
            )
        elif isinstance(entries, list | tuple):
            if len(entries) > limits.MAX_FILES:
                message = f"has {len(entries)} entries, and may have {limits.MAX_FILES}"
                yield Problem(message=message, path=key, rule="too-many")
                continue
            for index, entry in enumerate(entries):
                if isinstance(entry, list | tuple) and entry and all(isinstance(part, str) for part in entry):
                    continue
                if not isinstance(entry, str):
                    message = f"must be a path, or a pair [from, to], and is {describe(entry)}"
                    yield Problem(message=message, path=f"{key}[{index}]", rule="value-form")
        elif not isinstance(entries, str) and entries is not None:
            yield Problem(message=f"must be a list of paths, and is {describe(entries)}", path=key, rule="value-form")


class V1LabelRequirement(FreeModel):
    """One requirement of a label selector."""

    key: Annotated[str, text(317, least=1)] = Field(description="The label that the requirement is about.")
    operator: Annotated[str, text(limits.MAX_WORD)] = Field(
        description="How the label relates to the values: In, NotIn, Exists or DoesNotExist.",
        json_schema_extra={"enum": ["In", "NotIn", "Exists", "DoesNotExist"]},
    )
    values: Annotated[list[Annotated[str, text(63)]], Field(max_length=limits.MAX_LABELS)] = Field(
        default_factory=list, description="The values; needed by In and NotIn, and empty for the others."
    )

    @classmethod
    def rules(cls, given: Mapping[str, Any]) -> Iterable[Problem]:
        """The operator is known, and has values exactly when it needs them."""
        known = ("In", "NotIn", "Exists", "DoesNotExist")
        operator, values = given.get("operator"), given.get("values")
        if isinstance(operator, str) and operator not in known:
            message = f"must be one of {', '.join(f'`{name}`' for name in known)}, and is {describe(operator)}"
            yield Problem(message=message, path="operator", rule="not-one-of", hint=did_you_mean(operator, known))
        elif operator in ("In", "NotIn") and not values:
            yield Problem(message=f"`{operator}` needs at least one value", path="values", rule="required")
        elif operator in ("Exists", "DoesNotExist") and values:
            yield Problem(message=f"`{operator}` takes no values", path="values", rule="range")


class V1LabelSelector(FreeModel):
    """A Kubernetes label selector: all of its requirements must hold."""

    match_labels: Annotated[dict[str, Annotated[str, text(63)]], Field(max_length=limits.MAX_LABELS)] = Field(
        default_factory=dict, description="Labels that a Run must have, with exactly these values."
    )
    match_expressions: Annotated[list[V1LabelRequirement], Field(max_length=limits.MAX_EXPRESSIONS)] = Field(
        default_factory=list, description="Requirements on labels."
    )


class V1JoinParam(FreeModel):
    """What one param takes of every run that a join matched: a list with one element for each run."""

    refused_keys: ClassVar[Mapping[str, str]] = {
        "ref": "a join param takes no `ref`: the reference comes from the join's own search"
    }

    value: Annotated[Any, PlainValidator(_value), WithJsonSchema({"x-joinery-value": True})] = Field(
        description="What to take of each run: `inputs.NAME`, `outputs.NAME`, `metrics.NAME`, `artifacts.NAME`, "
        "`globals.NAME`, one of these words alone, `io`, an expression, or a mapping of `files` and `dirs`."
    )
    context_only: Bool = Field(
        default=False, description="The value is for templates alone: the component need not declare it."
    )
    connection: ObjectName | None = Field(
        default=None, description="The Connection of the namespace that the artifacts are fetched from."
    )
    to_init: Bool = Field(
        default=False, description="An init container delivers the files. Not together with contextOnly."
    )
    to_env: VariableName | None = Field(
        default=None, description="Also set this environment variable to the value, as compact JSON."
    )
    on_missing: OnMissing = Field(
        default="Fail", description="With toInit: what a file that is not there does, Fail or Skip."
    )

    @classmethod
    def rules(cls, given: Mapping[str, Any]) -> Iterable[Problem]:
        """``toInit`` and ``contextOnly`` exclude each other."""
        return init_or_context(given)


def init_or_context(given: Mapping[str, Any]) -> Iterator[Problem]:
    """``toInit`` delivers files to the container, ``contextOnly`` gives it nothing: both at once is an error."""
    if given.get("toInit") is True and given.get("contextOnly") is True:
        yield Problem(
            message="`toInit` and `contextOnly` exclude each other: a value for templates alone delivers no files",
            path="toInit",
            rule="init-and-context",
            hint="drop one of the two",
        )


class V1Join(FreeModel):
    """A search over past runs, and what each param takes of the runs it matches."""

    query: Annotated[str, text(limits.MAX_QUERY)] | None = Field(
        default=None,
        description='A PQL query, such as "metrics.loss: <0.01"; may hold {{ }}. The empty text means every run in '
        "scope. Needed unless ref is given.",
    )
    sort: Annotated[str, text(limits.MAX_SORT)] | None = Field(
        default=None, description='A PQL sort, such as "-metrics.accuracy, created_at"; may hold {{ }}.'
    )
    limit: Limit | None = Field(
        default=None, description="How many runs to take at most, 1 to 5000; 5000 when absent. A number or a {{ }}."
    )
    offset: Offset | None = Field(
        default=None, description="How many runs to skip first; 0 when absent. A number or a {{ }}."
    )
    params: Annotated[dict[ParamName, V1JoinParam], Field(min_length=1, max_length=limits.MAX_JOIN_PARAMS)] = Field(
        description="The params that the join gives, by name."
    )
    selector: V1LabelSelector | None = Field(
        default=None, description="Narrows the candidates by the labels of the Run objects, before the query."
    )
    ref: ObjectName | None = Field(
        default=None,
        description="A Search of the namespace, by name: it gives query, sort, limit and offset, each of which may be "
        "given here instead.",
    )
    min_runs: Annotated[int, Field(strict=True, ge=0, le=limits.MAX_RUNS_PER_JOIN)] | None = Field(
        default=None, description="Wait while fewer runs match than this; 0 when absent. Not more than limit."
    )
    wait_for: Duration | None = Field(
        default=None, description="How long to wait for minRuns from the operation's creation on, such as 30m or 12h."
    )
    on_null: OnNull = Field(
        default="Keep",
        description="What a run does that lacks a value: Keep gives null, DropRun leaves the run out of every param, "
        "Fail fails the resolution.",
    )

    @property
    def wait_seconds(self) -> float:
        """``waitFor`` in seconds; 0 when absent."""
        return parse_duration(self.wait_for) if self.wait_for else 0.0

    @classmethod
    def rules(cls, given: Mapping[str, Any]) -> Iterable[Problem]:
        """A query unless there is a ref; no more runs asked for than taken."""
        if "query" not in given and "ref" not in given:
            yield Problem(
                message="is required unless `ref` names a Search",
                path="query",
                rule="required",
                hint='`query: ""` takes every run of the namespace',
            )
        limit, least = given.get("limit"), given.get("minRuns")
        if isinstance(limit, str):
            limit = limits.whole_number(limit)
        if _is_number(limit) and _is_number(least) and 0 < limit < least:
            yield Problem(
                message=f"asks for {least} runs, more than the limit of {limit}", path="minRuns", rule="min-over-limit"
            )


def _is_number(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)
