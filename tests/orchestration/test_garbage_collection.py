"""A command collects garbage rarely, and still collects it."""

import gc

import pytest

from orchestration.garbage_collection import look_rarely


class Ring:
    """Points at itself, so that only a collection frees it."""

    freed = 0

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        Ring.freed += 1


@pytest.fixture(autouse=True)
def _as_before():
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


def test_garbage_is_collected_in_portions_of_a_hundred_thousand() -> None:
    gc.set_threshold(700, 10, 10)
    look_rarely()
    gc.collect()
    Ring.freed = 0
    for _ in range(1_000):
        Ring()
    assert Ring.freed == 0
    for _ in range(200_000):
        Ring()
    assert Ring.freed > 50_000
