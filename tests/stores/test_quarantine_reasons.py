"""Every reason that ingestion can write into the quarantine has its Chinese sentence."""

import ast
import csv
import importlib
import itertools
import re
from pathlib import Path

import pytest

from stores import quarantine_reasons
from stores.quarantine_reasons import in_chinese, translated

ROOT = Path(__file__).resolve().parent.parent.parent
RAISED = {"Unreadable", "Incomplete", "KeyTwice", "kind"}
ARGUMENT = {"BrokenRow": 1, "_left_out": 2}
RETURNED = {"_reason", "_currency_reason", "why_unfit", "shown", "above", "twice", "_wrong_width", "notes"}
# What stands where a value does.
VALUE = "'X7'"


class Writer:
    """The texts that the functions of one module can write."""

    def __init__(self, path):
        self.tree = ast.parse(path.read_text(encoding="utf-8"))
        self.module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
        self.found = set()
        for function in ast.walk(self.tree):
            if isinstance(function, ast.FunctionDef):
                self.locals = self._assigned(function)
                for node in ast.walk(function):
                    for text in self._reasons(node, function.name):
                        self.found |= set(self._texts(text))
        if hasattr(self.module, "REASONS"):
            self.found |= set(self.module.REASONS.values())
        if path.stem == "csv_lines":
            self.found |= {self.module.UNCLOSED, self.module.OUTSIDE, self.module.NO_CHARACTERS}

    def _reasons(self, node, function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in RAISED:
                yield node.args[0]
            elif node.func.id in ARGUMENT:
                yield node.args[ARGUMENT[node.func.id]]
            elif node.func.id == "whole_file":
                yield node.args[3]
        if isinstance(node, ast.Return) and function in RETURNED and node.value is not None:
            yield from node.value.elts if isinstance(node.value, ast.List) else [node.value]
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "notes.append":
            yield node.args[0]
        if isinstance(node, ast.ListComp | ast.GeneratorExp) and function in (
            "_choose",
            "read",
            "_say_what_there_is_to_say",
        ):
            yield node.elt

    def _assigned(self, function):
        given = {}
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                given.setdefault(node.targets[0].id, []).append(node.value)
        return given

    def _texts(self, node):
        """Every text that an expression may be; nothing where only its value says it."""
        if isinstance(node, ast.Constant):
            return [node.value] if isinstance(node.value, str) else []
        if isinstance(node, ast.IfExp):
            return [*self._texts(node.body), *self._texts(node.orelse)]
        if isinstance(node, ast.JoinedStr):
            return ["".join(parts) for parts in itertools.product(*map(self._part, node.values))]
        if isinstance(node, ast.Name) and node.id in self.locals:
            return [text for value in self.locals[node.id] for text in self._texts(value)]
        if isinstance(node, ast.Name) and isinstance(getattr(self.module, node.id, None), str):
            return [getattr(self.module, node.id)]
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
            table = getattr(self.module, node.value.id, {})
            return [text for text in table.values() if isinstance(text, str)] if isinstance(table, dict) else []
        return []

    def _part(self, node):
        if isinstance(node, ast.Constant):
            return [node.value]
        return self._texts(node.value) or [VALUE]


def written():
    texts = set()
    for path in sorted((ROOT / "ingestion").rglob("*.py")):
        if {"readers", "contract", "quarantine", "sources"} & set(path.parts):
            texts |= Writer(path).found
    texts |= {
        f"no text but {kind}" for kind in importlib.import_module("ingestion.readers.text_files")._OTHER_KINDS.values()
    }
    return sorted(text for text in texts if text.strip())


WRITTEN = written()


def test_enough_sentences_are_found_to_walk():
    assert len(WRITTEN) > 70
    assert "'X7' fields instead of 'X7'" in WRITTEN


@pytest.mark.parametrize("text", WRITTEN)
def test_every_sentence_that_ingestion_writes_is_said_in_chinese(text):
    told = in_chinese(text)
    assert translated(text) is not None
    names = {"header", "scale", "xlsx", "jsonl", "gzip", "encoding", "parquet"}
    words = set(re.findall(r"\b[a-z]{4,}\b", told.replace("page header", ""))) - names
    assert not words


def test_both_languages_of_a_sentence_have_the_same_values():
    with quarantine_reasons._SENTENCES.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    fields = re.compile(r"\{\d\}")
    assert not [row["en"] for row in rows if set(fields.findall(row["en"])) != set(fields.findall(row["zh"]))]
    assert len({row["en"] for row in rows}) == len(rows)


@pytest.mark.parametrize(
    ("reason", "chinese"),
    [
        ("3 fields instead of 12", "应有 12 个字段，实有 3 个"),
        ("nps: text of 3 characters is not a whole number", "nps：长度为 3 个字符的文本不是整数"),
        ("a: required but empty; b: '1' is not a time", "a：必填，但为空；b：“1”不是时间"),
        ("at: '2025-13-45' is not a time; nps: required but empty", "at：“2025-13-45”不是时间；nps：必填，但为空"),
        (
            "nps: … is not a whole number (2 such, one of them: nps: 'ab' is not a whole number)",
            "nps：“ab”不是整数（同类共 2 种，此为其一）",
        ),
        (
            "required columns missing: id; the header that was seen is 'a', 'b' and 3 more. If a title stands above "
            "the header, say skip_rows. If a column is called otherwise, add that name to its `header`",
            "缺少必需的列：id；读到的表头是 'a', 'b'，另有 3 列。如果表头上方有标题，请设置 skip_rows；"
            "如果列名不同，请把该名称加入该列的 `header`",
        ),
        ("sheet '说明' was not read: required columns missing: id", "工作表“说明”未读取：缺少必需的列：id"),
        (
            "phone: cannot be read, so nobody is known or reached by it; line 25, 43 and 2 more",
            "phone：无法识别，因此不能据此认出或联系任何人；第 25, 43 行，另有 2 行",
        ),
        ("email: holds one more that cannot be read; member_no M1", "email：另有一个无法识别；member_no M1"),
        ("what no list knows", "what no list knows"),
    ],
)
def test_a_reason_is_told_with_its_values(reason, chinese):
    assert in_chinese(reason) == chinese
