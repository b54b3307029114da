"""The words of the page, in English and in Chinese; which of the two is asked for."""

from __future__ import annotations

import shlex

from stores.settings import Settings

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "title": "Receiver",
        "about": "Messages that this installation sent to this machine. Nobody else gets them.",
        "empty": "No message has come yet",
        "empty_hint": "This page shows the first one by itself. What is sent is what the campaign plan decided:",
        "served": "Takes messages of",
        "nobody": "No destination sends here.",
        "folder": "files in",
        "webhook": "webhook",
        "waiting": "Not taken",
        "count": "{count} messages",
        "count_one": "1 message",
        "page": "Page {page} of {pages}",
        "newer": "Newer",
        "older": "Older",
        "more": "New messages. Show them",
        "step": "step {step}",
        "variant": "variant {variant}",
        "version": "version {version}",
        "to": "to {address}",
        "answer": "Answer:",
        "answered": "answered",
        "collected": "in the ledger",
        "uncollected": "Answers marked ○ wait in landing/receipts/. The next run collects them, or now: {command}",
        "ledger": "ledger: {state}",
        "refused": "refused",
        "no_address": "no address",
        "invalid_address": "not a valid address",
        "no_content": "no text",
        "unreadable": "Sealed with another key: it cannot be shown.",
        "follow": "Follow it",
        "stale": "This page is older than the receiver, or was not made by it. Nothing was answered: load it again.",
        "gone": "There is no such message, or no such answer.",
        "back": "Back to the messages",
        "language": "en",
    },
    "zh": {
        "title": "收件器",
        "about": "本套系统发到这台机器上的消息，不会发给其他人。",
        "empty": "还没有收到消息",
        "empty_hint": "收到第一条后，本页会自动显示。发送内容由触达计划决定：",
        "served": "接收以下目的地的消息",
        "nobody": "没有目的地发到这里。",
        "folder": "文件夹",
        "webhook": "Webhook",
        "waiting": "未接收",
        "count": "共 {count} 条",
        "count_one": "共 1 条",
        "page": "第 {page} / {pages} 页",
        "newer": "较新",
        "older": "较早",
        "more": "有新消息，点击查看",
        "step": "第 {step} 步",
        "variant": "版本 {variant}",
        "version": "活动版本 {version}",
        "to": "发往 {address}",
        "answer": "回执：",
        "answered": "已回执",
        "collected": "已入账",
        "uncollected": "标有 ○ 的回执在 landing/receipts/ 中，下次运行时收取；立即收取：{command}",
        "ledger": "账本：{state}",
        "refused": "已拒收",
        "no_address": "没有地址",
        "invalid_address": "地址无效",
        "no_content": "没有内容",
        "unreadable": "由另一把密钥加密，无法显示。",
        "follow": "查看来龙去脉",
        "stale": "页面早于当前的收件器，或不是由它生成。未写回执，请重新打开。",
        "gone": "没有这条消息，或没有这种回执。",
        "back": "返回消息列表",
        "language": "zh-CN",
    },
}


def language_of(accepted: str) -> str:
    """`zh` or `en`: which of the two a browser prefers, by its Accept-Language.

    Args:
        accepted: the header; English where it names neither.
    """
    best, best_weight = "en", 0.0
    for part in accepted[:1_000].split(","):
        name, _, rest = part.strip().partition(";")
        try:
            weight = float(rest.strip().removeprefix("q=")) if rest else 1.0
        except ValueError:
            continue
        language = name.strip().casefold().partition("-")[0]
        if language in WORDS and weight > best_weight:
            best, best_weight = language, weight
    return best


def command(settings: Settings, text: str) -> str:
    """A command line for this installation, with its home unless that is the usual one."""
    is_usual = settings.home == settings.project_root / "data"
    return f"guanxi {text}" if is_usual else f"guanxi {text} --home {shlex.quote(str(settings.home))}"
