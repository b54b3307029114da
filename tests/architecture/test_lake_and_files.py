"""One place knows the layout of the lake, and one place puts files in the place of others."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.test_house_rules import ROOT, python_files

LAYOUT = re.compile(r"_dlt_loads|_dlt_version|_parts/|raw_\*/|00000000000\.|compacted\.")
# A publication puts one folder of many files on the disk at its end, not each file for itself.
PUTS_FILES = {"stores/atomic_files.py", "stores/publication.py", "stores/publication_files/tables.py"}
# Only dlt's own folders, of which a model's columns may depend, and what a damaged load is moved to.
KNOWS_LAYOUT = {"orchestration/dbt/node_fingerprints.py"}
MOVES_FILES = {"stores/lake/checksums.py"}


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def method(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def owner(call: ast.Call) -> str:
    return ast.unparse(call.func.value) if isinstance(call.func, ast.Attribute) else ""


def texts(tree: ast.AST) -> Iterator[str]:
    """Every text of a module that is no description."""
    described = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in described:
            yield node.value


def knows_the_layout(tree: ast.AST) -> list[str]:
    """What a module says of the lake's folders and files."""
    found = [text for text in texts(tree) if LAYOUT.search(text)]
    for call in calls(tree):
        lists = method(call) in {"glob", "rglob", "iterdir"} and re.search(r"\blake\b|\bdataset\b", owner(call))
        if lists or (method(call) == "read_parquet" and "lake" in ast.unparse(call)):
            found.append(ast.unparse(call))
    return found


def puts_files(tree: ast.AST) -> list[str]:
    """Where a module lets a file take the place of another."""
    return [
        ast.unparse(call)
        for call in calls(tree)
        if (method(call) in {"replace", "rename"} and len(call.args) == 1 and not call.keywords)
        or (owner(call) in {"os", "shutil"} and method(call) in {"replace", "rename", "renames", "move"})
    ]


def test_nobody_but_its_own_package_knows_the_layout_of_the_lake():
    guilty = {}
    for path in python_files():
        name = str(path.relative_to(ROOT))
        found = knows_the_layout(ast.parse(path.read_text(encoding="utf-8")))
        if found and not name.startswith(("stores/lake/", "ingestion/lake/")) and name not in KNOWS_LAYOUT:
            guilty[name] = found
    assert guilty == {}, "ask stores.lake.reader for rows, loads and tables, and stores.lake.layout for places"


def test_there_is_one_way_to_put_a_file_in_the_place_of_another():
    guilty = {}
    for path in python_files():
        name = str(path.relative_to(ROOT))
        found = puts_files(ast.parse(path.read_text(encoding="utf-8")))
        if found and name not in PUTS_FILES | MOVES_FILES:
            guilty[name] = found
    assert guilty == {}, "write with stores.atomic_files"


@pytest.mark.parametrize(
    "line",
    [
        "sorted(settings.lake.glob('raw_shop/orders/*'))",
        "f'{folder}/_dlt_loads/*.jsonl'",
        "connection.read_parquet(str(settings.lake / 'raw_shop' / 'orders'))",
    ],
)
def test_a_reader_of_the_lake_beside_the_one_is_found(line: str):
    assert knows_the_layout(ast.parse(line))


@pytest.mark.parametrize(
    "line", ["draft.replace(path)", "os.replace(draft, path)", "part.rename(Path('x'))", "shutil.move(a, b)"]
)
def test_a_stray_way_to_replace_a_file_is_found(line: str):
    assert puts_files(ast.parse(line))
    assert not puts_files(ast.parse("text.replace('a', 'b'); moment.replace(tzinfo=None); table.rename(columns={})"))


def test_one_place_opens_duckdb_without_a_progress_bar_of_its_own() -> None:
    ways = {"duckdb.connect", "duckdb.sql", "duckdb.query", "duckdb.execute"}
    opening = {
        path.relative_to(ROOT).as_posix()
        for path in python_files()
        if ways & {ast.unparse(call.func) for call in calls(ast.parse(path.read_text(encoding="utf-8")))}
    }
    # rows in clear wait encrypted: a connection with settings of its own
    assert opening == {"stores/duckdb_connection.py", "ingestion/encrypted_spill.py"}
