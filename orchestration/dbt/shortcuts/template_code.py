"""The code that dbt's templates become, kept beside the parse of the project: to make it again costs each run seconds.

The file is as trusted as Python's `__pycache__`: who can write it can write the project itself.
"""

from __future__ import annotations

import contextlib
import hashlib
import marshal
import sys
from collections.abc import Callable, Iterator
from functools import partial, wraps
from importlib.metadata import version
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING, Any

from stores.atomic_files import replacing

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

FILE = "template_code.bin"
# By the kind of environment and the template's text.
_code: dict[tuple[str, str], CodeType] = {}


def reuse_code() -> None:
    """Compile no template of this process twice, nor one whose code was taken up; a second call changes nothing."""
    from dbt_common.clients import jinja

    environment = jinja.MacroFuzzEnvironment
    compile_template = environment.compile
    if hasattr(compile_template, "__wrapped__"):
        return

    @wraps(compile_template)
    def compile_once(self: Any, source: Any, *further: Any, **options: Any) -> Any:
        if not isinstance(source, str) or further or options or jinja.MACRO_DEBUGGING:
            return compile_template(self, source, *further, **options)
        key = type(self).__name__, source
        if key not in _code:
            _code[key] = compile_template(self, source)
        return _code[key]

    environment.compile = compile_once  # type: ignore[method-assign]  # Jinja keeps code of template files alone


def take_up(folder: Path) -> bool:
    """Take up the code that is kept in the folder of a parse; whether there was any, of these versions."""
    with contextlib.suppress(OSError):
        digest, _, kept = (folder / FILE).read_bytes().partition(b"\n")
        if digest == _digest(kept):
            _code.update(marshal.loads(kept))  # noqa: S302  written here, as Python does with its own
            return True
    return False


def keep(folder: Path) -> None:
    """Keep the code of all templates compiled or taken up so far in the folder of a parse, if it may be written."""
    with contextlib.suppress(OSError), replacing(folder / FILE) as draft:
        kept = marshal.dumps(_code)
        draft.write_bytes(_digest(kept) + b"\n" + kept)


def compilations(manifest: Manifest) -> list[Callable[[], object]]:
    """What compiles the templates of a project, one each: its macros, nodes and the arguments of its tests."""
    from dbt_common.clients.jinja import get_environment, template_cache

    macros = manifest.macros.values()
    text, native = get_environment(), get_environment(native=True)
    found: list[Callable[[], object]] = [partial(template_cache.get_node_template, macro) for macro in macros]
    for node in manifest.nodes.values():
        found.append(partial(text.compile, node.raw_code))
        arguments = getattr(getattr(node, "test_metadata", None), "kwargs", {})
        found += [partial(native.compile, argument) for argument in set(_texts(arguments))]
    return found


def _texts(value: object) -> Iterator[str]:
    """Every text in nested lists and dictionaries."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)


def _digest(kept: bytes) -> bytes:
    """Of the code and of the versions that it was made by: code that is damaged must not make other SQL."""
    versions = " ".join([sys.version, *(version(name) for name in ("jinja2", "dbt-core", "dbt-common"))])
    return hashlib.sha256(versions.encode() + kept).hexdigest().encode()
