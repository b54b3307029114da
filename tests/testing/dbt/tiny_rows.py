"""The rows of the standard tiny lake: every channel has at least one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Rows = Sequence[Mapping[str, Any]]


def person(token: str, kind: str) -> dict[str, str]:
    """Token and mask of a personal value, and the reference of a name: `person("p1", "phone")`."""
    reference = {f"{kind}_ref": f"of {token}"} if kind == "name" else {}
    return {f"{kind}_token": token, f"{kind}_mask": f"{token}***", **reference}


def standard_rows() -> list[tuple[str, str, dict[str, Rows]]]:
    """Loads that give every channel at least one row: (channel, load id, tables)."""
    day = "2026-06-01 10:00:00"
    anna = {**person("phone-anna", "phone"), **person("name-anna", "name")}
    in_shop = {**person("phone-anna", "mobile"), **person("name-anna", "name"), **person("mail-anna", "email")}
    line = {"sku": "A1", "product_name": "茶", "category": "茶叶", "quantity": 2, "unit_price": 50, "amount": 100}
    return [
        (
            "shop",
            "1000.1",
            {
                "customers": [
                    {
                        "customer_id": "S1",
                        **in_shop,
                        "gender": "女",
                        "city": "杭州市",
                        "birthday": "1990-05-01",
                        "sms_opt_in": True,
                        "email_opt_in": False,
                        "registered_at": day,
                        "updated_at": day,
                    },
                    {"customer_id": "S2", "is_test": True, "registered_at": day, "updated_at": day},
                ],
                "orders": [
                    {
                        "order_id": "O1",
                        "customer_id": "S1",
                        "status": "completed",
                        "currency": "CNY",
                        "total_amount": 100,
                        "created_at": day,
                        "paid_at": day,
                        "updated_at": day,
                    }
                ],
                "order_lines": [{"order_id": "O1", "line_no": 1, **line, "updated_at": day}],
            },
        ),
        (
            "pos",
            "1000.2",
            {
                "customers": [
                    {
                        "pos_customer_id": "P1",
                        **anna,
                        "member_no": "M1",
                        "sms_opt_in": True,
                        "registered_at": day,
                        "updated_at": day,
                    }
                ],
                "sales": [
                    {"sale_id": "R1", "pos_customer_id": "P1", "total_amount": 80, "sold_at": day, "updated_at": day},
                    {
                        "sale_id": "R2",
                        "pos_customer_id": "P1",
                        "total_amount": -30,
                        "refund_of": "R1",
                        "sold_at": "2026-06-03 10:00:00",
                        "updated_at": day,
                    },
                    {
                        "sale_id": "R3",
                        "pos_customer_id": "P1",
                        "total_amount": -5,
                        "refund_of": "R0",
                        "sold_at": day,
                        "updated_at": day,
                    },
                ],
                "sale_lines": [
                    {"sale_id": "R1", "line_no": 1, **line, "updated_at": day},
                    {"sale_id": "R2", "line_no": 1, **line, "updated_at": day},
                ],
            },
        ),
        (
            "app",
            "1000.3",
            {
                "users": [
                    {
                        "app_user_id": "A1",
                        "device_id": "D1",
                        **person("phone-anna", "phone"),
                        "push_opt_in": True,
                        "registered_at": day,
                        "updated_at": day,
                    }
                ],
                "events": [
                    {"event_id": "E1", "app_user_id": "A1", "event_name": "open", "occurred_at": day},
                    {"event_id": "E1", "app_user_id": "A1", "event_name": "open", "occurred_at": day},
                ],
            },
        ),
        (
            "web",
            "1000.4",
            {
                "events": [
                    {"event_id": "W1", "cookie_id": "C1", "event_name": "view", "url": "/tea", "occurred_at": day},
                    {
                        "event_id": "W2",
                        "cookie_id": "C1",
                        "shop_customer_id": "S1",
                        "event_name": "cart",
                        "occurred_at": day,
                    },
                ]
            },
        ),
        (
            "exhibitions",
            "1000.5",
            {"leads": [{"lead_no": "L1", **anna, "company": "山水公司", "sms_opt_in": True, "registered_at": day}]},
        ),
        (
            "service",
            "1000.6",
            {
                "tickets": [
                    {
                        "ticket_id": "T1",
                        **person("name-anna", "customer_name"),
                        **person("phone-anna", "phone"),
                        "contact_channel": "hotline",
                        "ticket_type": "complaint",
                        "severity": "P1",
                        "text": "杯子碎了",
                        "satisfaction": 2,
                        "created_at": day,
                        "updated_at": day,
                    }
                ]
            },
        ),
        (
            "wecom",
            "1000.7",
            {
                "contacts": [
                    {
                        "external_userid": "X1",
                        "follow_userid": "staff",
                        **person("nick", "name"),
                        **person("phone-anna", "mobile"),
                        "gender": 2,
                        "created_at": day,
                    }
                ],
                "groups": [{"chat_id": "G1", "name": "茶友群", "owner": "staff", "created_at": day}],
                "group_members": [
                    {"chat_id": "G1", "userid": "X1", "member_type": 2, "joined_at": day},
                    {"chat_id": "G1", "userid": "staff", "member_type": 1, "joined_at": day},
                ],
            },
        ),
        (
            "surveys",
            "1000.8",
            {
                "responses": [
                    {
                        "response_id": "Q1",
                        "survey_name": "交付回访",
                        "scene": "交付",
                        **person("phone-anna", "phone"),
                        "nps": 9,
                        "csat": 5,
                        "comment": "很好",
                        "is_anonymous": False,
                        "answered_at": day,
                    },
                    {"response_id": "Q2", "scene": "交付", "comment": "一般", "is_anonymous": True, "answered_at": day},
                ]
            },
        ),
        (
            "loyalty",
            "1000.9",
            {
                "members": [
                    {"member_no": "M1", **anna, "sms_opt_in": False, "joined_at": day, "updated_at": day},
                ],
                "points": [
                    {
                        "entry_id": "E1",
                        "member_no": "M1",
                        "kind": "earn",
                        "points": 100,
                        "occurred_at": day,
                        "updated_at": day,
                    }
                ],
            },
        ),
        (
            "activities",
            "1001.1",
            {
                "registrations": [
                    {
                        "registration_id": "N1",
                        "activity_id": "K1",
                        "activity_name": "茶会",
                        "activity_type": "workshop",
                        **anna,
                        "score": 5,
                        "invited_at": day,
                        "confirmed_at": day,
                        "attended_at": day,
                        "updated_at": day,
                    }
                ]
            },
        ),
        (
            "operations",
            "1001.2",
            {
                "consents": [
                    {
                        "identifier_type": "phone",
                        "identifier_token": "phone-anna",
                        "channel": "sms",
                        "purpose": "marketing",
                        "granted": True,
                        "source": "app",
                        "changed_at": day,
                        "updated_at": day,
                    }
                ],
                # taken back, so that it changes nothing
                "identity_decisions": [
                    {
                        "decision_id": "d_1",
                        "decision": "separate",
                        "left_profile_id": "pos:P1",
                        "right_profile_id": "shop:S1",
                        "reason": "looked like mother and daughter",
                        "decided_by": "steward",
                        "is_active": False,
                        "decided_at": day,
                        "updated_at": "2026-06-02 10:00:00",
                    }
                ],
            },
        ),
    ]
