"""Fitted models of customers: features in, scores out, each model a versioned file with its quality."""
