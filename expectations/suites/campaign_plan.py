"""Before sending: every message that the plan lets go may go, checked here a second time from the sources."""

from __future__ import annotations

from expectations.suite import Check, Sources, Suite
from stores.lake.vault import SEALED_KINDS, vault_files, vault_relation

PLAN = "warehouse.campaigns.campaign_plan"
DECIDED = "warehouse.marts.customer_consents"
CONSENTS = "warehouse.intermediate.int_consents"


def relation(sources: Sources) -> str:
    """One row per message to send: whether consent covers it, whom it reaches, how often the same person gets it."""
    return f"""
with sends as (
    select * from {PLAN}
    where decision = 'send'
),
latest_answers as (
    select * from {CONSENTS}
    where changed_at is null or changed_at::date <= (select max(as_of) from {PLAN})
    qualify row_number() over (
        partition by identifier_type, identifier_token, channel, purpose, source
        order by changed_at desc nulls last, granted
    ) = 1
),
sealed as (
    select distinct identifier_token
    from sends
    semi join {_vault(sources)} as vault on sends.identifier_token = vault.ref
),
answers as (
    select
        identifier_type,
        identifier_token,
        channel,
        purpose,
        bool_and(granted) as is_granted
    from latest_answers
    group by identifier_type, identifier_token, channel, purpose
),
final as (
    select
        sends.campaign_id,
        sends.customer_id,
        sends.channel,
        sends.step,
        coalesce(consents.is_granted, false) and answers.is_granted is not false as has_consent,
        coalesce(sends.is_holdout, false) as is_holdout,
        nullif(sends.identifier_token, '') as identifier_token,
        -- an id that is not personal stands for itself; everything else must be sealed in the vault
        sealed.identifier_token is not null or sends.identifier_type not in {SEALED_KINDS} as is_addressed,
        sends.reason is null as has_no_objection,
        count(*) over (
            partition by sends.campaign_id, sends.channel, sends.step, sends.occurrence, sends.identifier_token
        ) as copies
    from sends
    left join {DECIDED} as consents
        on sends.customer_id = consents.customer_id
        and sends.channel = consents.channel
        and sends.consent_purpose = consents.purpose
    left join answers
        on sends.identifier_type = answers.identifier_type
        and sends.identifier_token = answers.identifier_token
        and sends.channel = answers.channel
        and sends.consent_purpose = answers.purpose
    left join sealed on sends.identifier_token = sealed.identifier_token
)
select * from final"""


def _vault(sources: Sources) -> str:
    """SQL for the references in the vault; none where it is missing."""
    has_vault = bool(vault_files(sources.settings))
    return vault_relation(sources.settings) if has_vault else "(select null::text as ref where false)"


def _must_be(name: str, column: str, value: bool, zh: str, en: str) -> Check:
    return Check(
        name=name,
        expectation="ExpectColumnValuesToBeInSet",
        column=column,
        arguments={"value_set": [value]},
        severity="critical",
        description_zh=zh,
        description_en=en,
    )


SUITE = Suite(
    boundary="plan",
    name="campaign_plan",
    table="campaigns.campaign_plan",
    keys=("campaign_id", "customer_id", "channel", "step"),
    relation=relation,
    requires=(PLAN, DECIDED, CONSENTS),
    checks=(
        _must_be("consent", "has_consent", True, "没有同意的客户不发送", "Nothing is sent without consent"),
        _must_be("no_holdout", "is_holdout", False, "对照组不发送", "Nothing is sent to the hold-out"),
        _must_be(
            "addressed", "is_addressed", True, "每条消息的地址都在密文库中", "Every address is sealed in the vault"
        ),
        _must_be(
            "no_objection",
            "has_no_objection",
            True,
            "发送的消息没有任何拦截原因",
            "No sent message has a reason against it",
        ),
        Check(
            name="identifier",
            expectation="ExpectColumnValuesToNotBeNull",
            column="identifier_token",
            severity="critical",
            description_zh="每条消息都有接收标识",
            description_en="Every message has a recipient",
        ),
        # A household's phone belongs to two customers: worth a look, not an error.
        Check(
            name="once_per_recipient",
            expectation="ExpectColumnValuesToBeBetween",
            column="copies",
            arguments={"max_value": 1},
            severity="warning",
            description_zh="同一接收标识不会收到两条相同的消息",
            description_en="No recipient gets the same message twice",
        ),
    ),
)
