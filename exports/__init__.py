"""Campaigns out, receipts in: it carries out the plan and never decides who."""
