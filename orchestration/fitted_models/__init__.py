"""Fitted models of customers on an installation's own warehouse: the same for assets, commands and past days."""
