"""What stands in a column of yes and no, or of other known words, without being one of them, where it may be shown.

An answer is no personal data; but a column that was bound to the wrong field may hold somebody's name. So only what
looks like an answer is shown: one word, or words that go on in small letters, and of a column never many
different ones.
"""

from __future__ import annotations

import re

_LONGEST = 20
_MOST_WORDS = 5
_OTHER_SCRIPTS = re.compile("[㐀-鿿가-힣぀-ヿ]")  # whose names cannot be told from other words
_ONE_WORD = re.compile("[A-Za-z]+(?:[-_/][A-Za-z]+)*")
_EAST_ASIAN = re.compile(r"[㐀-鿿가-힣ぁ-ヿ]{1,8}")
_CHANNEL_WORDS = re.compile(
    "短信|彩信|邮|微信|公众号|企微|电话|语音|推送|站内|传真|信函|渠道|通知|营销|画像|"
    "문자|메일|카카오|전화|알림|푸시|우편|メール|電話|郵便|葉書|はがき|ハガキ|アプリ"
)
_ANSWER_WORDS = re.compile(
    "同意|拒|接受|订|退|允许|禁|不|未|已|否|是|待|동의|거부|철회|수신|허용|보류|해지|はい|いいえ|希望|配信|許可|停止"
)


def looks_like_a_name_of_a_channel(value: str) -> bool:
    """Whether a value is one word, as for a message channel (E-Mail, Push-Nachricht, 短信): nobody's whole name."""
    text = value.strip()
    if len(text) > _LONGEST:
        return False
    if _EAST_ASIAN.fullmatch(text):
        return bool(_CHANNEL_WORDS.search(text))
    return bool(_ONE_WORD.fullmatch(text))


def looks_like_an_answer(value: str) -> bool:
    """Whether a value that is not yes or no is another word for it, as far as can be told, and nobody's name."""
    text = value.strip()
    if len(text) > _LONGEST:
        return False
    if _EAST_ASIAN.fullmatch(text):
        return bool(_ANSWER_WORDS.search(text))
    first, *others = re.split("[ '’-]", text)
    # nobody's first and last name: what follows the first word is in small letters
    return (
        first.isalpha()
        and len(others) < 3
        and all(word.isalpha() and word.islower() for word in others)
        and (not _OTHER_SCRIPTS.search(text))
    )


class ShownAnswers:
    """The words of one file that are shown: with many different ones a column holds no answers."""

    def __init__(self) -> None:
        self._seen: dict[str, set[str]] = {}

    def may_show(self, column: str, value: str | None, of_words: bool = False) -> bool:
        """Whether this value of a column of yes and no, or with `of_words` of other known words, is shown."""
        is_harmless = looks_like_an_answer(value or "") or (of_words and looks_like_a_name_of_a_channel(value or ""))
        if not value or not is_harmless:
            return False
        seen = self._seen.setdefault(column, set())
        if len(seen) < _MOST_WORDS:
            seen.add(value)
        return value in seen
