"""One search in one transaction: count the candidates and the matches, take the page, and say what to beware of."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import repeat
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select

from joinery.runs.search import FoundRun, SearchRequest, SearchResult
from joinery.store.counting import Counter
from joinery.store.dialects import bindable_list, name_in
from joinery.store.documents import Parts, read_documents
from joinery.store.formula import both, candidates_of, formula_of
from joinery.store.notices import notices
from joinery.store.ordering import Column, columns_of, json_keys
from joinery.store.paging import Found, Page
from joinery.store.prepared import Prepared
from joinery.store.reading import columns_of as document_columns
from joinery.store.reading import read_parts
from joinery.store.scope import Scope, is_storable, open_scope
from joinery.store.tables import is_searched, run

_make_found = partial(tuple.__new__, FoundRun)  # FoundRun._make at half its cost: there may be thousands


def search(connection: Connection, request: SearchRequest) -> SearchResult:
    """Answer one search."""
    scope = open_scope(connection, request)
    counter = Counter(scope)
    candidates = candidates_of(scope, request.selector, _excluded(scope, request.exclude_uids))
    formula = candidates if request.query.root is None else both(formula_of(scope, request.query.root), candidates)
    total = counter.count(candidates)
    matched = counter.count(formula) if formula != candidates else total
    wanted = matched if request.limit is None else request.limit
    columns = tuple(columns_of(scope, request.sort.keys))
    parts = document_columns(request.parts)
    page = Page(counter, columns, () if request.offset else parts)  # not of runs that are skipped
    rows = page.read(formula, columns, matched, request.offset, wanted)
    runs = _found(scope, request, columns, rows, parts)
    return SearchResult(
        candidates=total,
        matched=matched,
        runs=runs,
        warnings=notices(counter, request, candidates, (total, matched), runs),
        version=scope.version,
    )


def _excluded(scope: Scope, uids: frozenset[str]) -> tuple[int, ...]:
    """The ids of excluded runs that would be candidates."""
    listed = sorted(uid for uid in uids if is_storable(uid))
    if not listed:
        return ()
    given = {"uids": bindable_list(scope.connection, listed), "space": scope.space}
    return tuple(row[0] for row in _BY_UID.rows(scope.connection, given))


def _by_uid(postgresql: bool) -> Select[Any]:
    listed = name_in(run.c.uid, "uids", postgresql=postgresql)
    return select(run.c.id).where(listed, run.c.space == bindparam("space"), is_searched(run))


_BY_UID = Prepared(_by_uid)


def _found(
    scope: Scope, request: SearchRequest, columns: Sequence[Column], rows: Found, names: Sequence[str]
) -> tuple[FoundRun, ...]:
    if not rows:
        return ()
    # By columns: there may be thousands. Some rows have more of them at their end than others.
    ids, uids, uuids, titles, versions, created, *keys = zip(*rows, strict=False)
    behind = keys[4 * len(columns) :]
    if len(behind) > len(names) and not request.offset:
        parts: Parts = dict(zip(names, behind, strict=False))
    else:
        parts = read_parts(scope.connection, ids, names)
    identities = zip(uids, uuids, repeat(request.namespace), titles, versions, created, strict=False)
    records = read_documents(identities, parts)
    shown = [json_keys(scope, column, created, keys[4 * n : 4 * n + 4]) for n, column in enumerate(columns)]
    sort_keys = zip(*shown, strict=True) if shown else repeat(())
    return tuple(map(_make_found, zip(uids, uuids, titles, versions, records, sort_keys, strict=False)))
