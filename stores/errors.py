"""The one exception that reaches people."""


class UserError(Exception):
    """A mistake that the reader can fix: bad input, bad configuration, a missing service.

    The message is one line: what happened, what it means, what to do. The command line prints it and exits with 2;
    Dagster shows it as the failure's description. Never raise it for a defect of ours.
    """
