"""Exhibition leads: one Excel workbook per fair, typed in at the stand, with Chinese headers."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import xlsxwriter

from demo_retailer import vocabulary
from demo_retailer.people.population import People
from demo_retailer.people.shopping_calendar import DAY_SECONDS
from demo_retailer.people.typed_spellings import known_emails, known_phones, name_texts
from demo_retailer.people_block import Block
from demo_retailer.seeded_draws import Ints, chance, moments, only_where, paste, scattered_ids, take

_SHARE = 0.035
_HEADERS = ["编号", "姓名", "手机", "邮箱", "公司", "职位", "城市", "感兴趣产品", "同意接收短信", "展会", "登记时间"]
_FAIRS = (("智慧家居展", 400), ("家电及消费电子博览会", 245), ("进口博览会", 20))
_POP_UP = (("社区体验日", 1),)  # what a single day has
_INDUSTRIES = pa.array(
    ["科技有限公司", "贸易有限公司", "酒店管理有限公司", "教育咨询有限公司", "装饰工程有限公司", "商贸有限公司"]
)
_MARKS = pa.array(["华盛", "远航", "恒通", "嘉禾", "启明", "新锐", "博雅", "蓝海", "金桥", "同创", "瑞丰", "天成"])
_TITLES = pa.array(["采购经理", "总经理", "行政主管", "设计师", "店长", "市场总监", "工程师", "创始人"])
_COLUMN_WIDTHS = [14, 12, 20, 30, 26, 12, 12, 24, 14, 24, 20]


def write_exhibitions(block: Block) -> None:
    """Write the workbook of each fair."""
    rng = block.stream("exhibitions")
    visits = np.flatnonzero(chance(rng, _SHARE, len(block.people)))
    fairs, days = (_POP_UP, 1) if block.calendar.is_one_day else (_FAIRS, 3)
    fair = rng.integers(0, len(fairs), len(visits))
    for number, (name, days_ago) in enumerate(fairs):
        people = block.people.pick(visits[fair == number])
        if not len(people):
            continue
        opening = block.calendar.last - days_ago
        at = (opening + rng.integers(0, days, len(people))) * DAY_SECONDS + rng.integers(
            9 * 3_600, 17 * 3_600, len(people)
        )
        year = np.datetime64(opening, "D").astype("datetime64[Y]")
        ids = scattered_ids("E", people.number)
        block.truth.add("exhibitions", ids, people.number)
        leads = _leads(rng, people, ids, f"{year}{name}", at)
        rows = list(zip(*(column.to_pylist() for column in leads), strict=True))
        broken = block.part == 0 and number == 0
        _write_workbook(block, f"{year}{name}_{block.part:04d}.xlsx", rows, broken)


def _leads(rng: np.random.Generator, people: People, ids: pa.Array, fair: str, at: Ints) -> list[pa.Array]:
    count = len(people)
    company = paste(
        people.cities(),
        take(_MARKS, rng.integers(0, len(_MARKS), count)),
        take(_INDUSTRIES, rng.integers(0, len(_INDUSTRIES), count)),
    )
    names = vocabulary.column("products", "product_name")
    return [
        ids,
        name_texts(rng, people),
        known_phones(rng, people, 0.9),
        known_emails(rng, people, 0.7),
        only_where(chance(rng, 0.85, count), company),
        only_where(chance(rng, 0.7, count), take(_TITLES, rng.integers(0, len(_TITLES), count))),
        people.cities(),
        take(names, rng.integers(0, len(names), count)),
        take(pa.array(["否", "是"]), people.habits.sms_opt_in.astype(np.int64)),
        take(pa.array([fair]), np.zeros(count, dtype=np.int64)),
        moments(at),
    ]


def _write_workbook(block: Block, name: str, rows: list[tuple[object, ...]], broken: bool) -> None:
    """Write the rows as an Excel table; a broken one gets a date that is none and a row typed twice."""
    with block.landing.file("exhibitions", name) as path:
        # A fixed creation time: the same world gives the same bytes.
        book = xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd hh:mm:ss"})
        book.set_properties({"created": np.datetime64(block.calendar.last, "D").astype("datetime64[s]").item()})
        sheet = book.add_worksheet("登记表")
        sheet.write_row(0, 0, _HEADERS, book.add_format({"bold": True}))
        for column, width in enumerate(_COLUMN_WIDTHS):
            sheet.set_column(column, column, width)
        if broken:
            rows = [*rows, rows[0], ("E-BROKEN-1", *rows[0][1:-1], "二月三十日")]
        for row, values in enumerate(rows, start=1):
            sheet.write_row(row, 0, values)
        book.close()
