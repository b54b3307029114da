"""Ends process groups when the process that started this one is gone, by kill -9 too; a program of its own.

Run as a file by `child_processes`, with nothing imported but this. Standard input is a pipe from the parent: a line for
each group, and its end when the parent is gone, however it went. The argument is how long SIGTERM is given.
"""

import os
import signal
import sys
import time


def main() -> None:
    """Listen, then end them."""
    groups = [int(line) for line in sys.stdin.buffer]
    deadline = time.monotonic() + float(sys.argv[1])
    _signal(groups, signal.SIGTERM)
    while time.monotonic() < deadline and _signal(groups, 0):
        time.sleep(0.1)
    _signal(groups, signal.SIGKILL)


def _signal(groups: list[int], number: int) -> bool:
    """Send it; whether any of the groups is there."""
    found = False
    for group in groups:
        try:
            os.killpg(group, number)
            found = True
        except (ProcessLookupError, PermissionError):
            pass
    return found


if __name__ == "__main__":
    main()
