"""How a call fails: the two ways of agent/base/errors.py as values, for runners without pytest."""

from agent.base.errors import LocalError, RemoteError


def code(call, *arguments) -> int:
    """Why the world was refused, 0 when it was not."""
    try:
        call(*arguments)
    except RemoteError as error:
        return error.code
    return 0


def misused(call, *arguments) -> bool:
    """Whether the call says that it is our own bug."""
    try:
        call(*arguments)
    except LocalError:
        return True
    return False
