"""`guanxi try`: the engine on a file of one's own, in a home that is thrown away."""

from __future__ import annotations

import os
import tempfile
import time
import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from orchestration.cli.session import Listing, console, open_session
from stores.counted import counted
from stores.errors import UserError

app = typer.Typer(no_args_is_help=True, help="Try a part of the platform on a file, without an installation.")

# A file is tried to see what belongs together; in an installation a wrong merge sends somebody's messages to another,
# so `vars.linkage_join_probability` there is stricter.
_JOIN = 0.8
_REVIEW = 0.3
_SHOWN_ROWS = 5
# What fewer records show is chance.
_TOO_FEW = 100


@app.command("identity")
def identity(
    records: Annotated[Path, typer.Argument(metavar="RECORDS.csv", help="Person records, one a line, with a header.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="CLUSTERS.csv", help="Where record_id,cluster_id go.")],
    edges: Annotated[
        Path | None, typer.Option("--edges", metavar="EDGES.csv", help="Also write why records were joined or not.")
    ] = None,
    mapping: Annotated[
        list[str] | None,
        typer.Option("--map", "-m", metavar="COLUMN=FIELD", help="What a column means, where its name does not say."),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            "-c",
            metavar="FILE",
            help="TOML: join_probability, review_probability, linkage, and a section \\[map].",
        ),
    ] = None,
) -> None:
    """Find out which records are one person.

    Reads a CSV with columns such as first_name, last_name, name, dob, phone, email, address, city, postcode; say with
    --map what other names mean, what is left is ignored. No training labels are needed. The engine is the pipeline's
    own: tokens, guards, linkage, closure.
    """
    started = time.monotonic()
    words = _config(config)
    pairs = {**words.pop("map", {}), **pairs_of(mapping or [])}
    records, out, edges = records.expanduser(), out.expanduser().absolute(), edges and edges.expanduser().absolute()
    check_places(records, out, edges)
    with tempfile.TemporaryDirectory(prefix="guanxi-try-") as folder:
        settings = open_session(Path(folder))
        from linkage.run import Thresholds
        from orchestration.trial.column_detection import people_file
        from orchestration.trial.identity_trial import try_identity

        join, review = words["join_probability"], words["review_probability"]
        thresholds = Thresholds(join, review, forgiving=True) if words["linkage"] else None
        file = people_file(records, pairs)
        taken = ", ".join(f"{column} → {name}" if column != name else name for name, column in file.fields.items())
        console.print(f"[bold]{escape(records.name)}[/bold]: {escape(taken)}", soft_wrap=True)
        if file.ignored:
            unused = f"  not used: {', '.join(file.ignored)} (say what they are with --map)"
            console.print(unused, style="yellow", markup=False)
        trial = try_identity(settings, file, thresholds, out, edges)
    _tell(trial, time.monotonic() - started, out, edges)


def check_places(records: Path, *outputs: Path | None) -> None:
    """Refuse an output that cannot be written, and one that would overwrite the file or another output.

    Raises:
        UserError: for the first such place.
    """
    taken = [records.resolve()]
    for place in outputs:
        if place is None:
            continue
        if not place.parent.is_dir():
            raise UserError(f"{place}: there is no folder {place.parent}. Make it or choose another place.")
        if place.is_dir():
            raise UserError(f"{place} is a folder. Name a file in it, such as {place / 'result.csv'}.")
        if not os.access(place if place.exists() else place.parent, os.W_OK):
            raise UserError(f"{place} must not be written by you. Choose another place or change its rights.")
        if place.resolve() in taken:
            raise UserError(f"{place} is used twice: what is read and what is written need a file of their own each.")
        taken.append(place.resolve())


def _tell(trial: Any, seconds: float, out: Path, edges: Path | None) -> None:
    is_small = bool(trial.linkage and 0 < trial.linkage.compared < _TOO_FEW)
    if trial.weights and not is_small:
        table = Listing("Compared", "Agreement weighs up to", "Difference weighs", title="Bits of evidence")
        for name, (highest, lowest) in trial.weights.items():
            table.add_row(name.replace("_", " "), f"{highest:+.1f}", f"{lowest:+.1f}")
        console.print(table)
    people = "1 person" if trial.clusters == 1 else f"{trial.clusters:,} people"
    console.print(
        f"{counted(trial.records, 'record')} {'is' if trial.records == 1 else 'are'} {people}; "
        f"the largest cluster has {trial.largest}. {seconds:.1f} s"
    )
    if is_small:
        console.print(
            f"{counted(trial.linkage.compared, 'record')} to compare {'is' if trial.linkage.compared == 1 else 'are'} "
            f"too few to learn from (less than {_TOO_FEW}): what an agreement or a difference weighs is a guess, so "
            "look at each probable link yourself, or try a larger part of your records. Equal identifiers join all "
            "the same.",
            style="yellow", soft_wrap=True,
        )  # fmt: skip
    if trial.linkage:
        _tell_linkage(trial.linkage)
    if trial.repeated:
        one = trial.repeated
        console.print(
            f"{one.ids:,} record ids come more than once, such as {', '.join(one.examples)}: all their rows are in "
            f"the output. {one.other_people:,} of the rows are about another person than the first of their id and "
            "count as a record of their own.",
            style="yellow", markup=False, soft_wrap=True,
        )  # fmt: skip
    for column in trial.unreadable:
        console.print(
            f"{column.unreadable:,} of {column.values:,} values of {column.column} cannot be read and link nobody: "
            "rounded by a spreadsheet, a wrong check digit, or not of that kind.",
            style="yellow", soft_wrap=True,
        )  # fmt: skip
    for beyond in trial.warnings:
        console.print(
            f"Warning: {beyond.name}: {beyond.value:.3g}, more than {beyond.bound:g}. An installation would not "
            "publish this (seeds/identity/identity_bounds.csv). Look first at the people of "
            f"{', '.join(beyond.records)}.",
            style="yellow", markup=False, soft_wrap=True,
        )  # fmt: skip
    tell_rejected(trial.rejected)
    console.print(f"Written: {out}" + (f", {edges}" if edges else ""), soft_wrap=True, markup=False)


def tell_rejected(rejected: list[Any]) -> None:
    """Name the first lines that were not read, and how many more there are."""
    for row in rejected[:_SHOWN_ROWS]:
        console.print(f"  line {row.line} was not read: {row.reason}", style="yellow", markup=False, soft_wrap=True)
    if len(rejected) > _SHOWN_ROWS:
        console.print(f"  and {len(rejected) - _SHOWN_ROWS:,} more lines were not read", style="yellow")


def _tell_linkage(linkage: Any) -> None:
    if linkage.compared < linkage.profiles or linkage.left_out:
        some = linkage.compared > 0
        compared = f"Only {linkage.compared:,} records were" if some else "No records were"
        left_out = "the others" if some else "them"
        console.print(
            f"{compared} compared for probable links: nothing in {left_out} identifies a person. A phone number, an "
            "e-mail, an id number does, and a name together with a birthday or an address to the door; towns, "
            "postcodes, companies, jobs or a name alone do not.",
            style="yellow", soft_wrap=True,
        )  # fmt: skip
    if linkage.compared > 1:
        many = linkage.for_review
        pairs = f"{counted(many, 'more pair')} {'is' if many == 1 else 'are'}" if many else "No other pair is"
        console.print(f"{pairs} doubtful{' and not joined' if many else ''}.")


def pairs_of(texts: list[str]) -> dict[str, str]:
    """What `--map COLUMN=FIELD` says.

    Raises:
        UserError: a text is no such pair.
    """
    pairs = {}
    for text in texts:
        column, equals, name = text.rpartition("=")
        if not equals or not column.strip() or not name.strip():
            raise UserError(f"--map {text}: write COLUMN=FIELD, for example --map cell=phone.")
        pairs[column.strip()] = name.strip()
    return pairs


def _config(path: Path | None) -> dict[str, Any]:
    """The settings of a trial: the defaults with those of a file over them.

    Raises:
        UserError: no such file, not TOML, an unknown setting or a wrong value.
    """
    words: dict[str, Any] = {"join_probability": _JOIN, "review_probability": _REVIEW, "linkage": True, "map": {}}
    if path is None:
        return words
    try:
        given = tomllib.loads(path.expanduser().read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as bad:
        raise UserError(f"{path} cannot be read as TOML: {bad}.") from bad
    for name, value in given.items():
        if name not in words:
            raise UserError(f"{path}, {name}: unknown setting. Known are {', '.join(words)}.")
        right = isinstance(value, int | float) and not isinstance(value, bool) if "probability" in name else True
        if "probability" in name and not (right and 0 < value < 1):
            raise UserError(f"{path}, {name}: must be a number between 0 and 1, got {value!r}.")
        if name == "linkage" and not isinstance(value, bool):
            raise UserError(f"{path}, linkage: must be true or false, got {value!r}.")
        if name == "map" and not (isinstance(value, dict) and all(isinstance(one, str) for one in value.values())):
            raise UserError(f'{path}, map: must be a table of COLUMN = "field".')
        words[name] = value
    if words["review_probability"] > words["join_probability"]:
        words["review_probability"] = words["join_probability"]
        if "review_probability" in given:
            raise UserError(f"{path}, review_probability: must not be above join_probability.")
    return words
