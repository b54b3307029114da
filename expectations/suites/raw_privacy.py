"""Raw in: what should be a token is one, and no mask shows more than a mask may."""

from __future__ import annotations

from expectations.suite import Check, Sources, Suite

TOKEN_PATTERN = "^[0-9a-f]{32}$"  # noqa: S105 - the shape of a token, not a secret
# Digits in a row that a mask may show: 138****1234 has four.
CLEAR_DIGITS_PATTERN = "[0-9０-９]{5}"
MASKED_PATTERN = "[*]"


def relation(sources: Sources) -> str | None:
    """One row per raw row and personal column: its token and mask; read from the lake, not copied."""
    personal = [
        f"select '{table.channel}' as channel, '{table.name}' as target, '{stem}' as column_name,"
        f" _source_file as source_file, _line as line, {stem}_token as token, {stem}_mask as mask"
        f" from {table.relation} as raw"
        for table in sources.lake
        for stem in (name.removesuffix("_mask") for name in table.columns if name.endswith("_mask"))
        if {f"{stem}_token", "_source_file", "_line"} <= set(table.columns)
    ]
    return "\nunion all\n".join(personal) or None


SUITE = Suite(
    boundary="raw",
    name="raw_privacy",
    table="raw_*",
    keys=("channel", "target", "column_name", "source_file", "line"),
    relation=relation,
    is_computed=False,
    checks=(
        Check(
            name="tokens_have_shape",
            expectation="ExpectColumnValuesToMatchRegex",
            column="token",
            arguments={"regex": TOKEN_PATTERN},
            severity="critical",
            description_zh="令牌列只含令牌（32 位十六进制）",
            description_en="Token columns hold tokens only (32 hexadecimal digits)",
            keep_value=False,
        ),
        Check(
            name="masks_hide",
            expectation="ExpectColumnValuesToMatchRegex",
            column="mask",
            arguments={"regex": MASKED_PATTERN},
            severity="critical",
            description_zh="掩码列的每个值都有遮盖",
            description_en="Every value of a mask column hides something",
            keep_value=False,
        ),
        Check(
            name="masks_show_no_number",
            expectation="ExpectColumnValuesToNotMatchRegex",
            column="mask",
            arguments={"regex": CLEAR_DIGITS_PATTERN},
            severity="critical",
            description_zh="掩码列不含可辨认的电话或证件号码",
            description_en="No mask column shows a recognisable phone or id number",
            is_acceptable=True,
            keep_value=False,
        ),
    ),
)
