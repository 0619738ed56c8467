"""Invoice stage: tasks about bills, one for each person, kind and bill."""

from markupsafe import Markup

from odoo import fields, models

NAMED = 20


class MailActivity(models.Model):
    _inherit = "mail.activity"

    ecom_move_id = fields.Many2one(
        "account.move", "Bill", readonly=True, index="btree_not_null", ondelete="cascade"
    )

    _ecom_task_once = models.UniqueIndex(
        "(ecom_move_id, activity_type_id, user_id) WHERE ecom_move_id IS NOT NULL AND active",
        "This person has this task about the bill already.",
    )

    def _ecom_notify(self):
        """One notification for each person, however many tasks they were given at once."""
        for user, tasks in self.grouped("user_id").items():
            if user == self.env.user:
                continue
            if len(tasks) == 1:
                tasks.action_notify()
                continue
            env = self.with_context(lang=user.lang).env
            items = Markup().join(
                Markup("<li>%s: %s</li>") % (task.activity_type_id.name, task.summary)
                for task in tasks[:NAMED].with_env(env)
            )
            self.env["mail.thread"].message_notify(
                partner_ids=user.partner_id.ids,
                subject=env._("%s tasks about bills wait for you", len(tasks)),
                body=Markup("<p>%s</p><ul>%s</ul>")
                % (env._("%s tasks about bills were assigned to you.", len(tasks)), items),
            )

    def _ecom_done(self, text):
        """Close tasks of many bills at once, with a line in the log of each record."""
        for model, found in self._classify_by_model().items():
            records = self.env[model].browse(found["activities"].mapped("res_id")).exists()
            kinds = {}
            for task in found["activities"]:
                kinds.setdefault(task.res_id, set()).add(task.activity_type_id.name)
            records._message_log_batch(
                bodies={record.id: f"{', '.join(sorted(kinds[record.id]))}: {text}" for record in records}
            )
        self.write({"feedback": text})
        self.action_archive()
