"""How often Python looks for objects that only point at each other."""

import gc

# New objects between two looks. Python's own 700 makes a command, which loads a million objects and keeps them, look
# at them again and again: a twentieth of a run's processor time.
_NEW_OBJECTS = 100_000


def look_rarely() -> None:
    """Let this process, and those forked from it, look for such objects rarely."""
    gc.set_threshold(_NEW_OBJECTS, *gc.get_threshold()[1:])
