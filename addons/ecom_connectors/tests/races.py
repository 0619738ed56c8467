"""Two at once and processes that are killed, for tests of every add-on: in a database of their own."""

import os
import signal
import threading
import unittest
from types import SimpleNamespace
from unittest.mock import patch

import psycopg2

from odoo import api, sql_db
from odoo.exceptions import UserError
from odoo.modules.registry import Registry
from odoo.service import model as service
from odoo.tests import common
from odoo.tools import SQL, config, mute_logger


class Races:
    """Beside a test case: others would see what it commits, so it runs in a copy of their database."""

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
        # What one who has lost waits until the next try.
        self.patch(service.time, "sleep", lambda _seconds: None)

    def refusals(self, results):
        return [result for result in results if isinstance(result, UserError)]

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
                        cr.execute("SELECT 1 FROM res_users LIMIT 1")
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
