"""The rules that keep the house in order, as tests."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from stores.lake.layout import RESULTS

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    "stores", "ingestion", "demo_retailer", "linkage", "intelligence", "expectations", "serving", "exports",
    "endpoints", "orchestration", "dashboards",
)  # fmt: skip
LONGEST_FILE = 300
# Folders of like things, one module each, may hold any number of them.
LIKE_THINGS = {"cli", "suites", "versions", "channels", "defs", "sensors", "destinations"}
MODULES_IN_A_FOLDER = 16
VAGUE_NAMES = {"utils", "util", "common", "manager", "managers", "misc"}
# A pinned package, what it is for, or a digest of it: no address of where it comes from.
LOCK_LINE = re.compile(
    r"(?P<name>[a-z0-9][a-z0-9._-]*)(\[[a-z0-9,._-]+\])?==[A-Za-z0-9.!+_-]+( ; [^:/\\]+)?( \\)?"
    r"|    --hash=sha256:[0-9a-f]{64}( \\)?"
)


def tracked(*suffixes: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    return [ROOT / name for name in listed if (not suffixes or name.endswith(suffixes)) and (ROOT / name).is_file()]


def python_files() -> list[Path]:
    return [path for path in tracked(".py") if path.relative_to(ROOT).parts[0] in PACKAGES]


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
    return found


def models() -> dict[str, Path]:
    return {path.stem: path for path in (ROOT / "dbt_project" / "models").rglob("*.sql")}


def layers(path: Path) -> tuple[str, ...]:
    """The folders of a model, without those that the checkout happens to stand in."""
    return path.relative_to(ROOT / "dbt_project").parts


def test_import_contracts_hold():
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_only_orchestration_imports_dagster():
    guilty = [
        path.relative_to(ROOT).as_posix()
        for path in python_files()
        if path.relative_to(ROOT).parts[0] != "orchestration"
        and any(name.split(".")[0].startswith("dagster") for name in imports(path))
    ]
    assert not guilty


def test_no_source_file_is_longer_than_three_hundred_lines():
    # A script of the tests or benchmarks counts too; lock files, data and models that a command writes do not.
    long = {
        path.relative_to(ROOT).as_posix(): len(lines)
        for path in tracked(".py", ".sql", ".yml", ".yaml")
        if len(lines := path.read_text(encoding="utf-8").splitlines()) > LONGEST_FILE
        and not lines[0].startswith("-- Written by `guanxi ")
    }
    assert not long


def test_no_module_has_a_name_that_says_nothing():
    vague = [
        path.relative_to(ROOT).as_posix()
        for path in tracked(".py", ".sql")
        if VAGUE_NAMES & {part.removesuffix(path.suffix) for part in path.relative_to(ROOT).parts}
    ]
    helpers = [path.name for path in ROOT.glob("*/helpers*")]
    assert not vague
    assert not helpers


def test_a_folder_of_unlike_things_holds_about_a_dozen_modules():
    folders: dict[Path, int] = {}
    for path in python_files():
        if path.name != "__init__.py":
            folders[path.parent] = folders.get(path.parent, 0) + 1
    crowded = {
        str(folder.relative_to(ROOT)): modules
        for folder, modules in folders.items()
        if modules > MODULES_IN_A_FOLDER and folder.name not in LIKE_THINGS
    }
    assert crowded == {}, "group what belongs together in a folder of its own"


def test_every_file_and_folder_that_is_named_is_there():
    listed = {str(path.relative_to(ROOT)) for path in tracked()}
    there = listed | {str(parent) for name in listed for parent in Path(name).parents}
    named = re.compile(
        rf"(?<![\w./-])((?:{'|'.join((*PACKAGES, 'dbt_project', 'benchmarks', 'tests'))})/[\w./-]*\w)(?![\w<*{{])"
    )
    # what the reader of a guide writes: a path alone on its line, with the file's text below it
    written = re.compile(r"^`([^`\n]+)`:$", re.M)
    texts = {path: path.read_text(encoding="utf-8") for path in tracked(".py", ".md", ".yml", ".toml", ".sql")}
    gone = {
        f"{path.relative_to(ROOT)}: {name}"
        for path, text in texts.items()
        for name in set(named.findall(text)) - set(written.findall(text))
        # what is written in the example of a channel, what dbt writes, and a pattern with its dot escaped
        if name not in there
        and "online_retail" not in name
        and not name.startswith(("dbt_project/target", "dbt_project/dbt_project"))
    }
    assert gone == set()


def test_marts_never_read_staging():
    staging = {name for name, path in models().items() if "staging" in layers(path)}
    guilty = []
    for name, path in models().items():
        if "marts" not in layers(path):
            continue
        text = path.read_text(encoding="utf-8")
        if set(re.findall(r"ref\(\s*'([^']+)'\s*\)", text)) & staging or "'stg_'" in text or "source(" in text:
            guilty.append(name)
    assert not guilty


def test_only_staging_reads_sources():
    guilty = [
        path.name
        for path in models().values()
        if "staging" not in layers(path) and re.search(r"\bsource\(", path.read_text(encoding="utf-8"))
    ]
    assert not guilty


def test_one_name_for_dlt_dataset_dbt_source_and_asset_prefix():
    from ingestion.channels import discover
    from orchestration.defs.ingest import lake_tables

    channels = discover()
    declared = {}
    for path in (ROOT / "dbt_project" / "models" / "staging").rglob("*.yml"):
        for source in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("sources", []):
            declared[source["name"]] = {table["name"] for table in source["tables"]}
            assert path.name == f"_{path.parent.name}__sources.yml"
            assert source["name"] == f"raw_{path.parent.name}"
    # what models found is read from the lake like a channel, but nobody delivers it
    assert set(declared) == {f"raw_{name}" for name in (*channels, *RESULTS)}
    for name, channel in channels.items():
        assert declared[f"raw_{name}"] <= set(lake_tables(channel))


def test_every_channel_has_one_word_in_the_models_variable():
    from ingestion.channels import discover

    project = yaml.safe_load((ROOT / "dbt_project" / "dbt_project.yml").read_text(encoding="utf-8"))
    assert set(project["vars"]["channels"]) == set(discover())


def test_lock_files_hold_names_versions_and_digests_and_no_address():
    for path in tracked(".lock"):
        wrong = [line for line in path.read_text(encoding="utf-8").splitlines() if not LOCK_LINE.fullmatch(line)]
        assert not wrong, (path.name, wrong[:3])


def test_no_setting_says_where_packages_come_from():
    settings = re.compile(r"index[_-]url|find-links|trusted-host|\[\[tool\.uv\.index\]\]|registry *=")
    guilty = []
    for path in tracked(".toml", ".cfg", ".ini", ".yml", ".yaml", ".sh", ".lock", "Makefile"):
        if settings.search(path.read_text(encoding="utf-8")):
            guilty.append(path.relative_to(ROOT).as_posix())
    assert not guilty


def test_the_product_installs_no_client_of_a_cloud():
    heavy = ("s3fs", "botocore", "aiobotocore", "gcsfs", "adlfs", "dagster-dg-cli", "dagster-cloud-cli")
    names = {found["name"] for line in (ROOT / "requirements.lock").read_text().splitlines()
             if (found := LOCK_LINE.fullmatch(line)) and found["name"]}  # fmt: skip
    assert len(names) > 50
    assert not names & set(heavy)


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_and_public_name_is_described(package):
    bare = []
    for path in python_files():
        if path.relative_to(ROOT).parts[0] != package:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if tree.body and not ast.get_docstring(tree):
            bare.append(path.relative_to(ROOT).as_posix())
        bare += [
            f"{path.relative_to(ROOT)}:{node.name}"
            for node in tree.body
            if isinstance(node, ast.FunctionDef | ast.ClassDef)
            and not node.name.startswith("_")
            and not ast.get_docstring(node)
        ]
    assert not bare


def test_every_direct_dependency_is_pinned_in_both_lock_files():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {re.split(r"[\[<>=~! ]", text)[0].lower() for text in project["dependencies"]}
    for name in ("requirements.lock", "requirements-dev.lock"):
        pinned = {
            line.split("==")[0].split("[")[0].lower() for line in (ROOT / name).read_text().splitlines() if "==" in line
        }
        assert wanted <= pinned


def test_every_duckdb_keeps_the_installations_memory_limit():
    """Connections are opened in one place each; `connect` anywhere else would have DuckDB's own limit."""
    places = {"stores/duckdb_connection.py", "ingestion/encrypted_spill.py"}
    guilty = [
        str(path.relative_to(ROOT))
        for path in python_files()
        if re.search(r"duckdb\.connect\(", path.read_text(encoding="utf-8"))
        and path.relative_to(ROOT).parts[0] != "demo_retailer"
        and str(path.relative_to(ROOT)) not in places | {"expectations/dialect.py"}
    ]
    assert guilty == [], "open it with stores.duckdb_connection.open_duckdb"


def test_texts_from_the_data_are_no_markup_on_the_command_line():
    """A file called `[red]` stays so: tables of the command line are Listings, which escape their cells."""
    guilty = [
        path.name
        for path in (ROOT / "orchestration" / "cli").glob("*.py")
        if path.name != "session.py" and "rich.table" in path.read_text(encoding="utf-8")
    ]
    assert guilty == [], "use orchestration.cli.session.Listing"


def test_nobody_but_serving_opens_a_publication():
    """What compares its own tables with the published ones attaches them; everybody else asks `serving`."""
    opening = re.compile(r"(?:open_duckdb|connect|attach)\b.*\b(?:publication|published|serving)\b")
    attaching = {"expectations/sources.py", "orchestration/branch_diff/compare_branch.py",
                 "orchestration/branch_diff/campaign_diff.py",
                 "orchestration/stewardship/identity_diff.py"}  # fmt: skip
    guilty = [
        f"{name}: {line.strip()}"
        for path in python_files()
        if (name := str(path.relative_to(ROOT))).split("/")[0] not in ("serving", "stores")
        for line in path.read_text(encoding="utf-8").splitlines()
        if (opening.search(line) and "import" not in line and "attaching(" not in line)
        or ("attaching(" in line and name not in attaching)
    ]
    assert guilty == []


def test_there_is_one_way_to_lock_a_file():
    guilty = [
        name
        for path in python_files()
        if (name := str(path.relative_to(ROOT))) != "stores/file_locks.py"
        and {"fcntl", "filelock"} & {one.split(".")[0] for one in imports(path)}
    ]
    assert guilty == [], "take turns with stores.file_locks"


def test_pages_change_things_by_commands_of_the_command_line_alone() -> None:
    starting = {
        path.relative_to(ROOT).as_posix()
        for path in python_files()
        if path.relative_to(ROOT).parts[0] == "dashboards" and imports(path) & {"subprocess", "multiprocessing"}
    }
    assert starting == {"dashboards/commands.py"}


def test_nothing_is_counted_by_a_function_that_is_null_where_there_is_nothing() -> None:
    files = [*python_files(), *models().values()]
    asking = {path.relative_to(ROOT).as_posix() for path in files if "count_if(" in path.read_text(encoding="utf-8")}
    assert not asking, "write count(*) filter (where …): DuckDB's count_if is null over no rows"
