"""Which files are still being written, by their names: one answer for all who read folders that others drop into."""

from __future__ import annotations

from pathlib import PurePath

# What programs append while they write or download, and what spreadsheets and file systems lay beside open files.
_SUFFIXES = (".part", ".partial", ".tmp", ".crdownload", ".filepart", ".download", ".swp")
_PREFIXES = ("~$", ".")


def is_hidden(path: PurePath) -> bool:
    """Whether a path below a landing folder is hidden, or in a hidden folder: nobody asks for such files."""
    return any(part.startswith(_PREFIXES) for part in path.parts)


def is_unfinished(path: PurePath) -> bool:
    """Whether a file's name says that it is still being written."""
    return path.name.startswith(_PREFIXES) or path.name.casefold().endswith(_SUFFIXES)
