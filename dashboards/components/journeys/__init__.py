"""Pieces of the page of journeys."""
