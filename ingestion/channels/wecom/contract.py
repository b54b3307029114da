"""Contract of WeCom 企业微信: external contacts and customer groups, JSON as its API returns it.

Flow: landing/wecom/*.json → raw_wecom → stg_wecom__* → consents, interactions, profiles.
Read it alone: `guanxi run --channel wecom`.
"""

from ingestion.channels.wecom.flatten import contacts, group_members, groups
from ingestion.contract import Channel, Table

CHANNEL = Channel(
    name="wecom",
    title_zh="企业微信",
    title_en="WeCom",
    description="External contacts and customer groups of WeCom, the documents of its API saved as JSON files.",
    freshness_hours=48,
    tables=[
        Table(
            name="contacts",
            pattern="contacts_*.json",
            description="One external contact of one employee a row.",
            key=["external_userid", "follow_userid"],
            records=contacts,
            columns={
                "external_userid": "text",
                "name": "name",
                "gender": "int",
                "unionid": "text",
                "follow_userid": "text",
                "remark": "name",
                "mobile": "phone",
                "add_way": "int",
                "state": "text",
                "created_at": "timestamp",
            },
        ),
        Table(
            name="groups",
            pattern="groups_*.json",
            description="Customer groups.",
            key=["chat_id"],
            records=groups,
            columns={"chat_id": "text", "name": "text", "owner": "text", "created_at": "timestamp"},
        ),
        Table(
            name="group_members",
            pattern="groups_*.json",
            description="Members of the customer groups.",
            key=["chat_id", "userid"],
            records=group_members,
            columns={
                "chat_id": "text",
                "userid": "text",
                "member_type": "int",
                "unionid": "text",
                "name": "name",
                "join_scene": "int",
                "joined_at": "timestamp",
            },
        ),
    ],
)
