"""Journeys as they are published: figures of each, and the passages of each customer."""
