"""One customer: finding, profile, timeline, and the figures behind stage, tier and merge."""

from dashboards.queries.published_copy import cached, uncached
from serving import customers as questions
from serving import order_lines as order_questions

FOUND_SHOWN = questions.FOUND_SHOWN
PROFILES_SHOWN = questions.PROFILES_SHOWN
find = uncached(questions.find)
recent = cached(questions.recent)
resolve = cached(questions.resolve)
profile = cached(questions.profile)
lifecycle = cached(questions.lifecycle)
lifecycle_history = cached(questions.lifecycle_history)
rfm = cached(questions.rfm)
rfm_means = cached(questions.rfm_means)
value = cached(questions.value)
channels = cached(questions.channels)
consents = cached(questions.consents)
segments_of = cached(questions.segments_of)
timeline = cached(questions.timeline)
order_lines = cached(order_questions.of_customer)
links = cached(questions.links)
profiles = cached(questions.profiles)
field_sources = cached(questions.field_sources)
retired_ids = cached(questions.retired_ids)
