"""The caps of a resolution: operator settings, with the contract's numbers as defaults (spec 1, spec 4)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one operation may ask for. Counts are counts of things, ``*_length`` characters, ``*_bytes`` bytes."""

    max_runs_per_join: int = 5_000
    max_joins: int = 32
    max_params_per_join: int = 128
    max_entries_per_value: int = 256
    max_query_length: int = 16 * 1024
    inline_param_bytes: int = 16 * 1024
    inline_total_bytes: int = 256 * 1024
    runs_in_status: int = 100


DEFAULT_LIMITS = Limits()
