"""Rotation as tables, with a clock that the test turns: certificates are made, verified and replaced in order."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import PolicyBuilder, Store

from joinery.admission import webhook
from joinery.admission.authority import Pair, make_authority, split
from joinery.admission.rotation import Kept, Lifetimes, step

NAMES = ("joinery-admission.joinery.svc",)
START = datetime(2026, 1, 1, tzinfo=UTC)
LIFETIMES = Lifetimes(authority=timedelta(days=730), serving=timedelta(days=90))


def settle(
    kept: Kept, now: datetime, *, names: Sequence[str] = NAMES, trusted: bool = False, asked: bool = False
) -> tuple[Kept, list[str]]:
    """Steps until nothing is to be done, each through the Secret, as replicas do them."""
    done: list[str] = []
    while True:
        asked_now = asked and not any("new authority" in text for text in done)
        kept, what = step(
            Kept.from_data(kept.to_data()), names=names, now=now, lifetimes=LIFETIMES, coming_trusted=trusted,
            asked=asked_now,
        )  # fmt: skip
        if not what:
            return kept, done
        done.append(what)
        assert len(done) < 6, done


def verify(serving: Pair | None, bundle: Sequence[bytes], now: datetime, name: str = NAMES[0]) -> None:
    """As a client does it. Raises for a certificate that it would refuse."""
    assert serving is not None
    store = Store([x509.load_pem_x509_certificate(one) for one in bundle])
    verifier = PolicyBuilder().store(store).time(now).build_server_verifier(x509.DNSName(name))
    verifier.verify(x509.load_pem_x509_certificate(serving.certificate), [])


def test_the_first_look_makes_everything_and_the_second_nothing() -> None:
    kept, done = settle(Kept(), START)
    assert len(done) == 1
    verify(kept.serving, kept.bundle, START)
    verify(kept.serving, kept.bundle, START - timedelta(minutes=4))  # a clock that is behind
    again, done = settle(kept, START + timedelta(days=1))
    assert (again, done) == (kept, [])


def test_a_serving_certificate_is_renewed_by_the_same_authority_with_a_third_left() -> None:
    kept, _ = settle(Kept(), START)
    assert settle(kept, START + timedelta(days=59))[1] == []
    later, done = settle(kept, START + timedelta(days=61))
    assert len(done) == 1
    assert later.bundle == kept.bundle
    assert later.serving != kept.serving
    verify(later.serving, kept.bundle, START + timedelta(days=140))


def test_another_name_asks_for_another_certificate() -> None:
    kept, _ = settle(Kept(), START)
    both = (*NAMES, "127.0.0.1")
    later, done = settle(kept, START, names=both)
    assert "127.0.0.1" in done[0]
    verify(later.serving, kept.bundle, START)
    assert settle(later, START)[1] == []  # more names than are asked for are no reason


def test_over_ten_years_of_looks_no_client_ever_refuses() -> None:
    """A client trusts the bundle as it stood a look ago; a replica shows what it read a look ago."""
    kept, _ = settle(Kept(), START)
    before, authorities = kept, {kept.bundle[0]}
    for days in range(0, 3_650, 7):
        now = START + timedelta(days=days)
        kept, _ = settle(kept, now, trusted=kept.coming is not None and kept.coming == before.coming)
        verify(kept.serving, before.bundle, now)
        verify(before.serving, kept.bundle, now)
        assert len(kept.bundle) <= 4
        authorities.add(kept.bundle[0])
        before = kept
    assert len(authorities) > 5


@pytest.mark.parametrize("asked", [False, True])
def test_a_new_authority_is_trusted_before_it_is_used(asked: bool) -> None:
    now = START + timedelta(days=1 if asked else 500)
    kept, _ = settle(Kept(), START)
    coming, _ = settle(kept, now, asked=asked)
    assert coming.coming is not None
    assert coming.bundle == (kept.bundle[0], coming.coming.certificate)
    verify(coming.serving, kept.bundle, now)
    assert settle(coming, now)[1] == []  # as long as it is not trusted everywhere

    used, _ = settle(coming, now, trusted=True)
    assert used.authority == coming.coming
    assert (used.coming, used.former) == (None, (kept.bundle[0],))
    verify(used.serving, coming.bundle, now)
    verify(coming.serving, used.bundle, now)
    with pytest.raises(x509.verification.VerificationError):
        verify(used.serving, kept.bundle, now)
    assert kept.authority is not None
    assert kept.authority.key not in used.to_data().values()


def test_a_coming_authority_is_used_at_once_where_the_former_one_has_ended() -> None:
    kept, _ = settle(Kept(), START)
    coming, _ = settle(kept, START + timedelta(days=600))
    ended = START + timedelta(days=731)
    used, _ = settle(coming, ended)
    assert used.authority == coming.coming
    verify(used.serving, used.bundle, ended)
    assert used.former == ()


def test_everything_ended_starts_anew() -> None:
    kept, _ = settle(Kept(), START)
    coming, _ = settle(kept, START + timedelta(days=600))
    late = START + timedelta(days=3_000)
    used, _ = settle(coming, late)
    verify(used.serving, used.bundle, late)
    assert not set(used.bundle) & set(coming.bundle)


@pytest.mark.parametrize("key", ["tls.crt", "tls.key", "ca.crt", "ca.key"])
@pytest.mark.parametrize("value", [b"", b"garbage", "another"])
def test_a_damaged_secret_is_mended(key: str, value: bytes | str) -> None:
    kept, _ = settle(Kept(), START)
    other, _ = settle(Kept(), START)
    data = kept.to_data()
    data[key] = other.to_data()[key] if isinstance(value, str) else value
    mended, done = settle(Kept.from_data(data), START)
    assert done
    verify(mended.serving, mended.bundle, START)


def test_keys_of_another_kind_are_replaced() -> None:
    kept, _ = settle(Kept(), START)
    assert kept.serving is not None
    strange = ed25519.Ed25519PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "strange")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(strange.public_key())
        .serial_number(7)
        .not_valid_before(START)
        .not_valid_after(START + timedelta(days=700))
        .sign(strange, None)
    )
    key = strange.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    data = {**kept.to_data(), "ca.crt": made.public_bytes(Encoding.PEM), "ca.key": key}
    mended, done = settle(Kept.from_data(data), START)
    assert done
    verify(mended.serving, mended.bundle, START)


def test_a_damaged_coming_authority_is_made_anew() -> None:
    kept, _ = settle(Kept(), START)
    coming, _ = settle(kept, START + timedelta(days=500))
    broken = replace(coming, coming=Pair(b"garbage", b""))
    mended, _ = settle(broken, START + timedelta(days=500))
    assert mended.coming is not None
    assert mended.bundle[0] == coming.bundle[0]


def test_keys_are_not_shown() -> None:
    kept, _ = settle(Kept(), START)
    assert "PRIVATE" not in repr(kept)


def test_split_reads_bundles_and_passes_over_what_is_none() -> None:
    one, two = (make_authority(now=START, lifetime=timedelta(days=1)).certificate for _ in range(2))
    end = b"-----END CERTIFICATE-----"
    assert split(b"# a comment\n" + one + b"\n" + two) == (one, two)
    assert split(b"") == split(b"x") == split(end) == split(b"-----BEGIN CERTIFICATE-----\nAAAA\n" + end) == ()


CLIENTS = [
    ({"service": {"name": "a", "namespace": "b", "path": "/validate"}}, "a.b.svc"),
    ({"url": "https://127.0.0.1:9443/validate"}, "127.0.0.1"),
    ({"url": "https://host.example/validate"}, "host.example"),
]


def test_the_webhook_configuration_says_what_the_server_is_called() -> None:
    configuration = {"webhooks": [{"clientConfig": client} for client, _ in CLIENTS]}
    assert webhook.server_names(configuration) == tuple(sorted(name for _, name in CLIENTS))
    assert webhook.server_names({}) == ()


def test_the_patch_changes_bundles_alone() -> None:
    bundle = [make_authority(now=START, lifetime=timedelta(days=1)).certificate for _ in range(2)]
    configuration = {
        "metadata": {"name": "x", "resourceVersion": "7"},
        "webhooks": [
            {"name": "one", "clientConfig": {**client, "caBundle": "garbage"}, "rules": [1]} for client, _ in CLIENTS
        ],
    }
    assert not webhook.trusts(configuration, bundle)
    assert not webhook.trusts({"webhooks": []}, bundle)
    patch = webhook.bundle_patch(configuration, bundle)
    assert patch["metadata"] == {"resourceVersion": "7"}
    for given, patched in zip(configuration["webhooks"], patch["webhooks"], strict=True):
        text = patched["clientConfig"].pop("caBundle")
        assert split(base64.b64decode(text)) == tuple(bundle)
        del given["clientConfig"]["caBundle"]
        assert patched == given
    done = webhook.bundle_patch(configuration, bundle)
    assert webhook.trusts(done, bundle[:1])
    assert webhook.is_up_to_date(done, bundle[::-1])
    assert not webhook.is_up_to_date(done, bundle[:1])


def test_a_certificate_of_the_secret_reads_back_as_it_was_written() -> None:
    kept, _ = settle(Kept(), START)
    kept, _ = settle(kept, START + timedelta(days=500))
    assert Kept.from_data(kept.to_data()) == kept
    assert all(x509.load_pem_x509_certificate(one).public_bytes(Encoding.PEM) == one for one in kept.bundle)
