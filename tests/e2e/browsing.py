"""A real browser on the server of the test: pages, their errors, and a picture when something fails."""

import os
import resource
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
).split()
# Debian's package of Odoo lacks a file of the video call; it is not ours and no page of ours needs it.
FOREIGN = ("selfie_segmentation",)
PICTURES = Path(__file__).resolve().parents[2] / ".host" / "logs"
PHONE, DESK = (390, 844), (1280, 900)
# The first page makes the assets, and a busy machine takes long for that; a page that hangs still fails.
PATIENCE = 120  # seconds


class Browsing:
    """Mixed into `HttpCase`: `with self.browser() as page` opens a window of its own."""

    test_cursor_lock_timeout = PATIENCE

    @contextmanager
    def browser(self, login=None, password=None, size=DESK):
        """A page, logged in if asked for; errors on its console fail the test."""
        errors = []
        self.env.flush_all()
        # Odoo limits the address space of its process; a browser reserves far more than it uses.
        _soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
        with sync_playwright() as player, self.allow_requests(all_requests=True):
            chromium = player.chromium.launch(executable_path=os.environ["ECOM_CHROMIUM"], args=FLAGS)
            width, height = size
            context = chromium.new_context(viewport={"width": width, "height": height}, locale="en-US")
            page = context.new_page()
            page.set_default_timeout(PATIENCE * 1000)
            page.on("console", lambda message: self._note(errors, message.type, message.text))
            page.on("pageerror", lambda error: errors.append(str(error)))
            try:
                if login:
                    self.log_in(page, login, password or login)
                yield page
                # Requests that are still running would outlive the test's cursor.
                page.goto("about:blank")
            except BaseException:
                PICTURES.mkdir(parents=True, exist_ok=True)
                page.screenshot(path=PICTURES / f"{self._testMethodName}.png", full_page=True)
                raise
            finally:
                chromium.close()
        self.assertEqual(errors, [], "the console of the browser is clean")

    def _note(self, errors, kind, text):
        if kind == "error" and not any(word in text for word in FOREIGN):
            errors.append(text)

    def log_in(self, page, login, password):
        page.goto(f"{self.base_url()}/web/login")
        page.fill("input[name=login]", login)
        page.fill("input[name=password]", password)
        page.click("button[type=submit]")
        page.wait_for_url(lambda url: "/web/login" not in url)
