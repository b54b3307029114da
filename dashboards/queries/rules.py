"""The rules that the publication was made by, for the texts that quote them."""

from dashboards.queries.published_copy import cached
from serving import rules as questions

thresholds = cached(questions.thresholds)
message_channel_names = cached(questions.message_channel_names)
channels_without_opens = cached(questions.channels_without_opens)
