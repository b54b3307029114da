"""Every refusal that a command can end with, found by following its code: names that it loads, in our packages."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from stores.settings import PROJECT_ROOT

_PACKAGES = ("stores", "serving", "exports", "orchestration", "ingestion", "linkage", "intelligence", "dashboards")
_Definition = ast.FunctionDef | ast.ClassDef


@dataclass(frozen=True)
class Found:
    """What a name stands for: a definition or an assigned value in a module of ours, or (no node) such a module."""

    module: str
    node: ast.AST | None


def templates(commands: list[tuple[str, str]]) -> dict[str, str]:
    """What the commands can say when they refuse, each with `{}` for what is filled in, and where it is raised.

    Args:
        commands: module and function of each.
    """
    said: dict[str, str] = {}
    for module, node in _reached(commands):
        for raised in ast.walk(node):
            if isinstance(raised, ast.Raise) and isinstance(raised.exc, ast.Call) and _is_refusal(module, raised.exc):
                for template in _of_raise(module, raised.exc):
                    said.setdefault(template, f"{module}.{getattr(node, 'name', '')}")
    return said


def every_text(module: str) -> set[str]:
    """Every text in a module's code, as `templates` has them."""
    return {
        text
        for node in ast.walk(_tree(module) or ast.Module([], []))
        if isinstance(node, ast.JoinedStr | ast.Constant)
        for text in _texts(module, node)
    }


def _reached(commands: list[tuple[str, str]]) -> Iterator[tuple[str, ast.AST]]:
    waiting = [found for module, name in commands if (found := _resolve(module, name))]
    assert len(waiting) == len(commands)
    seen = set()
    while waiting:
        found = waiting.pop()
        if found.node is None or found in seen:
            continue
        seen.add(found)
        yield found.module, found.node
        for node in ast.walk(found.node):
            if isinstance(node, ast.Name | ast.Attribute) and (target := _of_expression(found.module, node)):
                waiting.append(target)


def _of_expression(module: str, node: ast.AST) -> Found | None:
    if isinstance(node, ast.Name):
        return _resolve(module, node.id)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        base = _resolve(module, node.value.id)
        return _resolve(base.module, node.attr) if base and base.node is None else None
    return None


def _is_refusal(module: str, call: ast.Call) -> bool:
    found = _of_expression(module, call.func)
    if not found or not isinstance(found.node, ast.ClassDef):
        return False
    if found.node.name == "UserError":
        return True
    return any(_is_refusal(found.module, ast.Call(func=base, args=[], keywords=[])) for base in found.node.bases)


def _of_raise(module: str, call: ast.Call) -> Iterator[str]:
    found = _of_expression(module, call.func)
    assert found
    assert isinstance(found.node, ast.ClassDef)
    for method in found.node.body:
        if isinstance(method, ast.FunctionDef) and method.name == "__init__":
            for inner in ast.walk(method):
                if isinstance(inner, ast.Call) and ast.unparse(inner.func) == "super().__init__":
                    yield from _texts(found.module, inner.args[0])
            return
    if call.args:
        yield from _texts(module, call.args[0])


def _texts(module: str, node: ast.expr) -> Iterator[str]:
    """What an expression can be as text; what cannot be read from it is filled in."""
    if isinstance(node, ast.IfExp):
        yield from _texts(module, node.body)
        yield from _texts(module, node.orelse)
    elif isinstance(node, ast.Constant):
        yield str(node.value).replace("{", "{{").replace("}", "}}")
    elif isinstance(node, ast.JoinedStr):
        text = ""
        for part in node.values:
            constant = _constant(module, part.value) if isinstance(part, ast.FormattedValue) else None
            if isinstance(part, ast.Constant):
                text += str(part.value).replace("{", "{{").replace("}", "}}")
            else:
                text += "{}" if constant is None else constant
        yield text
    elif (constant := _constant(module, node)) is not None:
        yield constant
    elif (
        isinstance(node, ast.Call)
        and (called := _of_expression(module, node.func))
        and isinstance(called.node, ast.FunctionDef)
    ):
        for inner in ast.walk(called.node):
            if isinstance(inner, ast.Return) and isinstance(inner.value, ast.JoinedStr | ast.Constant):
                yield from _texts(called.module, inner.value)


def _constant(module: str, node: ast.expr) -> str | None:
    """The text that a name stands for in its module."""
    found = _of_expression(module, node)
    if found and isinstance(found.node, ast.Constant) and isinstance(found.node.value, str):
        return found.node.value
    return None


@cache
def _tree(module: str) -> ast.Module | None:
    place = PROJECT_ROOT / Path(*module.split("."))
    for path in (place.with_suffix(".py"), place / "__init__.py"):
        if path.exists():
            return ast.parse(path.read_text(encoding="utf-8"))
    return None


@cache
def _imported(module: str) -> dict[str, tuple[str, str]]:
    """What a module imports anywhere in it: name, and the module and name that it has there."""
    found = {}
    for node in ast.walk(_tree(module) or ast.Module([], [])):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in _PACKAGES:
            found |= {alias.asname or alias.name: (str(node.module), alias.name) for alias in node.names}
    return found


@cache
def _resolve(module: str, name: str) -> Found | None:
    for node in (_tree(module) or ast.Module([], [])).body:
        if isinstance(node, _Definition) and node.name == name:
            return Found(module, node)
        if isinstance(node, ast.Assign) and any(isinstance(to, ast.Name) and to.id == name for to in node.targets):
            return Found(module, node.value)
    if name in _imported(module):
        there, original = _imported(module)[name]
        if _tree(f"{there}.{original}") is not None:
            return Found(f"{there}.{original}", None)
        return _resolve(there, original)
    return None


def raised_by(module: str) -> Iterator[str]:
    """What a module's checks of a field say: a `ValueError`, or a mistake at a place of a file."""
    for node in ast.walk(_tree(module) or ast.Module([], [])):
        if isinstance(node, ast.Call) and node.args:
            name = ast.unparse(node.func)
            if name == "ValueError" or name.endswith(".mistake"):
                # what is filled in throughout is said elsewhere
                yield from (text for text in _texts(module, node.args[-1]) if not text.startswith("{}, not"))
