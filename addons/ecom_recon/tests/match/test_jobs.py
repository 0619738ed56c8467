"""Match and post stage: the same work through the job runner."""

from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.ecom_connectors.tests.common import alipay, move
from odoo.addons.queue_job.job import Job

from ..common import ReconCase


@tagged("post_install", "-at_install")
class TestJobs(ReconCase):
    def test_a_group_is_queued_once_and_done_by_the_job(self):
        """Given a job runner, when a group is asked for twice, then one job is queued, and it matches."""
        sold = self.order("T1", "100.00")
        self.bill(alipay(move("100.00", "T1")))
        queued = self.env["queue.job"].search([])
        with patch.object(type(self.wallet), "_has_runner", lambda accounts: True):
            for _click in range(2):
                self.wallet.with_user(self.accountant)._process()
        [record] = self.env["queue.job"].search([]) - queued
        self.assertEqual(self.verdict(sold), (None, None))
        job = Job.load(self.env, record.uuid)
        self.assertGreater(job.max_retries, 0, "retries are bounded")
        job.perform()
        self.env.invalidate_all()
        self.assertEqual(self.verdict(sold)[0], "matched")
