"""Where it is: pytest puts this folder on the path for its sake, so that tests can import what `run.py` does."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "e2e(*numbers): the end to end tests that were asked for, by number")
    config.addinivalue_line("markers", "alone: disturbs every pod of the node, so that it runs after all others")
    config.addinivalue_line("markers", "first: takes so long that the others should run beside it")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("first") is None)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Groups that are not kept would be tests that disturb each other now and then."""
    if hasattr(session.config, "workerinput"):
        grouped = [item for item in session.items if item.get_closest_marker("xdist_group")]
        if lost := [item.nodeid for item in grouped if "@" not in item.nodeid]:
            raise pytest.UsageError(f"pytest-xdist does not keep the groups of: {', '.join(lost)}")
