"""A server that answers like Odoo's JSON-RPC, for tests of the client without Odoo."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DB, USER, PASSWORD = "books", "admin", "secret"
UID = 2


class RefusalError(Exception):
    """Raised by an answer; the class is named as Odoo names it."""

    def __init__(self, text: str, name: str = "odoo.exceptions.UserError") -> None:
        super().__init__(text)
        self.name = name


class FakeOdoo(ThreadingHTTPServer):
    """`answers` maps "model.method" to a function of the arguments; `calls` keeps what was asked."""

    def __init__(self, answers: dict[str, Callable]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers = answers
        self.calls: list[tuple[str, list]] = []
        self.drop_connections = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def env(self) -> dict[str, str]:
        """The variables that lead the client here."""
        return {"ECOM_URL": self.url, "ECOM_DB": DB, "ECOM_USER": USER, "ECOM_PASSWORD": PASSWORD}

    def asked(self, name: str) -> list[list]:
        return [args for called, args in self.calls if called == name]

    def answer(self, path: str, params: dict):
        if path == "/web/webclient/version_info":
            return {"server_version": "19.0"}
        if params["service"] == "common":
            db, user, password = params["args"]
            if db != DB:
                raise RefusalError(f'FATAL:  database "{db}" does not exist', "psycopg2.OperationalError")
            return UID if (user, password) == (USER, PASSWORD) else False
        _db, _uid, _password, model, method, *rest = params["args"]
        if method == "context_get":
            return {"lang": "en_US", "tz": "UTC"}
        name = f"{model}.{method}"
        self.calls.append((name, rest[0]))
        if name not in self.answers:
            raise RefusalError(f"Object {model} doesn't exist")
        return self.answers[name](*rest[0])


class _Handler(BaseHTTPRequestHandler):
    server: FakeOdoo

    def do_POST(self) -> None:  # noqa: N802
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.drop_connections and b"execute_kw" in body:
            self.connection.close()
            return
        reply: dict = {"jsonrpc": "2.0"}
        try:
            reply["result"] = self.server.answer(self.path, json.loads(body)["params"])
        except RefusalError as refusal:
            data = {
                "name": refusal.name,
                "message": str(refusal),
                "arguments": [str(refusal)],
                "debug": "Traceback",
            }
            reply["error"] = {"code": 200, "message": "Odoo Server Error", "data": data}
        content = json.dumps(reply).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_args) -> None:
        """Quiet."""


@contextlib.contextmanager
def serving(answers: dict[str, Callable]) -> Iterator[FakeOdoo]:
    server = FakeOdoo(answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
