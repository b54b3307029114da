"""The catalogue of tags, who has them, and the tags of a customer."""

from dashboards.queries.published_copy import cached
from serving.insight import tags as questions

summary = cached(questions.summary)
families = cached(questions.families)
catalogue = cached(questions.catalogue)
names = cached(questions.names)
of_customer = cached(questions.of_customer)
