"""Kernel: how every stage runs: its records are taken, a run is opened, work is done, the run is closed."""

import json
import logging
import time
from contextlib import contextmanager

from odoo import api, models
from odoo.exceptions import MissingError
from odoo.tools import SQL

from . import fault

_logger = logging.getLogger(__name__)


class EcomStage(models.AbstractModel):
    """The one frame of all stages, so that two at once, a crash and a log look the same in each of them."""

    _name = "ecom.stage"
    _description = "Stage"

    @api.model
    def _take(self, records):
        """Keep others off these records until the transaction ends.

        The rows are written and not only locked: whoever waited for them is refused by PostgreSQL, because
        they have changed since its transaction began, and Odoo runs it again on what is there now. After a
        lock alone it would go on with what was there before. Everybody takes in the order of the numbers,
        so that nobody waits for one who waits for him.

        :raises MissingError: one was deleted in the meantime
        """
        if not records:
            return
        self.env.cr.execute(
            SQL(
                """UPDATE %(table)s SET write_uid = %(table)s.write_uid
                     FROM (SELECT id FROM %(table)s WHERE id = ANY(%(ids)s)
                            ORDER BY id FOR NO KEY UPDATE) mine
                    WHERE %(table)s.id = mine.id""",
                table=SQL.identifier(records._table),
                ids=records.ids,
            )
        )
        if self.env.cr.rowcount != len(set(records.ids)):
            raise MissingError(
                self.env._("%s: a record is not there any more. Reload the page.", records._description)
            )

    @api.model
    @contextmanager
    def _stage(self, name, records, session=None):
        """Frame of one stage: `with self.env["ecom.stage"]._stage("match", accounts) as run: …`.

        :param name: one of the stages of `ecom.run`
        :param records: what the stage works on; nobody else does until the transaction ends
        :param session: a name that the runs of one call share
        """
        started = time.monotonic()
        records.check_access("read")
        self._take(records)
        run = self.env["ecom.run"]._open(name, records, session)
        fault.point(f"{name}:taken")
        try:
            yield run
            fault.point(f"{name}:done")
            run._close()
        except Exception as error:
            self._log(run, name, records, started, error=type(error).__name__)
            raise
        self._log(run, name, records, started, **run._counts())
        fault.point(f"{name}:stored")

    def _log(self, run, name, records, started, **more):
        """One line of JSON for each run, for whoever collects logs."""
        facts = {
            "stage": name,
            "run": run.id,
            "user": self.env.uid,
            "model": records._name,
            "records": records.ids,
            "seconds": round(time.monotonic() - started, 3),
            **more,
        }
        _logger.info("ecom.run %s", json.dumps(facts))
