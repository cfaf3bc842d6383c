"""What can go wrong: one exception for each of the program's error codes, with the program's own message."""


class MonitorError(Exception):
    """`code` is the program's; `retry_after`, in seconds, is there when the other side told."""

    code = "internal"

    def __init__(self, message: str, retryable: bool = False, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.retryable = retryable
        self.retry_after = retry_after


class InvalidArgument(MonitorError, ValueError):
    """The input is wrong; the message says what was expected."""

    code = "invalid_argument"


class NotFound(MonitorError, LookupError):
    """A single named thing is not there."""

    code = "not_found"


class Conflict(MonitorError):
    """Somebody else changed it first."""

    code = "conflict"


class Unauthorized(MonitorError, PermissionError):
    """Credentials are missing, wrong or do not suffice."""

    code = "unauthorized"


class RateLimited(MonitorError):
    """Asked too often."""

    code = "rate_limited"


class Unavailable(MonitorError, ConnectionError):
    """The other side cannot be reached or is not able to answer."""

    code = "unavailable"


class TimedOut(MonitorError, TimeoutError):
    """The deadline passed."""

    code = "timed_out"


class Corrupt(MonitorError):
    """Data is not what it must be."""

    code = "corrupt"


_by_code = {each.code: each for each in MonitorError.__subclasses__()}


def exception_of(code: str, message: str, retryable: bool, retry_after: int | None) -> MonitorError:
    return _by_code.get(code, MonitorError)(message, retryable, retry_after)
