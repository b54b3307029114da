"""Experiments 实验: what a test of variants shows, by sums of each arm that one SQL query makes."""
