"""Invoice stage: who has to do what about an invoice: approve it, answer its price, answer its quantity."""

from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Domain

# Task -> (activity type, days of the policy, days without one, person of the policy, group of the person)
TASKS = {
    "approve": ("approve_payment", "approve_days", 3, "accountant_id", "ecom_connectors.group_accountant"),
    "price": ("answer_price", "price_days", 2, "buyer_id", "ecom_supplier_settlement.group_buyer"),
    "quantity": (
        "answer_quantity",
        "quantity_days",
        2,
        "keeper_id",
        "ecom_supplier_settlement.group_warehouse",
    ),
}
MAY_BE_PAID = ("ready", "warning", "released")
NAMED = 20


class EcomThreewayTask(models.AbstractModel):
    """Tasks about invoices are Odoo's activities; here they are given, told and closed, many at once."""

    _name = "ecom.threeway.task"
    _description = "Tasks About Invoices"

    @api.model
    def _tell(self, moves, said):
        """Tell people what changed: a line in the log, new tasks, and the end of tasks that are cured.

        :param said: {move id: verdict}, see `ecom.threeway.matcher`
        """
        states = dict(moves._fields["ecom_threeway_state"]._description_selection(self.env))
        turned = moves.filtered(lambda move: said[move.id]["before"] != said[move.id]["state"])
        if turned:
            bodies = {
                move.id: f"{states[said[move.id]['state']]}. {move.ecom_block_reason or ''}"
                for move in turned
            }
            turned._message_log_batch(bodies=bodies)
        types = self._types()
        open_tasks = self._open_tasks(moves)
        of_moves = open_tasks.grouped("ecom_move_id")
        cured = self.env["mail.activity"]
        wanted = []
        for move in moves:
            new, stay = self._kinds(move, said[move.id])
            right = [types[kind] for kind in stay]
            cured += of_moves.get(move, cured.browse()).filtered(
                lambda task, right=right: task.activity_type_id not in right
            )
            wanted += [(move, kind) for kind in new]
        if cured:
            self._done(cured, self.env._("Settled: the invoice was matched again."))
        if wanted:
            self._give(wanted, said, open_tasks - cured, types)

    @api.model
    def _close(self, moves):
        """End all tasks about these invoices."""
        tasks = self._open_tasks(moves)
        if tasks:
            self._done(tasks, self.env._("The invoice is not posted any more."))

    def _types(self):
        """{kind of task: activity type}, looked up once for however many invoices."""
        return {kind: self.env.ref(f"ecom_supplier_settlement.{TASKS[kind][0]}") for kind in TASKS}

    def _kinds(self, move, verdict):
        """(kinds to be given now, kinds that are right to be open)"""
        if move.move_type == "in_refund" or move.payment_state in ("paid", "in_payment", "reversed"):
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

    def _open_tasks(self, moves):
        # Tasks of other people are done by the match.
        return self.env["mail.activity"].sudo().search(Domain("ecom_move_id", "in", moves.ids))

    def _give(self, wanted, said, still_open, types):
        """One task for each person and kind, unless it is open already."""
        taken = {(task.ecom_move_id, task.activity_type_id, task.user_id) for task in still_open}
        first, made = {}, []
        today = fields.Date.context_today(self)
        for move, kind in wanted:
            _xmlid, days, default_days, person, group = TASKS[kind]
            policy = said[move.id]["policy"]
            kind_type = types[kind]
            fallback = policy[person] or self._first_person(first, group, move.company_id)
            for user, record in self._people(move, kind, said[move.id], fallback):
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
                        "summary": self.env["ecom.books"]
                        ._words(move.company_id)
                        ._("%(bill)s of %(supplier)s", bill=move.name, supplier=move.partner_id.name),
                        "note": move.ecom_block_reason or "",
                        "date_deadline": today + timedelta(days=policy[days] if policy else default_days),
                    }
                )
        quick = self.env["mail.activity"].with_context(mail_activity_quick_update=True)
        self._notify(quick.create(made).with_env(self.env))

    def _people(self, move, kind, verdict, fallback):
        """[(user, record of the task)]: buyers of the orders, keepers of the receipts, or the accountant.

        A keeper may not open invoices, so the task stands on the receipt.
        """
        orders = verdict["orders"].get(kind, self.env["purchase.order"])
        if kind == "approve":
            return [(fallback, move)]
        if kind == "price":
            buyers = [order.user_id or fallback for order in orders] or [fallback]
            return [(buyer, move) for buyer in dict.fromkeys(buyers)]
        pickings = [order.picking_ids.sorted("id")[-1:] for order in orders]
        pickings = [picking for picking in pickings if picking]
        if not pickings:
            return [(fallback, orders[:1] or move)]
        return [(picking.user_id or fallback, picking) for picking in pickings]

    def _first_person(self, first, group, company):
        """The first active member of a group in a company, looked up once."""
        if (group, company) not in first:
            domain = Domain("all_group_ids", "in", self.env.ref(group).ids)
            domain &= Domain("company_ids", "in", company.ids) & Domain("share", "=", False)
            first[group, company] = self.env["res.users"].search(domain, order="id", limit=1)
        return first[group, company]

    def _notify(self, tasks):
        """One notification for each person, however many tasks they were given at once."""
        for user, own in tasks.grouped("user_id").items():
            if user == self.env.user:
                continue
            if len(own) == 1:
                own.action_notify()
                continue
            env = self.with_context(lang=user.lang).env
            items = Markup().join(
                Markup("<li>%s: %s</li>") % (task.activity_type_id.name, task.summary)
                for task in own[:NAMED].with_env(env)
            )
            self.env["mail.thread"].message_notify(
                partner_ids=user.partner_id.ids,
                subject=env._("%s tasks about invoices wait for you", len(own)),
                body=Markup("<p>%s</p><ul>%s</ul>")
                % (env._("%s tasks about invoices were assigned to you.", len(own)), items),
            )

    def _done(self, tasks, text):
        """Close tasks of many invoices at once, with a line in the log of each record."""
        for model, found in tasks._classify_by_model().items():
            records = self.env[model].browse(found["activities"].mapped("res_id")).exists()
            kinds = {}
            for task in found["activities"]:
                kinds.setdefault(task.res_id, set()).add(task.activity_type_id.name)
            records._message_log_batch(
                bodies={record.id: f"{', '.join(sorted(kinds[record.id]))}: {text}" for record in records}
            )
        tasks.write({"feedback": text})
        tasks.action_archive()
