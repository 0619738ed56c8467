"""What can go wrong, as one sentence for a person and one number for a program."""

FINE = 0
WRONG = 1
USAGE = 2
UNREACHABLE = 3
DENIED = 4
REFUSED = 5

EXIT_CODES = """exit codes:
  0  everything is fine
  1  a file was refused or does not foot, or an invariant is broken
  2  wrong call: arguments, a local file that is missing or unreadable, invalid JSON
  3  no answer: server down, wrong address, wrong database, or the add-ons are not installed in it
  4  wrong user or password
  5  the server refused (missing right, unknown account, locked period, missing exchange rate, …)
"""


class ClientError(Exception):
    """Ends the command; the text is the whole message."""

    code = WRONG


class UsageError(ClientError):
    code = USAGE


class UnreachableError(ClientError):
    code = UNREACHABLE


class DeniedError(ClientError):
    code = DENIED


class RefusedError(ClientError):
    """The server did not want to; `lasting` if no other file or account would fare better."""

    code = REFUSED

    def __init__(self, text: str, *, lasting: bool = False) -> None:
        super().__init__(text)
        self.lasting = lasting
