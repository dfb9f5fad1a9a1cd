"""Templates of the pod: every text rendered once, and what they give is data to Kubernetes too.

Kubernetes itself replaces ``$(NAME)`` in commands, arguments and variables. A component may use that; a *value*
may not: its ``$`` are doubled, which Kubernetes undoes, so that text from another run arrives as it is and names
no variable of this pod. Source: spec 4, *Templates* ("A resolved value is data").
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from joinery.problems import InvalidTemplate, Problem
from joinery.templates import compact_json, parse_template
from joinery.templates.template import Template
from joinery.templates.values import Fault, Scope, written
from joinery.workload.scope import Names

LONGEST = 128 * 1024 - 1
"""Bytes of one argument, or of one ``NAME=VALUE``: Linux's MAX_ARG_STRLEN is 128 KiB with the NUL at its end."""

_AS_ARG = re.compile(r"\s*\{\{\s*params\.[\w-]+\.as_arg\s*\}\}\s*")
_TRAILING = re.compile(r"\$+\Z")


@dataclass(slots=True)
class Renderer:
    """Renders with one set of names. What is wrong goes to ``problems``; what no process can be given, to ``long``."""

    names: Names
    problems: list[Problem] = field(default_factory=list)
    long: list[Problem] = field(default_factory=list)

    def any(self, value: Any, path: str) -> Any:
        """A value with every text in it rendered. A text that is exactly one expression keeps its type, and as an
        element of a list gives the items of the list that it yields."""
        match value:
            case str():
                return self._typed(value, path)
            case Mapping():
                return {key: self.any(item, f"{path}.{key}") for key, item in value.items()}
            case list() | tuple():
                made: list[Any] = []
                for index, item in enumerate(value):
                    one = self.any(item, f"{path}[{index}]")
                    if isinstance(item, str) and isinstance(one, list):
                        made += one
                    else:
                        made.append(one)
                return made
        return value

    def texts(self, value: Any, path: str) -> Any:
        """A mapping of texts, such as labels: every value becomes a text."""
        if isinstance(value, str):
            value = self._typed(value, path)
        if not isinstance(value, Mapping):
            return value
        return {
            key: self._text(item, f"{path}.{key}", literal=False) if isinstance(item, str) else _plain(item)
            for key, item in value.items()
        }

    def words(self, value: Any, path: str) -> list[str]:
        """``command`` or ``args``: as :func:`joinery.templates.render_args`, for Kubernetes to read."""
        if not isinstance(value, list | tuple):
            return self._words(value, path)
        return [word for index, item in enumerate(value) for word in self._words(item, f"{path}[{index}]")]

    def variable(self, name: str, value: Any, path: str) -> str:
        """The value of an environment variable, for Kubernetes to read."""
        text = self._text(value, path, literal=True) if isinstance(value, str) else _plain(value)
        self._measure(text, path, source=value, what=f"the variable `{name[:80]}`", more=len(name.encode()) + 1)
        return text

    def param_variable(self, name: str, param: str, value: str, path: str) -> str:
        """The value of a variable that ``toEnv`` asks for."""
        size = len(name.encode()) + 1 + len(value.encode())
        if size > LONGEST:
            self.long.append(_too_long(f"the variable `{name}`", size, path, self.names.largest([param])))
        return escaped(value)

    def _typed(self, text: str, path: str) -> Any:
        template = self._parsed(text, path)
        return text if template is None or template.is_literal else self._run(template, path)

    def _words(self, item: Any, path: str) -> list[str]:
        if not isinstance(item, str):
            return [_plain(item)]
        template = self._parsed(item, path)
        if template is None or template.is_literal:
            words = [item]
        elif template.is_expression:
            value = self._run(template, path)
            if value == "" and _AS_ARG.fullmatch(item):
                return []  # a flag that is false, a value that is null: there is no such argument (spec 3)
            words = [escaped(_plain(one)) for one in (value if isinstance(value, list | tuple) else [value])]
        else:
            words = [self._text(item, path, literal=True)]
        for word in words:
            self._measure(word, path, source=item, what="an argument", more=0)
        return words

    def _text(self, text: str, path: str, *, literal: bool) -> str:
        """A text with its expressions filled in. ``literal``: Kubernetes replaces ``$(NAME)`` here, and shall not
        in what the expressions give."""
        template = self._parsed(text, path)
        if template is None or template.is_literal:
            return text
        made: list[str] = []
        for part in template.parts:
            if isinstance(part, str):
                made.append(part)
                continue
            value = _plain(self._run(replace(template, parts=(part,)), path))
            if literal:
                if made and len(_TRAILING.findall(made[-1])) and len(_TRAILING.findall(made[-1])[0]) % 2:
                    made[-1] += "$"  # else it would pair with the first `$` of the value
                value = escaped(value)
            made.append(value)
        return "".join(made)

    def _parsed(self, text: str, path: str) -> Template | None:
        try:
            return parse_template(text)
        except InvalidTemplate as error:
            self.problems += [problem.at(path) for problem in error.problems]
            return None

    def _run(self, template: Template, path: str) -> Any:
        try:
            value = template.render(self.names.of(template.names))
            written(value, Scope({}))  # whatever stands here goes into a Job: bounded, and JSON
        except InvalidTemplate as error:
            self._failed(list(error.problems), path, template)
        except Fault as fault:
            problem = Problem(message=fault.message, rule=fault.rule, hint=fault.hint, text=template.text[:1000])
            self._failed([problem], path, template)
        else:
            return value
        return ""

    def _failed(self, problems: list[Problem], path: str, template: Template) -> None:
        for problem in problems:
            if problem.rule == "template-too-long":
                largest = self.names.largest(template.names)
                self.long.append(_too_long("what this makes", None, path, largest))
            else:
                self.problems.append(problem.at(path))

    def _measure(self, text: str, path: str, *, source: Any, what: str, more: int) -> None:
        if 4 * len(text) + more <= LONGEST:
            return
        size = len(text.replace("$$", "$").encode()) + more
        if size > LONGEST:
            template = self._parsed(source, path) if isinstance(source, str) else None
            largest = self.names.largest(template.names if template else ())
            self.long.append(_too_long(what, size, path, largest))


def escaped(text: str) -> str:
    """A text that Kubernetes' ``$(NAME)`` replacement gives back as it is."""
    return text.replace("$", "$$")


def _plain(value: Any) -> str:
    """As Jinja2 writes it: texts as they are, lists and mappings compact JSON."""
    if isinstance(value, str):
        return value
    return compact_json(value) if isinstance(value, Mapping | list | tuple) else str(value)


def _too_long(what: str, size: int | None, path: str, largest: tuple[str, int] | None) -> Problem:
    measured = f"is {size:,} bytes" if size is not None else "is over 1 MiB"
    message = f"{what} {measured}, and Linux gives a process at most {LONGEST:,} in one"
    hint = "read large values from their files under `{{ globals.params_path }}`"
    if largest:
        name, bytes_of_it = largest
        message += f": param `{name}` is {bytes_of_it:,} bytes"
        hint = f"read it from its file: `{{{{ globals.params_path }}}}/{name}.json`"
    return Problem(message=message, path=path, rule="argument-too-long", hint=hint)
