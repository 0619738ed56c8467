"""Invoice stage: who has to do what about a bill: approve it, answer its price, answer its quantity."""

from datetime import timedelta

from odoo import fields, models
from odoo.fields import Domain

from ..threeway.ecom_threeway_task import MAY_BE_PAID, TASKS


class AccountMove(models.Model):
    _inherit = "account.move"

    def _ecom_tell(self, said):
        """Tell people what changed: a line in the log, new tasks, and the end of tasks that are cured.

        :param said: {move id: verdict}, see `ecom.threeway.matcher`
        """
        moves = self.filtered(lambda move: move.id in said)
        words = dict(self._fields["ecom_threeway_state"]._description_selection(self.env))
        turned = moves.filtered(lambda move: said[move.id]["before"] != said[move.id]["state"])
        if turned:
            bodies = {
                move.id: f"{words[said[move.id]['state']]}. {move.ecom_block_reason or ''}" for move in turned
            }
            turned._message_log_batch(bodies=bodies)
        types = self._ecom_task_types()
        open_tasks = moves._ecom_open_tasks()
        of_moves = open_tasks.grouped("ecom_move_id")
        cured = self.env["mail.activity"]
        wanted = []
        for move in moves:
            new, stay = move._ecom_tasks(said[move.id])
            right = [types[kind] for kind in stay]
            cured += of_moves.get(move, cured.browse()).filtered(
                lambda task, right=right: task.activity_type_id not in right
            )
            wanted += [(move, kind) for kind in new]
        if cured:
            cured._ecom_done(self.env._("Settled: the bill was matched again."))
        if wanted:
            self._ecom_create_tasks(wanted, said, open_tasks - cured, types)

    def _ecom_task_types(self):
        """{kind of task: activity type}, looked up once for however many bills."""
        return {kind: self.env.ref(f"ecom_supplier_settlement.{TASKS[kind][0]}") for kind in TASKS}

    def _ecom_tasks(self, verdict):
        """(kinds to be given now, kinds that are right to be open)"""
        if self.move_type == "in_refund" or self.payment_state in ("paid", "in_payment", "reversed"):
            return [], set()
        kinds = {"price" if kind == "other" else kind for kind in verdict["kinds"]}
        known = {"price" if kind == "other" else kind for kind in verdict["kinds_before"]}
        if verdict["state"] == "released":
            kinds = set()
        new = kinds - known if verdict["state"] == verdict["before"] else set(kinds)
        stay = set(kinds)
        if verdict["state"] in MAY_BE_PAID:
            stay.add("approve")
            if verdict["before"] not in MAY_BE_PAID:
                new.add("approve")
        return sorted(new), stay

    def _ecom_open_tasks(self):
        # Tasks of other people are done by the match.
        return self.env["mail.activity"].sudo().search(Domain("ecom_move_id", "in", self.ids))

    def _ecom_close_tasks(self):
        tasks = self._ecom_open_tasks()
        if tasks:
            tasks._ecom_done(self.env._("The bill is not posted any more."))

    def _ecom_create_tasks(self, wanted, said, still_open, types):
        """One task for each person and kind, unless it is open already."""
        taken = {(task.ecom_move_id, task.activity_type_id, task.user_id) for task in still_open}
        first, made = {}, []
        today = fields.Date.context_today(self)
        for move, kind in wanted:
            _xmlid, days, default_days, person, group = TASKS[kind]
            policy = said[move.id]["policy"]
            kind_type = types[kind]
            fallback = policy[person] or self._ecom_first_person(first, group, move.company_id)
            for user, record in move._ecom_people(kind, said[move.id], fallback):
                if not user or (move, kind_type, user) in taken:
                    continue
                taken.add((move, kind_type, user))
                made.append(
                    {
                        "activity_type_id": kind_type.id,
                        "res_model_id": self.env["ir.model"]._get_id(record._name),
                        "res_id": record.id,
                        "user_id": user.id,
                        "ecom_move_id": move.id,
                        "summary": self.env._(
                            "%(bill)s of %(supplier)s", bill=move.name, supplier=move.partner_id.name
                        ),
                        "note": move.ecom_block_reason or "",
                        "date_deadline": today + timedelta(days=policy[days] if policy else default_days),
                    }
                )
        quick = self.env["mail.activity"].with_context(mail_activity_quick_update=True)
        quick.create(made).with_env(self.env)._ecom_notify()

    def _ecom_people(self, kind, verdict, fallback):
        """[(user, record of the task)]: buyers of the orders, keepers of the receipts, or the accountant.

        A keeper may not open bills, so the task stands on the receipt.
        """
        orders = verdict["orders"].get(kind, self.env["purchase.order"])
        if kind == "approve":
            return [(fallback, self)]
        if kind == "price":
            buyers = [order.user_id or fallback for order in orders] or [fallback]
            return [(buyer, self) for buyer in dict.fromkeys(buyers)]
        pickings = [order.picking_ids.sorted("id")[-1:] for order in orders]
        pickings = [picking for picking in pickings if picking]
        if not pickings:
            return [(fallback, orders[:1] or self)]
        return [(picking.user_id or fallback, picking) for picking in pickings]

    def _ecom_first_person(self, first, group, company):
        """The first active member of a group in a company, looked up once."""
        if (group, company) not in first:
            domain = Domain("all_group_ids", "in", self.env.ref(group).ids)
            domain &= Domain("company_ids", "in", company.ids) & Domain("share", "=", False)
            first[group, company] = self.env["res.users"].search(domain, order="id", limit=1)
        return first[group, company]
