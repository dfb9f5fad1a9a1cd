"""Kubernetes quantities as numbers: ``500m`` is 0.5, ``1Gi`` is 1073741824.

Source: spec 2 (cpu, memory) and the quantity format of Kubernetes.
"""

from __future__ import annotations

import re
from fractions import Fraction

_SUFFIXES = {
    "": Fraction(1),
    **{suffix: Fraction(1, 1000**power) for power, suffix in enumerate(("m", "u", "n"), 1)},
    **{suffix: Fraction(1000**power) for power, suffix in enumerate(("k", "M", "G", "T", "P", "E"), 1)},
    **{suffix: Fraction(1024**power) for power, suffix in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), 1)},
}
_QUANTITY = re.compile(r"([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))(?:([eE][+-]?[0-9]{1,3})|([munkMGTPE]|[KMGTPE]i)?)")
_LONGEST = 64


def parse_quantity(text: str) -> int | float:
    """The number a quantity stands for: an int where it is whole. Raises ValueError for what is none."""
    match = _QUANTITY.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        raise ValueError(f"not a quantity: {text[:_LONGEST]!r}")
    digits, exponent, suffix = match.groups()
    exact = Fraction(f"{digits}{exponent or ''}") * _SUFFIXES[suffix or ""]
    return int(exact) if exact.denominator == 1 and abs(exact) < 2**63 else float(exact)
