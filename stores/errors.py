"""The one exception that reaches people."""


class UserError(Exception):
    """A mistake that the reader can fix: bad input, bad configuration, a missing service.

    The message is one line: what happened, what it means, what to do. The command line prints it and exits with 2;
    Dagster shows it as the failure's description. Never raise it for a defect of ours.
    """


class NotPublished(UserError):
    """A build that failed, or that a gate stopped: the command line exits with 1, as for every run that failed."""


def user_error_in(failed: BaseException) -> UserError | None:
    """The reader's mistake that another library's exception was raised from; None where there is none."""
    seen: set[int] = set()
    current: BaseException | None = failed
    while current is not None and id(current) not in seen:
        if isinstance(current, UserError):
            return current
        seen.add(id(current))
        current = current.__cause__
    return None
