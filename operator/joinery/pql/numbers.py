"""Numbers, Kubernetes quantities and durations, from their texts. Source: spec 2, *Operands*.

Integers of 64 bits stay exact; everything else is a double, as the values of runs are (spec 1, *What is recorded*).
"""

from __future__ import annotations

import re
from fractions import Fraction

_NUMBER = re.compile(r"[+-]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?")
_JSON_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?")
_INTEGER = re.compile(r"[+-]?[0-9]++")
_NOT_FINITE = re.compile(r"[+-]?(?:nan|inf(?:inity)?)", re.IGNORECASE)
# Suffixes in any case, where it tells nothing apart (Polyaxon takes `1gi`); `m` is a thousandth, `M` a million.
_QUANTITY = re.compile(
    r"([+-]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?)([kKmMgGtTpPeE][iI]|[numkKMgGtTpPE])"
)
_TOO_LARGE = 1 << 63  # for an integer to be kept exactly
_TINY = 1e-30  # below it an exact fraction would only cost memory
_LONGEST = 400  # characters: more than any number a double can tell apart

_SCALES = {
    **{"n": Fraction(1, 10**9), "u": Fraction(1, 10**6), "m": Fraction(1, 1000), "k": Fraction(1000)},
    **{"M": Fraction(10**6), "G": Fraction(10**9), "T": Fraction(10**12), "P": Fraction(10**15), "E": Fraction(10**18)},
    **{f"{unit}i": Fraction(1024 ** (power + 1)) for power, unit in enumerate("KMGTPE")},
}
_UNITS = {"ms": Fraction(1, 1000), "s": Fraction(1), "m": Fraction(60), "h": Fraction(3600), "d": Fraction(86_400)}
_DURATION = re.compile(r"([+-]?)((?:(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:ms|[smhd]))++)")
_DURATION_PART = re.compile(r"([0-9.]+)(ms|[smhd])")

QUANTITY_SUFFIXES = "n u m k M G T P E Ki Mi Gi Ti Pi Ei"


def is_not_finite(text: str) -> bool:
    """Whether the text is a way to write NaN or an infinity."""
    return _NOT_FINITE.fullmatch(text) is not None


def read_number(text: str) -> int | float | None:
    """``.9``, ``-.5``, ``+1``, ``1e-3``; None for what is no number, or too large for a double."""
    return _value(text) if len(text) <= _LONGEST and _NUMBER.fullmatch(text) else None


def read_json_number(text: str) -> int | float | None:
    """A number as JSON writes it: ``.9`` and ``+1`` are none."""
    return _value(text) if len(text) <= _LONGEST and _JSON_NUMBER.fullmatch(text) else None


def is_beyond_double(text: str) -> bool:
    """Whether it is written as a number, and none that a double can hold."""
    return _NUMBER.fullmatch(text) is not None and read_number(text) is None


def meant_range(text: str) -> str | None:
    """What `-1...5` may stand for: three dots are a range and a decimal point, on either side."""
    low, _, high = text.partition("..")
    if not high.startswith(".") or read_number(low) is None or read_number(high) is None:
        return None
    return f"did you mean `{low}..0{high}` or `{low}..{high[1:]}`?"


def _value(text: str) -> int | float | None:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        return None
    return exact if _INTEGER.fullmatch(text) and -_TOO_LARGE <= (exact := int(text)) < _TOO_LARGE else number


def read_quantity(text: str) -> int | float | None:
    """A number, or one with a suffix of a Kubernetes quantity: ``500m`` is 0.5, ``1Gi`` 2**30."""
    if len(text) > _LONGEST:
        return None
    found = _QUANTITY.fullmatch(text)
    if found is None:
        return read_number(text)
    number = read_number(found[1])
    if number is None:
        return None
    exact = Fraction(_fit(found[1])) if abs(number) >= _TINY else Fraction(number)
    return _plain(exact * _SCALES[_suffix(found[2])])


def _suffix(written: str) -> str:
    if len(written) == 2:
        return f"{written[0].upper()}i"
    return written if written in _SCALES else written.lower() if written == "K" else written.upper()


def is_part_of_byte(text: str, number: int | float) -> bool:
    """Whether a suffix makes the number of bytes a broken one: ``500m`` of memory is half a byte."""
    return not float(number).is_integer() and _QUANTITY.fullmatch(text) is not None


def read_duration(text: str) -> int | float | None:
    """Seconds: a plain number, or ``10m``, ``2h``, ``1h30m``, ``1.5d``, ``250ms``."""
    if len(text) > _LONGEST:
        return None
    found = _DURATION.fullmatch(text)
    if found is None:
        return read_number(text)
    seconds = sum(
        (Fraction(_fit(part[1])) * _UNITS[part[2]] for part in _DURATION_PART.finditer(found[2])), Fraction(0)
    )
    return _plain(-seconds if found[1] == "-" else seconds)


def _fit(digits: str) -> str:
    """A number as a Fraction reads it: `1.` is none there."""
    whole, _, exponent = digits.lower().partition("e")
    return whole.rstrip(".") + (f"e{exponent}" if exponent else "")


def _plain(number: Fraction) -> int | float | None:
    """An integer where it is one, else the nearest double; None when no double is near."""
    try:
        nearest = float(number)
    except OverflowError:
        return None
    return int(number) if number.denominator == 1 and -_TOO_LARGE <= number < _TOO_LARGE else nearest
