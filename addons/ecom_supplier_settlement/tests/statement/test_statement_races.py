"""Statement stage: two people at once, and processes that are killed, in a database of their own."""

import os
import signal
import threading
import unittest
from functools import partial
from types import SimpleNamespace
from unittest.mock import patch

import psycopg2

from odoo import api, sql_db
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Date
from odoo.modules.registry import Registry
from odoo.service import model as service
from odoo.tests import common, tagged
from odoo.tools import SQL, config, mute_logger

from ..statement_common import StatementCase


@tagged("post_install", "-at_install")
class TestStatementRaces(StatementCase):
    """What is committed here would be seen by other tests, so it is a copy of their database."""

    @classmethod
    def setUpClass(cls):
        source = common.get_db_name()
        cls.database = f"{source}_race"
        cls._drop()
        sql_db.close_db(source)
        # Idle sessions of this process that no pool knows any more; a database in use is not copied.
        cls._postgres(
            SQL(
                """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE datname = %s AND application_name = %s AND state = 'idle'""",
                source,
                f"odoo-{os.getpid()}",
            )
        )
        try:
            cls._postgres(
                SQL("CREATE DATABASE %s TEMPLATE %s", SQL.identifier(cls.database), SQL.identifier(source))
            )
        except psycopg2.errors.ObjectInUse as busy:
            raise unittest.SkipTest("the database is in use and cannot be copied") from busy
        cls.addClassCleanup(cls._drop)
        testing = config["test_enable"]
        try:
            # Loading would look for tests to run.
            config["test_enable"] = False
            Registry(cls.database)
        finally:
            config["test_enable"] = testing
        with patch.object(common, "get_db_name", lambda: cls.database):
            super().setUpClass()
        cls.supplier_user = cls.person(
            "races",
            "base.group_portal",
            partner_id=cls.env["res.partner"].create({"name": "r", "parent_id": cls.supplier.id}).id,
        )
        cls._commit()

    @classmethod
    def _postgres(cls, query):
        with sql_db.db_connect("postgres").cursor() as cr:
            cr._cnx.autocommit = True
            cr.execute(query)

    @classmethod
    def _drop(cls):
        Registry.delete(cls.database)
        sql_db.close_db(cls.database)
        cls._postgres(SQL("DROP DATABASE IF EXISTS %s", SQL.identifier(cls.database)))

    @classmethod
    def _commit(cls):
        cls.env.flush_all()
        cls.cr._cnx.commit()
        cls.env.invalidate_all()

    def setUp(self):
        # What is committed takes the savepoint with it, and the database goes away at the end.
        with patch.object(common, "Savepoint", lambda _cr: SimpleNamespace(close=self.cr._cnx.rollback)):
            super().setUp()
        # The world is made by the class.
        type(self).supplier = self.partner("Racer")
        self.supplier_user.partner_id.parent_id = self.supplier
        # What one who has lost waits until the next try.
        self.patch(service.time, "sleep", lambda _seconds: None)

    def at_once(self, *calls):
        """Run calls of (user, function of an environment) in transactions that all began before any wrote.

        :return: what each gave back, or the error it ended with
        """
        self._commit()
        ready = threading.Barrier(len(calls))
        results = [None] * len(calls)

        def run(place, user, function):
            with self.registry.cursor() as cr:
                env = api.Environment(cr, user.id, {"allowed_company_ids": self.company.ids})
                started = []

                def once():
                    if not started:
                        started.append(True)
                        cr.execute("SELECT 1 FROM ecom_statement LIMIT 1")
                        ready.wait(30)
                    return function(env)

                try:
                    results[place] = service.retrying(once, env)
                except Exception as error:
                    results[place] = error

        threads = [threading.Thread(target=run, args=(place, *call)) for place, call in enumerate(calls)]
        with mute_logger("odoo.sql_db", "odoo.service.model"):
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(120)
        self.cr._cnx.commit()
        self.env.invalidate_all()
        for result in results:
            if isinstance(result, Exception) and not isinstance(result, UserError):
                raise result
        return results

    def sent(self):
        statement = self.statement()
        statement._move_to("sent")
        return statement

    def refusals(self, results):
        return [result for result in results if isinstance(result, UserError)]

    def test_the_last_two_lines(self):
        """Given two open lines, when one each is confirmed at once, then the statement is confirmed."""
        self.vendor_bill((self.product, 1, 10), (self.product, 1, 5))
        statement = self.sent()
        first, second = statement.line_ids.ids
        user = self.supplier_user
        results = self.at_once(
            (user, lambda env: env["ecom.statement"].browse(statement.id).portal_confirm([first])),
            (user, lambda env: env["ecom.statement"].browse(statement.id).portal_confirm([second])),
        )
        self.assertFalse(self.refusals(results))
        self.assertEqual(statement.state, "confirmed")

    def test_one_confirms_one_disputes(self):
        """Given an open line, when it is confirmed and disputed at once, then it is one of both and the state
        says which."""
        self.vendor_bill((self.product, 1, 10))
        statement = self.sent()
        user, line = self.supplier_user, statement.line_ids.id
        self.at_once(
            (user, lambda env: env["ecom.statement"].browse(statement.id).portal_confirm()),
            (user, lambda env: env["ecom.statement"].browse(statement.id).portal_dispute(line, "price")),
        )
        self.assertIn(
            (statement.state, statement.line_ids.state), {(name, name) for name in ("confirmed", "disputed")}
        )

    def test_two_statements_at_once(self):
        """Given a supplier, when two people make its statement at once, then there is one, and the other is
        told so or has the same."""
        self.vendor_bill((self.product, 1, 10), day="2026-09-20")

        def create(env, start):
            return env["ecom.statement"].create_for(self.supplier.id, start, "2026-09-30")

        results = self.at_once(
            (self.buyer, partial(create, start="2026-09-01")),
            (self.buyer, partial(create, start="2026-09-15")),
        )
        found = self.env["ecom.statement"].search([("partner_id", "=", self.supplier.id)])
        self.assertEqual((len(found), found.line_count), (1, 1))
        for refused in self.refusals(results):
            self.assertIsInstance(refused, ValidationError)
            self.assertIn("statement", str(refused))

    def test_two_computes_at_once(self):
        """Given a draft, when two people compute it at once, then its lines are there once and foot."""
        self.vendor_bill((self.product, 1, 10))
        statement = self.statement()
        self.vendor_bill((self.product, 1, 20))

        def compute(env):
            env["ecom.statement"].browse(statement.id).action_compute()

        self.assertFalse(self.refusals(self.at_once((self.buyer, compute), (self.accountant, compute))))
        self.assertEqual(
            (statement.line_count, statement.amount_closing, statement.amount_difference), (2, 30, 0)
        )

    def test_paid_once(self):
        """Given an approved statement, when two accountants pay it at once, then it is paid once and the
        other is told."""
        bill = self.vendor_bill((self.product, 1, 10))
        statement = self.sent()
        statement.action_confirm()
        statement.with_user(self.accountant).action_approve()

        def pay(env):
            journal = env["account.journal"].browse(self.bank.id)
            return env["ecom.statement"].browse(statement.id)._pay(journal, Date.to_date("2026-10-10")).ids

        results = self.at_once((self.accountant, pay), (self.manager, pay))
        self.assertEqual(len(self.refusals(results)), 1)
        self.assertIn(statement.name, str(self.refusals(results)[0]))
        payments = self.env["account.payment"].search([("partner_id", "=", self.supplier.id)])
        self.assertEqual((len(payments), payments.amount, bill.amount_residual), (1, 10, 0))
        self.assertEqual(statement.state, "paid")

    def test_agreed_while_a_bill_changes(self):
        """Given a sent statement, when the supplier confirms it while its bill is reset, then one of them is
        refused: no agreed statement has a draft on it."""
        bill = self.vendor_bill((self.product, 1, 10))
        statement = self.sent()
        results = self.at_once(
            (
                self.supplier_user,
                lambda env: env["ecom.statement"].browse(statement.id).portal_confirm(),
            ),
            (self.accountant, lambda env: env["account.move"].browse(bill.id).button_draft()),
        )
        self.assertEqual(len(self.refusals(results)), 1)
        self.assertIn((statement.state, bill.state), {("confirmed", "posted"), ("sent", "draft")})

    def test_cancelled_while_the_next_begins(self):
        """Given a statement, when it is cancelled while the next one is made, then no statement begins with
        the closing amount of a cancelled one."""
        self.vendor_bill((self.product, 1, 10))
        statement = self.statement()
        self.at_once(
            (self.buyer, lambda env: env["ecom.statement"].browse(statement.id).action_cancel()),
            (
                self.buyer,
                lambda env: env["ecom.statement"].create_for(self.supplier.id, "2026-10-01", "2026-10-31"),
            ),
        )
        following = self.env["ecom.statement"].search(
            [("partner_id", "=", self.supplier.id), ("date_to", "=", "2026-10-31")]
        )
        self.assertNotEqual(following.previous_id.state, "cancelled")
        self.assertEqual(following.amount_difference, 0)

    # --- killed -------------------------------------------------------------

    def killed(self, user, function, at=None):
        """Run in a process of its own that is killed at its n-th query; without it, the number of queries."""
        self._commit()
        reader, writer = os.pipe()
        child = os.fork()
        if not child:
            try:
                # The connections that are open are our parent's.
                sql_db._Pool = None
                self.registry._db = sql_db.db_connect(self.database)
                count = 0
                execute = sql_db.Cursor.execute

                def counting(cursor, *args, **kwargs):
                    nonlocal count
                    count += 1
                    if count == at:
                        os.kill(os.getpid(), signal.SIGKILL)
                    return execute(cursor, *args, **kwargs)

                with self.registry.cursor() as cr, patch.object(sql_db.Cursor, "execute", counting):
                    env = api.Environment(cr, user.id, {"allowed_company_ids": self.company.ids})
                    function(env)
                    env.flush_all()
                    os.write(writer, str(count).encode())
                    cr.rollback()
            finally:
                os._exit(0)
        os.close(writer)
        with os.fdopen(reader) as said:
            text = said.read()
        os.waitpid(child, 0)
        self.cr._cnx.commit()
        self.env.invalidate_all()
        return int(text or 0)

    def facts(self):
        partner = [("partner_id", "=", self.supplier.id)]
        return (
            self.env["ecom.statement"].search(partner, order="id").mapped("state"),
            sorted(self.env["ecom.statement.line"].search(partner).mapped("state")),
            self.env["account.move"].search_count(partner),
            self.env["account.payment"].search_count(partner),
        )

    def test_killed_anywhere(self):
        """G3 Given a supplier's month, when the process is killed at any point of making, sending, confirming
        or paying its statement, then nothing of the step is stored, and done again it is done once."""
        order = self.order((self.product, 10, 5))
        self.receive(order, 10)
        self.vendor_bill((self.product, 1, 10))

        def mine(env):
            return env["ecom.statement"].search([("partner_id", "=", self.supplier.id)])

        def pay(env):
            mine(env)._pay(env["account.journal"].browse(self.bank.id), Date.to_date("2026-10-10"))

        steps = (
            (
                self.buyer,
                lambda env: env["ecom.statement"].create_for(self.supplier.id, "2026-09-01", "2026-09-30"),
            ),
            (self.buyer, lambda env: mine(env).action_send()),
            (self.buyer, lambda env: mine(env).action_confirm()),
            (self.accountant, lambda env: mine(env).action_approve()),
            (self.accountant, pay),
        )
        for place, (user, step) in enumerate(steps):
            before = self.facts()
            count = self.killed(user, step)
            self.assertGreater(count, 3)
            for part in (0.2, 0.5, 0.8, 1):
                self.assertEqual(self.killed(user, step, at=max(1, round(count * part))), 0)
                self.assertEqual(self.facts(), before, place)
            step(self.env(user=user))
            self._commit()
        self.assertEqual(self.facts(), (["approved"], ["confirmed", "confirmed"], 3, 1))
