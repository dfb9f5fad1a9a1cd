"""Where it is: pytest puts this folder on the path for its sake, so that tests can import what `run.py` does."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "e2e(*numbers): the end to end tests that were asked for, by number")
    config.addinivalue_line("markers", "first: takes so long that the others should run beside it")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("first") is None)
