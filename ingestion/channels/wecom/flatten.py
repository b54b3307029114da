"""From WeCom's own documents to rows: nested lists become one row each, epoch seconds stay for the contract to read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def contacts(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Rows of `contacts` in one answer of `externalcontact/batch/get_by_user`."""
    for entry in document["external_contact_list"]:
        contact, follow = entry["external_contact"], entry.get("follow_info") or {}
        mobiles = follow.get("remark_mobiles") or []
        yield {
            "external_userid": contact.get("external_userid"),
            "name": contact.get("name"),
            "gender": contact.get("gender"),
            "unionid": contact.get("unionid"),
            "follow_userid": follow.get("userid"),
            "remark": follow.get("remark"),
            "mobile": mobiles[0] if mobiles else None,
            "add_way": follow.get("add_way"),
            "state": follow.get("state"),
            "created_at": follow.get("createtime"),
        }


def groups(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Rows of `groups`: the file holds one group under `group_chat` or several under `groups`."""
    for chat in _chats(document):
        yield {
            "chat_id": chat.get("chat_id"),
            "name": chat.get("name"),
            "owner": chat.get("owner"),
            "created_at": chat.get("create_time"),
        }


def group_members(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Rows of `group_members` of every group in the file."""
    for chat in _chats(document):
        for member in chat.get("member_list") or []:
            yield {
                "chat_id": chat.get("chat_id"),
                "userid": member.get("userid"),
                "member_type": member.get("type"),
                "unionid": member.get("unionid"),
                "name": member.get("name"),
                "join_scene": member.get("join_scene"),
                "joined_at": member.get("join_time"),
            }


def _chats(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    listed = document["groups"] if "groups" in document else [document["group_chat"]]
    for entry in listed:
        yield entry.get("group_chat", entry)
