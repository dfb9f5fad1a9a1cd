"""Text to the written tree, in one pass and without recursion. Source: spec 2, *Grammar*.

The parser goes on after a mistake, at the next comma, keyword or parenthesis, so
that one look at a query tells everything that is wrong with it.
"""

from __future__ import annotations

from joinery.pql.ast import (
    Clause,
    FieldName,
    Node,
    Query,
    Span,
    SplicedNode,
    TemplateToken,
)
from joinery.pql.fieldname import scan_field
from joinery.pql.group import Group, is_any, joined
from joinery.pql.hints import without_colon
from joinery.pql.limits import MAX_CLAUSES, MAX_NESTING
from joinery.pql.operand import scan_operand
from joinery.pql.report import Report, Stop, refuse_long
from joinery.pql.scan import is_name_start, name_end, skip_space

_SEPARATORS = frozenset(",()")


def parse_query(text: str) -> Query:
    """The query as written. Syntax alone: fields and operands are typed by ``check``.

    ``""`` is the empty query, every run in scope. Raises :class:`InvalidQuery` with every
    mistake of the syntax. Linear in the length of the text.
    """
    query, report = read_query(text)
    report.raise_any()
    return query


def read_query(text: str) -> tuple[Query, Report]:
    """As :func:`parse_query`, but gives what could be read and the report of what could not.

    Raises :class:`InvalidQuery` only for a text that is too long to be read at all.
    """
    refuse_long(text, what="query")
    report = Report(text)
    if not text:
        return Query(None, text), report
    parser = _Parser(text, report)
    try:
        root = parser.run()
    except Stop:
        root = None
    return Query(root, text), report


class _Parser:
    def __init__(self, text: str, report: Report) -> None:
        self.text = text
        self.report = report
        self.at = 0
        self.groups = [Group(0)]
        self.clauses = 0
        self.operator: Span | None = None  # the one just read, while its right side is still to come

    def run(self) -> Node | None:
        while True:
            self._read_primary()
            while self._read_operator():
                pass
            if self.at >= len(self.text):
                break
        for group in reversed(self.groups[1:]):
            self.report.add(
                "this parenthesis is never closed", Span(group.start, group.start + 1), rule="query-parentheses"
            )
        while len(self.groups) > 1:
            self._close_group()
        return self.groups[0].close()

    # ------------------------------------------------------------ what stands between operators

    def _read_primary(self) -> None:
        """A clause, a template, or opening parentheses up to a clause."""
        while True:
            self.at = skip_space(self.text, self.at)
            if self.at >= len(self.text):
                self._miss_clause(Span(self.at, self.at))
                return
            char = self.text[self.at]
            if char == "(":
                self._open_group(negated=False)
            elif (inside := self._negation(self.at)) is not None:
                start, self.at = self.at, inside
                self._open_group(negated=True, start=start)
            elif char == ")" and len(self.groups) == 1 and self.operator is None:
                self._miss_clause(Span(self.at, self.at + 1))
                self.at += 1
            elif char == ")":
                self._miss_clause(Span(self.at, self.at + 1))
                return
            elif char == ",":
                self._miss_clause(Span(self.at, self.at + 1))
                self.operator = Span(self.at, self.at + 1)
                self.at += 1
            elif (stop := self._stray_keyword(self.at)) is not None:
                self._miss_clause(Span(self.at, stop))
                self.operator = Span(self.at, stop)
                self.at = stop
            else:
                break
        if is_name_start(char) or self.text.startswith("{{", self.at):
            self._read_clause()
        else:
            self._refuse_start(char)
        self.operator = None

    def _stray_keyword(self, at: int) -> int | None:
        """Where the ``and`` or ``or`` ends that stands here in place of a clause (a field may have that name)."""
        stop = name_end(self.text, at)
        if self.text[at:stop].lower() not in ("and", "or") or self.text.startswith((".", "{{"), stop):
            return None
        return None if self.text.startswith(":", skip_space(self.text, stop)) else stop

    def _negation(self, at: int) -> int | None:
        """Where the ``(`` stands that the ``~`` or ``not`` at ``at`` negates; None if that is not what it is."""
        if self.text[at] == "~":
            after = skip_space(self.text, at + 1)
        elif self.text[at : at + 3].lower() == "not":
            after = skip_space(self.text, at + 3)
        else:
            return None
        return after if self.text.startswith("(", after) else None

    def _open_group(self, *, negated: bool, start: int | None = None) -> None:
        if len(self.groups) > MAX_NESTING:
            self.report.fatal(
                f"more than {MAX_NESTING} parentheses inside one another",
                Span(self.at, self.at + 1),
                rule="query-nesting",
            )
        self.groups.append(Group(self.at if start is None else start, negated))
        self.operator = None
        self.at += 1

    def _miss_clause(self, span: Span) -> None:
        """Something other than a clause stands where one must: says what, by what came before."""
        add = self.report.add
        if self.operator is not None:
            word = self.text[self.operator.start : self.operator.stop]
            add(
                f"a clause is missing after `{word}`",
                self.operator,
                rule="missing-clause",
                hint="take it away, or go on",
            )
        elif span.start < len(self.text) and self.text[span.start] != ")":
            add(f"a clause is missing before `{self.text[span.start : span.stop]}`", span, rule="missing-clause")
        elif len(self.groups) > 1 and span.start < len(self.text):
            start = self.groups[-1].start
            add("there is nothing in these parentheses", Span(start, span.stop), rule="query-parentheses")
        elif span.start < len(self.text):
            add("this parenthesis closes nothing", span, rule="query-parentheses")
        elif len(self.groups) == 1:
            hint = 'every run in scope is the empty text, `""`'
            add("the query holds nothing but space", Span(0, len(self.text)), rule="empty-query", hint=hint)
        self.operator = None

    def _refuse_start(self, char: str) -> None:
        if char == "~":
            message, hint = "`~` stands before a value, or before a parenthesis", "write `field: ~value` or `~( … )`"
        elif char == ":":
            message, hint = "a field is missing before `:`", "for example `status: succeeded`"
        elif char == "|":
            message, hint = "a clause is missing before `|`", None
        else:
            message, hint = "a field begins here, with a letter or `_`", "for example `metrics.loss: <0.1`"
        self.report.add(message, Span(self.at, self.at + 1), rule="missing-field", hint=hint)
        self.at += 1
        self._skip_rest()

    # ------------------------------------------------------------ clauses

    def _read_clause(self) -> None:
        text, start = self.text, self.at
        self.clauses += 1
        if self.clauses > MAX_CLAUSES:
            self.report.fatal(f"more than {MAX_CLAUSES} clauses", Span(start, start + 1), rule="query-too-long")
        before = len(self.report.problems)
        name, stop = scan_field(text, start, self.report)
        readable = len(self.report.problems) == before
        colon = skip_space(text, stop)
        if not text.startswith(":", colon):
            if len(name.spliced) == 1 and isinstance(token := name.spliced[0], TemplateToken):
                self.at = stop
                self.groups[-1].items.append(SplicedNode(token))
            else:
                self._miss_colon(name, stop)
            return
        operand, negated, self.at = scan_operand(text, skip_space(text, colon + 1), self.report)
        if operand is None or not readable:
            return
        clause = Clause(name, operand, negated, Span(start, self.at))
        self.groups[-1].items.append(None if is_any(clause) else clause)

    def _miss_colon(self, name: FieldName, stop: int) -> None:
        word = self.text[name.span.start : stop]
        self.at = stop
        self._skip_rest()
        self.report.add(
            f"a colon is missing after `{word[:60]}`",
            name.span,
            rule="missing-colon",
            hint=without_colon(word[:60], self.text[stop : self.at].strip()[:60]),
        )

    def _skip_rest(self) -> None:
        """On to the next place where a clause can begin."""
        while self.at < len(self.text) and self.text[self.at] not in _SEPARATORS:
            self.at += 1

    # ------------------------------------------------------------ operators

    def _read_operator(self) -> bool:
        """Reads one closing parenthesis (True: there may be more), or the operator before the next clause (False)."""
        self.at = at = skip_space(self.text, self.at)
        if at >= len(self.text):
            return False
        char = self.text[at]
        if char == ")":
            if len(self.groups) == 1:
                self.report.add("this parenthesis closes nothing", Span(at, at + 1), rule="query-parentheses")
            else:
                self._close_group()
            self.at += 1
            return True
        if char == "(":
            self._refuse_parenthesis(at)
            return True
        word = self._operator_word(at)
        if word is None:
            span = Span(at, max(at + 1, name_end(self.text, at)))
            self.report.add("`,`, `and` or `or` is missing here", span, rule="missing-operator")
            return False
        self.operator = Span(at, at + len(word))
        self.at = at + len(word)
        if word == "|" or word.lower() == "or":
            group = self.groups[-1]
            group.done.append(joined(group.items))
            group.items = []
        if skip_space(self.text, self.at) >= len(self.text):
            self._miss_clause(Span(len(self.text), len(self.text)))
            self.at = len(self.text)
        return False

    def _operator_word(self, at: int) -> str | None:
        if self.text[at] in ",|":
            return self.text[at]
        for word in ("and", "or"):
            if self.text[at : at + len(word)].lower() == word:
                return self.text[at : at + len(word)]
        return None

    def _refuse_parenthesis(self, at: int) -> None:
        """A ``(`` where a value has ended: most likely part of it, so all up to its ``)`` is passed over."""
        self.report.add(
            "`(` stands here where a value has ended",
            Span(at, at + 1),
            rule="missing-operator",
            hint="a value that holds parentheses goes in double quotes; between two clauses goes `,`, `and` or `or`",
        )
        depth = 0
        while self.at < len(self.text):
            depth += {"(": 1, ")": -1}.get(self.text[self.at], 0)
            self.at += 1
            if depth == 0:
                return

    def _close_group(self) -> None:
        node = self.groups.pop().close()
        self.groups[-1].items.append(node)
