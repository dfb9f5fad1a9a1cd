"""When a certificate is made anew, and in which order: pure, one step at a time.

The order keeps every handshake good. A new authority is trusted everywhere (``coming``, in the bundle) before
anything signed by it is shown; the former one stays trusted until it ends, since another replica may still show what
it signed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from joinery.admission.authority import Pair, covers, expires, is_issued_by, issue, make_authority, split

MAX_FORMER = 3
# The keys of the Secret.
SERVING, SERVING_KEY = "tls.crt", "tls.key"
BUNDLE, AUTHORITY_KEY = "ca.crt", "ca.key"
COMING, COMING_KEY = "ca-next.crt", "ca-next.key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetimes:
    """How long certificates are good. Each is made anew when a third of that is left."""

    authority: timedelta = timedelta(days=730)
    serving: timedelta = timedelta(days=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What replicas share. ``former``: certificates (no keys) of authorities that are still trusted."""

    authority: Pair | None = None
    serving: Pair | None = None
    coming: Pair | None = None
    former: tuple[bytes, ...] = ()

    @property
    def bundle(self) -> tuple[bytes, ...]:
        """Every authority to be trusted now, the one in use first."""
        made = [pair.certificate for pair in (self.authority, self.coming) if pair is not None]
        return tuple(dict.fromkeys([*made, *self.former]))

    @classmethod
    def from_data(cls, data: Mapping[str, bytes]) -> Kept:
        """From a Secret's data. What cannot be read is left out, as if it were not there."""

        def pair(certificate: bytes, key: str) -> Pair | None:
            found = Pair(certificate, data.get(key, b""))
            return found if certificate and found.read() is not None else None

        bundle = split(data.get(BUNDLE, b""))
        authority = pair(bundle[0], AUTHORITY_KEY) if bundle else None
        coming = pair(data.get(COMING, b""), COMING_KEY)
        known = {one.certificate for one in (authority, coming) if one is not None}
        return cls(
            authority=authority,
            serving=pair(data.get(SERVING, b""), SERVING_KEY),
            coming=coming,
            former=tuple(one for one in bundle if one not in known),
        )

    def to_data(self) -> dict[str, bytes]:
        """The Secret's data; the keys of authorities that are no longer used are gone from it."""
        serving, authority, coming = (one or Pair(b"", b"") for one in (self.serving, self.authority, self.coming))
        return {
            SERVING: serving.certificate,
            SERVING_KEY: serving.key,
            BUNDLE: b"".join(self.bundle),
            AUTHORITY_KEY: authority.key,
            COMING: coming.certificate,
            COMING_KEY: coming.key,
        }


def step(
    kept: Kept,
    *,
    names: Sequence[str],
    now: datetime,
    lifetimes: Lifetimes,
    coming_trusted: bool,
    asked: bool = False,
) -> tuple[Kept, str]:
    """The next change, and what it is; the text is empty when nothing is to be done.

    ``names``: what the server is called. ``coming_trusted``: the coming authority has been in the webhook
    configuration long enough for every API server to know it. ``asked``: somebody wants a new authority now.
    """

    def serving_by(authority: Pair) -> Pair:
        return issue(authority, names=names, now=now, lifetime=lifetimes.serving)

    authority, coming = kept.authority, kept.coming
    if coming is not None and _left(coming, now) <= timedelta(0):
        return replace(kept, coming=None), "the coming authority has ended unused"
    in_use = authority is not None and _left(authority, now) > timedelta(0)
    if coming is not None and (coming_trusted or not in_use):
        gone = () if authority is None else (authority.certificate,)
        former = tuple(one for one in (*gone, *kept.former) if (end := expires(one)) and end > now)[:MAX_FORMER]
        made = Kept(authority=coming, serving=serving_by(coming), former=former)
        return made, "the new authority is in use; the former one stays trusted until it ends"
    if authority is None or not in_use:
        authority = make_authority(now=now, lifetime=lifetimes.authority)
        return Kept(authority=authority, serving=serving_by(authority)), "made an authority and a certificate"
    if why := _unfit(kept.serving, authority, names=names, now=now, lifetime=lifetimes.serving):
        return replace(kept, serving=serving_by(authority)), f"made a certificate: {why}"
    if coming is None and (asked or _left(authority, now) < lifetimes.authority / 3):
        made_coming = make_authority(now=now, lifetime=lifetimes.authority)
        return replace(kept, coming=made_coming), "made a new authority; it is used once it is trusted everywhere"
    return kept, ""


def _left(pair: Pair, now: datetime) -> timedelta:
    end = expires(pair.certificate)
    return end - now if end is not None else timedelta(0)


def _unfit(serving: Pair | None, authority: Pair, *, names: Sequence[str], now: datetime, lifetime: timedelta) -> str:
    """Why the serving certificate has to be made anew; empty when it need not be."""
    certificate = serving.read() if serving is not None else None
    signer = authority.read()
    if serving is None or certificate is None or signer is None:
        return "there was none"
    if not is_issued_by(certificate, signer):
        return "the former one is of another authority"
    if not covers(certificate, names):
        return f"the server is called {', '.join(names)}"
    # Near the end of its authority's life a certificate is short from the start: a third of its own life counts.
    span = min(lifetime, certificate.not_valid_after_utc - certificate.not_valid_before_utc)
    return "a third of its time was left" if _left(serving, now) < span / 3 else ""
