"""Large params: a snapshot's parts put together, and written as the files that a container reads."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from joinery.fetch.errors import DamagedManifest, UnsafePath
from joinery.fetch.init_params import init_params
from joinery.fetch.json_places import members

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def _parts(folder: Path, document: Any, *, count: int = 1) -> list[Path]:
    data = gzip.compress(document if isinstance(document, bytes) else orjson.dumps(document), mtime=0)
    step = -(-len(data) // count)
    folder.mkdir(exist_ok=True)
    paths = [folder / f"part-{number:04d}" for number in range(count)]
    for number, path in enumerate(paths):
        path.write_bytes(data[number * step : (number + 1) * step])
    return paths


@pytest.mark.spec("4:31", "4:37")
def test_a_large_snapshot_becomes_files(tmp_path: Path) -> None:
    runs = [{"inputs": {"text": os.urandom(512).hex()}, "outputs": {"loss": number / 7}} for number in range(3000)]
    params = {"runs": runs, "lr": 0.1, "none": None, "one-more": ['{"}', "]"]}
    document = {
        "digest": "d",
        "joins": [{"params": ["runs"], "runs": [{"params": {"lr": {"value": "no"}}}]}],
        "params": {name: {"type": "any", "value": value, "isList": True} for name, value in params.items()},
        "component": {"params": 1},
    }
    parts = _parts(tmp_path / "parts", document, count=4)
    assert init_params(parts, tmp_path / "out") == 4
    for name, value in params.items():
        path = tmp_path / "out" / f"{name}.json"
        assert json.loads(path.read_text()) == value
        assert path.stat().st_mode & 0o777 == 0o644
    assert json.loads((tmp_path / "out" / "params.json").read_text()) == params
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"params.json", *(f"{name}.json" for name in params)}


@pytest.mark.spec("4:31")
def test_no_number_is_rounded_and_nothing_else_changed(tmp_path: Path) -> None:
    text = b'{ "params" : {"a": {"value": 123456789012345678901234567890.10, "x": 1} , "b":{"value":1e400}}}'
    assert init_params(_parts(tmp_path / "parts", text), tmp_path / "out") == 2
    assert (tmp_path / "out" / "a.json").read_text() == "123456789012345678901234567890.10"
    assert (tmp_path / "out" / "params.json").read_text() == '{"a":123456789012345678901234567890.10,"b":1e400}'


@pytest.mark.spec("4:31")
@given(st.dictionaries(st.text(), JSON, max_size=5), st.sampled_from([None, 2]))
def test_places_are_those_that_a_json_reader_finds(value: dict[str, Any], indent: int | None) -> None:
    data = json.dumps(value, indent=indent).encode()
    found = {name: json.loads(data[start:end]) for name, start, end in members(data)}
    assert found == json.loads(data)


@pytest.mark.spec("4:31")
@given(st.binary(max_size=60) | st.text(alphabet='{}[]":,\\ a1', max_size=40).map(str.encode))
def test_what_is_no_json_ends(data: bytes) -> None:
    """Without an endless loop; a document of ours is tested by its checksum before."""
    try:
        list(members(data))
    except ValueError:
        return


@pytest.mark.spec("4:31")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.integers(0, 10_000), st.integers(1, 255))
def test_damage_is_found(tmp_path: Path, place: int, flip: int) -> None:
    document = {"params": {"a": {"value": [str(number) for number in range(500)]}}}
    path = _parts(tmp_path / "parts", document)[0]
    data = bytearray(path.read_bytes())
    place = 10 + place % (len(data) - 10)  # the head of gzip holds a time and a name, which are not content
    data[place] ^= flip
    path.write_bytes(data)
    with pytest.raises(DamagedManifest) as error:
        init_params([path], tmp_path / "out")
    assert "the parts of the params" in str(error.value)


@pytest.mark.spec("4:31")
def test_parts_that_are_missing_empty_or_of_another_snapshot(tmp_path: Path) -> None:
    parts = _parts(tmp_path / "parts", {"params": {"a": {"value": os.urandom(50).hex()}}}, count=3)
    for wrong, said in (
        (parts[:2], "are not all there"),
        ([parts[1], parts[0], parts[2]], "are damaged"),
        ([tmp_path / "none"], "cannot be read"),
    ):
        with pytest.raises(DamagedManifest, match=said):
            init_params(wrong, tmp_path / "out")
    with pytest.raises(DamagedManifest, match="checksum"):
        init_params(parts, tmp_path / "out", sha256="0" * 64)
    with pytest.raises(DamagedManifest, match="no whole snapshot"):
        init_params(_parts(tmp_path / "other", b'{"params": [1]}'), tmp_path / "out")
    assert init_params([tmp_path / "parts"], tmp_path / "out") == 1  # a folder stands for its parts


@pytest.mark.spec("4:49")
@pytest.mark.parametrize("name", ["../x", "a/b", "", "/etc/x", "n" * 300, "a\0b"])
def test_a_name_that_is_no_file_is_refused(tmp_path: Path, name: str) -> None:
    parts = _parts(tmp_path / "parts", {"params": {name: {"value": 1}}})
    if name == "":
        assert init_params(parts, tmp_path / "out") == 1  # `.json` is a file
        return
    with pytest.raises(UnsafePath):
        init_params(parts, tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.spec("4:31")
def test_the_program_says_what_is_wrong(tmp_path: Path) -> None:
    from joinery.cli.app import build

    parts = _parts(tmp_path / "parts", {"params": {"a": {"value": 1}}}, count=2)
    arguments = ["init-params", "--destination", str(tmp_path / "out"), "--manifest", str(parts[0])]
    bad = CliRunner().invoke(build(), arguments)
    assert bad.exit_code == 1
    assert "not all there" in bad.output
    good = CliRunner().invoke(build(), [*arguments, "--manifest", str(parts[1])])
    assert (good.exit_code, (tmp_path / "out" / "a.json").read_text()) == (0, "1")
