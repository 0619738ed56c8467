"""One session with the server, and every way it can fail as a sentence."""

from __future__ import annotations

import http.client
import os
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, replace
from typing import Any

import odoorpc

from .errors import ClientError, DeniedError, RefusedError, UnreachableError, UsageError
from .progress import Progress

GREETING_SECONDS = 20
LOGIN_SECONDS = 300  # the first visitor of a database waits for it to load
CALL_SECONDS = 2 * 3600
_PEOPLE = ("odoo.exceptions.UserError", "odoo.exceptions.ValidationError", "odoo.exceptions.RedirectWarning")
_LASTING = ("odoo.exceptions.AccessError",)
_ADDONS = {"ecom.api": "ecom_recon", "ecom.settle.api": "ecom_supplier_settlement"}
_BROKEN = (OSError, http.client.HTTPException, ValueError, KeyError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the server is and who asks."""

    url: str
    db: str
    user: str
    password: str


class Connection:
    """A user's session; `call` and `settle` are the add-ons' facades, `execute` any model."""

    def __init__(self, address: Address, progress: Progress) -> None:
        self.address = address
        self.progress = progress
        with progress.waiting(f"connecting to {address.url}"):
            self._odoo = _greet(address.url)
            self._log_in()
        self._context = {key: value for key, value in self._odoo.env.context.items() if key != "uid"}
        self._odoo.config["timeout"] = CALL_SECONDS

    def call(self, method: str, *args: Any, what: str = "", **kwargs: Any) -> Any:
        """A method of the facade `ecom.api`."""
        return self.execute("ecom.api", method, *args, what=what or method, **kwargs)

    def settle(self, method: str, *args: Any, what: str = "", **kwargs: Any) -> Any:
        """A method of the facade `ecom.settle.api`."""
        return self.execute("ecom.settle.api", method, *args, what=what or method, **kwargs)

    def execute(self, model: str, method: str, *args: Any, what: str = "", **kwargs: Any) -> Any:
        kwargs["context"] = {**self._context, **kwargs.get("context", {})}
        with self.progress.waiting(what or f"{model} {method}"):
            try:
                return self._odoo.execute_kw(model, method, list(args), kwargs)
            except odoorpc.error.RPCError as error:
                raise _refusal(error, self.address) from error
            except _BROKEN as error:
                raise UnreachableError(
                    f"the connection to {self.address.url} broke: {_why(error)}. "
                    "Run the command again: doing it twice changes nothing."
                ) from error

    def again(self, user: str, password: str) -> Connection:
        """A session of another user with the same database."""
        return Connection(replace(self.address, user=user, password=password), self.progress)

    def speak(self, language: str) -> None:
        """The language of what the server says from now on."""
        self._context["lang"] = language

    def _log_in(self) -> None:
        address = self.address
        self._odoo.config["timeout"] = LOGIN_SECONDS
        try:
            self._odoo.login(address.db, address.user, address.password)
        except odoorpc.error.RPCError as error:
            name, text = _facts(error)
            if not name or name.endswith("AccessDenied"):
                more = "" if not name or text == "Access Denied" else f" ({text})"
                raise DeniedError(
                    f"wrong user or password for {address.user} on {address.db}{more}"
                ) from error
            if "does not exist" in text or "not found" in text.lower():
                raise UnreachableError(f"there is no database {address.db} at {address.url}") from error
            raise UnreachableError(f"the database {address.db} cannot be used: {text}") from error
        except _BROKEN as error:
            raise UnreachableError(f"{address.url} does not answer: {_why(error)}") from error


def _greet(url: str) -> odoorpc.ODOO:
    parts = urllib.parse.urlsplit(url if "://" in url else f"http://{url}")
    secure = parts.scheme == "https"
    try:
        host, port = parts.hostname, parts.port or (443 if secure else 80)
    except ValueError as error:
        raise UsageError(f"{url} is no address: {error}") from error
    if parts.scheme not in ("http", "https") or not host or parts.path.strip("/"):
        raise UsageError(f"{url} is no address like http://127.0.0.1:8069")
    try:
        return odoorpc.ODOO(
            f"[{host}]" if ":" in host else host,
            protocol="jsonrpc+ssl" if secure else "jsonrpc",
            port=port,
            timeout=GREETING_SECONDS,
            opener=_opener(host),
        )
    except (odoorpc.error.InternalError, *_BROKEN) as error:
        raise UnreachableError(f"no Odoo answers at {url}: {_why(error)}") from error


def _opener(host: str) -> urllib.request.OpenerDirector:
    """This machine is reached without the proxy that others may need."""
    handlers: list[urllib.request.BaseHandler] = [urllib.request.HTTPCookieProcessor()]
    if host in ("localhost", "127.0.0.1", "::1"):
        handlers.append(urllib.request.ProxyHandler({}))
    return urllib.request.build_opener(*handlers)


def _facts(error: odoorpc.error.RPCError) -> tuple[str, str]:
    """Name and text of the server's exception; without a name it is odoorpc's own."""
    data = (error.info or {}).get("data") or {}
    return data.get("name", ""), " ".join(str(data.get("message") or error).split())


def _refusal(error: odoorpc.error.RPCError, address: Address) -> ClientError:
    name, text = _facts(error)
    if name.endswith("AccessDenied"):
        return DeniedError(f"wrong user or password for {address.user} on {address.db}")
    for model, addon in _ADDONS.items():
        if text == f"Object {model} doesn't exist":
            return UnreachableError(f"the add-on {addon} is not installed in the database {address.db}")
    if name in _PEOPLE:
        return RefusedError(text)
    if name in _LASTING:
        return RefusedError(text, lasting=True)
    return RefusedError(f"error in the server, see its log: {name.rpartition('.')[2]}: {text}")


def _why(error: BaseException) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"HTTP {error.code} {error.reason}"
    if isinstance(error, urllib.error.URLError) and isinstance(error.reason, OSError):
        error = error.reason
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError):
        return os.strerror(error.errno).lower() if error.errno and error.errno > 0 else str(error)
    return "the answer is not Odoo's" if isinstance(error, (ValueError, KeyError)) else repr(error)
