"""Names of what a materialization says of itself and others read."""

UNREADABLE = "values_that_cannot_be_read"
"""Personal values of a raw table that are no phone, e-mail or id number, by column; `none`."""
