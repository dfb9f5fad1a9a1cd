"""A field as written to the field it means, or to what a person should know. Source: spec 2, *Fields*."""

from __future__ import annotations

from joinery.pql.ast import FieldName, FieldPath, Stat, TemplateToken
from joinery.pql.fields import BY_NAME, LIVE_STATE, REFUSED, Field
from joinery.pql.format import format_field
from joinery.pql.report import Report
from joinery.pql.scan import STATS
from joinery.problems import did_you_mean, nearest

_UNREAD_KEY = "key"  # stands for the key that a template has yet to give


def is_live_state(name: FieldName) -> bool:
    return name.name == LIVE_STATE and name.key is None


def resolve_field(name: FieldName, report: Report) -> tuple[Field, FieldPath] | None:
    """The field and its path after aliases. None when there is none; the report says why.

    A key that is still a template counts as some key; a field with templates elsewhere cannot be resolved
    yet, and is None without a problem.
    """
    if name.spliced:
        return None
    key = _UNREAD_KEY if isinstance(name.key, TemplateToken) else name.key
    if key is not None and (dotted := BY_NAME.get(f"{name.name}.{key}")) is not None:
        key, field = None, dotted
    elif f"{name.name}.{key}" in REFUSED or name.name in REFUSED:
        _refuse(name, report)
        return None
    elif (known := BY_NAME.get(name.name)) is None or (key is not None and not known.keyed):
        _unknown(name, known, report)
        return None
    else:
        field = known
    if not _check_shape(name, field, key, report):
        return None
    stat: Stat | None = None
    if field.name == "metrics":
        stat = next((known for known in STATS if known == name.stat), "last")
    return field, FieldPath(field.name, key, stat)


def _check_shape(name: FieldName, field: Field, key: str | None, report: Report) -> bool:
    written = format_field(name)
    if field.keyed and key is None and not field.whole:
        report.add(f"`{written}` needs a key", name.span, rule="missing-key", hint=f"for example `{field.example}`")
        return False
    if name.stat is not None and field.name != "metrics":
        report.add(
            f"`[{name.stat}]` goes with metrics alone",
            name.span,
            rule="unknown-statistic",
            hint="a key that holds brackets is written in double quotes",
        )
        return False
    return True


def _refuse(name: FieldName, report: Report) -> None:
    dotted = f"{name.name}.{name.key}"
    report.add(REFUSED.get(dotted) or REFUSED[name.name], name.span, rule="refused-field")


def _unknown(name: FieldName, known: Field | None, report: Report) -> None:
    written = format_field(name)
    if known is not None:
        dotted = [other for other in BY_NAME if other.startswith(f"{name.name}.")]
        near = did_you_mean(f"{name.name}.{name.key}", dotted) if dotted else None
        hint = near or f"write `{known.example}`"
        message = f"`{name.name}` takes no key: there is no field `{written}`"
    elif name.name == LIVE_STATE:
        message, hint = f"there is no field `{written}`", "`live_state: 1` is accepted, and filters nothing"
    else:
        message = f"there is no field `{written}`"
        hint = _near(name) or (
            f"a metric is `metrics.{name.name}`, an input `inputs.{name.name}`, a label `labels.{name.name}`"
        )
    report.add(message, name.span, rule="unknown-field", hint=hint)


def _near(name: FieldName) -> str | None:
    """A hint naming the nearest fields, with the key that was written where they take one."""
    if not isinstance(name.key, str):
        return did_you_mean(name.name, [known for known in BY_NAME if "." not in known])
    dotted = [known for known in BY_NAME if "." in known]
    keyed = {f"{known}.{name.key}": known for known, field in BY_NAME.items() if field.keyed}
    roots = nearest(name.name, keyed.values())
    if roots:
        return "did you mean " + " or ".join(f"`{root}.{name.key}`" for root in roots) + "?"
    return did_you_mean(f"{name.name}.{name.key}", dotted)
