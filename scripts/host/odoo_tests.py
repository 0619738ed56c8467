"""scripts/test --odoo MODULE…: Odoo's own tests of these modules, with all our add-ons installed.

They run in a fresh database, as Odoo runs them after an installation. What is expected to fail is listed
below, each with its reason; anything else that fails, fails the run, and so does a run without tests.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Sequence

import databases
import settings
from places import LOGS, PYTHON, HostError, say
from postgres import Server

_INCOMING = "TestAccountIncomingSupplierInvoice.test_"
_INVOICE = "TestAccountMoveOutInvoiceOnchanges.test_"
# They fail without our add-ons, too.
_SPAN = (
    f"{_INCOMING}supplier_invoice_mailed_from_supplier",
    f"{_INCOMING}supplier_invoice_forwarded_by_internal_user_without_supplier",
    f"{_INCOMING}supplier_invoice_forwarded_by_internal_with_internal_in_body",
    f"{_INCOMING}supplier_invoice_forwarded_by_internal_with_supplier_in_body",
    f"{_INVOICE}narration_preserved_when_use_invoice_terms_disabled",
    f"{_INVOICE}narration_translation_on_partner_language_change",
    f"{_INVOICE}post_valid_invoices_when_auto_post",
    "TestPortalAttachment.test_01_portal_attachment",
)
_PDF = (
    "TestAuditTrailAttachment.test_audit_trail_attachment",
    "TestAuditTrailAttachment.test_audit_trail_write_attachment",
    "TestAccountEarlyPaymentDiscount.test_invoice_report_without_invoice_date",
)
# {"Class.test": why it cannot pass}
EXPECTED = {
    f"{_INCOMING}73_journal_upload_all": (
        "it wants a spreadsheet left unread; we read it as a supplier's list of invoices"
    ),
    "TestPurchaseDownpayment.test_downpayment_basic": (
        "it wants a copied bill to forget its order; ours keeps it, so that goods billed twice are found"
    ),
    **dict.fromkeys(_SPAN, "it fails without our add-ons too: newer lxml puts plain text in span, not in p"),
    **({} if shutil.which("wkhtmltopdf") else dict.fromkeys(_PDF, "it prints, and wkhtmltopdf is not here")),
}
# While nothing is committed, a vacuum finds tables empty, and queries are planned for that.
_NO_VACUUM = """DO $$ DECLARE one record; BEGIN
FOR one IN SELECT oid::regclass AS name FROM pg_class
            WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
LOOP EXECUTE format('ALTER TABLE %s SET (autovacuum_enabled = false)', one.name); END LOOP; END $$"""
_FAILED = re.compile(r" ERROR \S+ \S+: (?:FAIL|ERROR): (?:Subtest )?(setUpClass \(\S+\)|\w+\.\w+)")
_COUNTED = re.compile(r" odoo\.service\.server: (\d+) post-tests in ")
_NAME = "ecom_odoo_tests"


def run(server: Server, addons: Sequence[str], modules: Sequence[str]) -> int:
    """Install the add-ons in a database of its own and run the tests there; 0 if all is as expected."""
    if not modules:
        raise HostError("name the modules of Odoo to test: scripts/test --odoo purchase purchase_stock")
    name, log = f"{_NAME}_{os.getpid()}", LOGS / f"{_NAME}_{os.getpid()}.log"
    databases.drop(server, name)
    try:
        say(f"database: installing {', '.join(addons)}")
        installed = ",".join((*addons, *modules))
        databases.odoo("-d", name, "-i", installed, what="installing the add-ons")
        server.sql(_NO_VACUUM, name)
        say(f"Odoo's tests of {', '.join(modules)}: running, the log is {log}")
        _run_tests(name, modules, log)
    finally:
        databases.drop(server, name)
    return report(log.read_text(errors="replace"))


def _run_tests(name: str, modules: Sequence[str], log: os.PathLike[str]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(PYTHON), "-m", "odoo", "-d", name, "--stop-after-init", "--max-cron-threads=0"]
    command += ["--test-tags", ",".join(f"post_install/{module}" for module in modules)]
    command += [f"--http-port={port}", f"--logfile={log}", "--load=base,rpc,web"]
    command += ["--log-level=warn", "--log-handler=odoo.service.server:INFO"]
    subprocess.run(command, env=settings.env(), stdin=subprocess.DEVNULL, check=False)


def report(log: str) -> int:
    """Say what a log of Odoo's tests tells: 1 if there were none or something failed that is not expected."""
    count = _COUNTED.search(log)
    failed = list(dict.fromkeys(_FAILED.findall(log)))
    for test in failed:
        print(f"expected to fail: {test}: {EXPECTED[test]}" if test in EXPECTED else f"FAILED {test}")
    unexpected = [test for test in failed if test not in EXPECTED]
    if not count or count[1] == "0":
        print("no test of Odoo ran to its end")
        return 1
    print(f"{count[1]} tests of Odoo, {len(unexpected)} failed, {len(failed) - len(unexpected)} as expected")
    return int(bool(unexpected))
