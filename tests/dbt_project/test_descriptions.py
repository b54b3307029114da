"""What a Chinese reader of the data docs and of the app finds said in Chinese; read from the files alone."""

from __future__ import annotations

import re

import yaml

from tests.testing.dbt.dbt_runner import PROJECT

CHINESE = re.compile(r"[\u4e00-\u9fff]")
IN_BRACKETS = re.compile(r"\([^()]*[\u4e00-\u9fff][^()]*\)")
DOCS = dict(
    re.findall(
        r"{% docs (\w+) %}\n(.*?)\n{% enddocs %}",
        (PROJECT / "models" / "docs" / "columns.md").read_text(encoding="utf-8"),
        re.DOTALL,
    )
)


def published():
    """Every published model as its yml has it."""
    for path in sorted((PROJECT / "models" / "marts").rglob("*.yml")):
        yield from yaml.safe_load(path.read_text(encoding="utf-8")).get("models", [])


def meaning(described) -> str:
    """The description of a model or column, that of a block where it names one."""
    text = described["description"]
    block = re.fullmatch(r"{{ doc\('(\w+)'\) }}", text)
    return DOCS[block[1]] if block else text


def test_every_published_table_and_column_has_its_chinese_name_in_brackets():
    segments = [model["name"] for model in published() if is_segment(model)]
    assert segments
    nameless = [
        model["name"] for model in published() if not is_segment(model) if not IN_BRACKETS.search(meaning(model))
    ]
    nameless += [
        f"{model['name']}.{column['name']}"
        for model in published()
        for column in model["columns"]
        if not IN_BRACKETS.search(meaning(column))
    ]
    assert nameless == []


def test_every_published_number_says_its_unit():
    numbers = re.compile(r"(int|bigint|smallint|double|float|decimal\(.*\))$")
    columns = {
        f"{model['name']}.{column['name']}": (
            column["data_type"],
            re.search(r"\bUnit: ([^.]+)\.$", meaning(column).strip()),
        )
        for model in published()
        for column in model["columns"]
        if numbers.match(column.get("data_type", ""))
    }
    assert len(columns) > 300
    assert [name for name, (_, unit) in columns.items() if not unit] == []
    money = {name: unit[1] for name, (kind, unit) in columns.items() if kind == "decimal(18, 2)" and unit}
    assert [name for name, unit in money.items() if "currency" not in unit and "points" not in unit] == []
    shares = {name: unit[1] for name, (_, unit) in columns.items() if unit and re.search(r"_(share|rate)$", name)}
    assert set(shares.values()) == {"share 0 to 1"}


def is_segment(model) -> bool:
    """Whether the app shows the model as a segment, by the names of its meta."""
    return "meta" in model.get("config", {}) and model["name"].startswith("segment_")


def test_every_segment_is_named_and_described_in_both_languages():
    models = {model["name"]: model for model in published() if model["name"].startswith("segment_")}
    models.pop("segment_members")
    assert models
    for name, model in models.items():
        meta = model["config"]["meta"]
        assert CHINESE.search(meta["name_zh"]), name
        assert CHINESE.search(meta["description_zh"]), name
        # The app shows them as they are.
        assert not CHINESE.search(meta["name_en"] + meaning(model)), name


def test_what_a_seed_or_a_model_says_in_chinese_has_chinese_punctuation():
    half = re.compile(r"[\u4e00-\u9fff][,:;!?()]|[,:;!?()][\u4e00-\u9fff]")
    spoken = [
        f"{path.stem}: {text}"
        for path in (PROJECT / "models" / "marts").rglob("*.sql")
        for text in re.findall(r"'([^'\n]*)'", path.read_text(encoding="utf-8"))
        if half.search(text) or re.fullmatch(r",.*[\u4e00-\u9fff].*", text)
    ]
    spoken += [
        f"{path.stem}: {cell}"
        for path in (PROJECT / "seeds").rglob("*.csv")
        if path.stem not in WORDS_OF_OTHERS
        for cell in re.findall(r'"[^"]*"|[^,\n]+', path.read_text(encoding="utf-8"))
        if half.search(cell)
    ]
    assert spoken == []


# Words that people and tools write; they are compared, not shown.
WORDS_OF_OTHERS = {"anonymous_customer_words", "receipt_events", "bounce_classes", "identity_blocked_values"}
