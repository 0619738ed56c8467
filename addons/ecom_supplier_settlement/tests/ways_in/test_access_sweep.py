"""Every stage: every model and every public method, as somebody whose business it is not."""

import inspect
from contextlib import closing

from odoo import Command
from odoo.models import MAGIC_COLUMNS
from odoo.service.model import call_kw
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from ..portal_common import PortalCase
from .access_world import MARK, World, our_methods, our_models

# What a parameter that must be given gets, unless it is numbers of records.
GIVEN = {
    "name": "a.csv",
    "content": "QQ==",
    "files": [{"name": "a.csv", "content": "QQ=="}],
    "payloads": [],
    "month": "2026-09",
    "day": "2026-09-30",
    "date_from": "2026-09-01",
    "date_to": "2026-09-30",
    "reason": "price",
    "setup": {},
    "number": "1",
}


ONE = ("partner_id", "line_id", "thread_id")
# Models of Odoo that hold our documents.
DOCUMENTS = ("purchase.order", "purchase.order.line", "stock.picking", "account.move", "sale.order")
# The same for all companies: the vocabulary of platforms, roles and vouchers.
SHARED = {
    "ecom.platform",
    "ecom.category",
    "ecom.vocabulary",
    "ecom.role",
    "ecom.voucher.template",
    "ecom.voucher.line",
}
# Who changes what by public methods; whatever is new has to be entered here by somebody who thought of it.
ANYBODY_WITH_BILLS = {"account.move.action_ecom_threeway", "account.move.action_force_register_payment"}
RECEIVES = {
    "ecom.delivery.file.import_files",
    "ecom.delivery.notice.action_cancel",
    "ecom.delivery.notice.action_done",
    "ecom.delivery.notice.action_match",
    "ecom.delivery.notice.action_receive",
    "ecom.receipt.alert.action_accept",
}
PREPARES = {
    "ecom.line.terms.action_compute",
    *(f"ecom.statement.action_{step}" for step in ("cancel", "compute", "confirm", "draft", "send")),
    "ecom.statement.action_make_documents",
    "ecom.statement.create_for",
    "ecom.statement.compare_file",
    "ecom.statement.message_post",
    "ecom.statement.comparison.action_compare",
    *(f"ecom.statement.line.action_{step}" for step in ("confirm", "dispute", "withdraw")),
}
MAY = {
    "employee": set(),
    "clerk": ANYBODY_WITH_BILLS,
    "warehouse": RECEIVES,
    "buyer": {
        *ANYBODY_WITH_BILLS,
        *RECEIVES,
        *PREPARES,
        *(f"ecom.campaign.action_{step}" for step in ("claim_shares", "close", "compute", "run")),
        *(f"ecom.claim.action_{step}" for step in ("accept", "approve", "cancel", "claim", "compute")),
        *(f"ecom.contract.action_{step}" for step in ("amend", "cancel", "end", "sign")),
        "ecom.contract.action_compute_rebates",
        *(f"ecom.rebate.action_{step}" for step in ("accept", "claim", "compute")),
    },
    "accountant": {
        *ANYBODY_WITH_BILLS,
        *PREPARES,
        *(f"ecom.accrual.action_{step}" for step in ("post", "refresh", "undo")),
        *(f"ecom.{due}.action_{step}" for due in ("claim", "rebate") for step in ("accrue", "settle")),
        "account.move.action_ecom_link_lines",
        "account.move.button_cancel",
        "account.move.button_draft",
        "ecom.account.action_process",
        "ecom.bill.action_read_again",
        "ecom.bill.import_files",
        *(f"ecom.exception.action_{step}" for step in ("accept", "classify", "ignore", "link", "wait")),
        "ecom.posting.action_undo",
        "ecom.purchase.clearing.action_undo",
        *(f"ecom.statement.action_{step}" for step in ("approve", "pay")),
    },
}
# What a supplier wrote on its invoice itself.
THEIRS = ("ecom_einvoice_number", "ecom_document_total", "ecom_supplier_sku")
# Links to what suppliers cannot read.
BARE = ("ecom_order_id", "ecom_item")
SILENT = (
    "odoo.sql_db",
    "odoo.models",
    "odoo.models.unlink",
    "odoo.addons.base.models.ir_rule",
    "odoo.addons.base.models.ir_model",
)


@tagged("post_install", "-at_install")
class TestSweep(PortalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.foreign = cls.partner(f"{MARK} Ltd")
        cls.marked = cls.goods(f"{MARK}-1")

    def assert_holds(self):
        """Records in every state are planted here by hand: they are no books that could add up."""

    @classmethod
    def world(cls, company):
        env = cls.env(context={**cls.env.context, "allowed_company_ids": company.ids})
        goods = {"product_id": cls.marked.id, "product_qty": 2, "price_unit": 3}
        order = env["purchase.order"].create(
            {
                "partner_id": cls.foreign.id,
                "company_id": company.id,
                "partner_ref": MARK,
                "order_line": [Command.create(goods)],
            }
        )
        order.button_confirm()
        journal = env["account.journal"].create(
            {"name": MARK, "type": "general", "code": "CNY9", "company_id": company.id}
        )
        sale = env["sale.order"].create({"partner_id": cls.foreign.id, "company_id": company.id})
        cls.receive(order)
        known = (cls.foreign, cls.marked, order, order.order_line, order.picking_ids, journal, sale)
        world = World(env, company, (*known, order.picking_type_id.warehouse_id))
        moves = env["account.move"]
        world.known["account.move"] = world.make(
            moves, state="posted", move_type="in_invoice", ecom_einvoice_number=None
        )
        for model in our_models(env):
            world.row(model)
        cls.assertFalse(cls, world.failed, "tell the world how to make these")
        env.flush_all()
        env.invalidate_all()
        return world

    # --- what is tried ------------------------------------------------------------

    def reads(self, ids):
        """Calls that give these records, or tell that they are there."""
        inside = [("id", "in", ids)]
        yield "search", [inside]
        yield "search_count", [inside]
        yield "read", [ids, ["display_name"]]
        yield "web_read", [ids, {"display_name": {}}]
        yield "export_data", [ids, ["display_name"]]
        yield "name_search", [MARK]
        yield "formatted_read_group", [inside, [], ["__count"]]
        yield "web_search_read", [inside, {"display_name": {}}]

    def asides(self, model, ids):
        """Calls that would give a part of them away, field by field."""
        inside = [("id", "in", ids)]
        for name, field in model._fields.items():
            if not field.store:
                continue
            yield "search_read", [inside, [name]]
            if field.type in ("char", "text", "html"):
                yield "search_count", [[(name, "ilike", MARK)]]
                yield "formatted_read_group", [[(name, "ilike", MARK)], [name], ["__count"]]
            if field.relational:
                yield "search_count", [[(f"{name}.display_name", "ilike", MARK)]]
            if field.column_type:
                yield "search", [inside, 0, 1, f"{name} desc"]

    def writes(self, model, ids):
        names = [name for name, field in model._fields.items() if field.store and field.type == "char"][:2]
        yield from (("write", [ids, {name: "changed"}]) for name in names)
        yield "unlink", [ids]
        yield "copy", [ids]
        yield "web_save", [ids, dict.fromkeys(names[:1], "changed"), {"display_name": {}}]

    def calls(self, model, ids):
        """Every public method of our add-ons, with these records for whatever it asks."""
        for name in our_methods(model):
            method = getattr(type(model), name)
            needed = [
                parameter.name
                for parameter in list(inspect.signature(method).parameters.values())[1:]
                if parameter.default is parameter.empty and parameter.kind < parameter.VAR_POSITIONAL
            ]
            args = [GIVEN.get(one, ids[0] if one in ONE and ids else ids) for one in needed]
            yield name, args if getattr(method, "_api_model", False) else [ids, *args]

    def attempt(self, model, name, args, state=False):
        """(what came out as text or None for an error, rows written) of one remote call, which is undone."""
        with mute_logger(*SILENT), closing(self.env.cr.savepoint(flush=False)):
            try:
                if state:
                    where = SQL("WHERE id = %s", args[0][0])
                    self.env.cr.execute(
                        SQL("UPDATE %s SET state = %s %s", SQL.identifier(model._table), state, where)
                    )
                before = self.written()
                result = call_kw(model, name, args, {})
                model.env.flush_all()
                return repr(result), self.written() - before
            except Exception:  # whatever goes wrong: nothing is done, which is what is asked
                return None, 0
            finally:
                model.env.invalidate_all(flush=False)

    def written(self):
        self.env.cr.execute("SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables")
        return int(self.env.cr.fetchone()[0])

    def dialogs(self, user, world):
        """What dialogs tell or do that a user opens by hand on records of the world."""
        found = []
        for model in our_models(self.env, transient=True):
            model = model.with_user(user)
            with mute_logger(*SILENT), closing(self.env.cr.savepoint(flush=False)):
                try:
                    made = call_kw(model, "create", [[self.answers(model, world)]], {})
                    model.env.flush_all()
                except Exception:  # refused already
                    continue
                tries = [("web_read", [made, {name: {}}]) for name in model._fields]
                for name, args in [*tries, *self.calls(model, made)]:
                    text, written = self.attempt(model, name, args)
                    if written or MARK in (text or ""):
                        found.append(f"{user.login}: {model._name}.{name}({args}) -> {text} ({written} rows)")
        return found

    def answers(self, model, world):
        """Values of a dialog: records of the world wherever one can be named."""
        values = {}
        for name, field in model._fields.items():
            if not field.store or name in MAGIC_COLUMNS or field.type == "one2many":
                continue
            if field.relational and field.comodel_name in world.known:
                ids = world.known[field.comodel_name].ids
                values[name] = [Command.set(ids)] if field.type == "many2many" else ids and ids[0]
            elif field.required:
                plain = {"char": "typed", "text": "typed", "binary": "QQ=="}
                values[name] = plain.get(field.type) or world._value(model, field)
        return values

    def leaks(self, user, world, names, deep=False):
        """What of the world a user reads or changes, one line for each call that does."""
        found = []
        self.env.flush_all()
        for model_name in names:
            ids = world.known[model_name].ids
            model = self.env[model_name].with_user(user)
            tries = [*self.reads(ids), *self.writes(model, ids), *self.calls(model, ids)]
            if deep and model.has_access("read"):
                tries += self.asides(model, ids)
            self.count += len(tries)
            for name, args in tries:
                text, written = self.attempt(model, name, args)
                seen = name in ("search", "search_count") and text not in (None, "[]", "0")
                # What asks for no records works on what the user has.
                written = written if args[:1] == [ids] or user.share else 0
                if written or seen or MARK in (text or ""):
                    found.append(f"{user.login}: {model_name}.{name}({args}) -> {text} ({written} rows)")
        return found

    count = 0
    maxDiff = None

    def test_another_supplier_and_the_public(self):
        """I4 Given records of a supplier in every model, when another supplier's user or the public searches,
        reads, groups, exports, changes or calls any public method with their numbers, then nothing comes."""
        world = self.world(self.company)
        names = [model._name for model in our_models(self.env)] + list(DOCUMENTS)
        found = self.leaks(self.vendor, world, names, deep=True)
        found += self.leaks(self.env.ref("base.public_user"), world, names)
        self.assertEqual(found, [])
        self.assertGreater(self.count, 2000)

    def test_another_company(self):
        """I4 Given records of a company in every model, when a manager of another one does the same, also
        with a context that claims the company, then nothing comes and nothing changes."""
        world = self.world(self.env["res.company"].create({"name": f"{MARK} Co"}))
        names = [model._name for model in our_models(self.env) if model._name not in SHARED]
        names += DOCUMENTS
        boss = self.person(
            "boss",
            "ecom_connectors.group_manager",
            group_ids=[
                Command.link(self.env.ref(f"account.group_account_{name}").id) for name in ("manager", "user")
            ]
            + [Command.link(self.env.ref("ecom_connectors.group_manager").id)],
        )
        found = self.leaks(boss, world, names) + self.dialogs(boss, world)
        claimed = {"allowed_company_ids": world.company.ids}
        for name in names:
            model = self.env[name].with_user(boss).with_context(**claimed)
            for attempt in self.reads(world.known[name].ids):
                text, _written = self.attempt(model, *attempt)
                if MARK in (text or ""):
                    found.append(f"{name}.{attempt} as if it were his")
        self.assertEqual(found, [])

    def test_roles(self):
        """I6 Given records in every state, when people of each role call every public method by hand, then
        only those change something who may; see the table, which is what docs/suppliers.md says."""
        world = self.world(self.company)
        people = {
            "employee": self.person("employee", "base.group_user"),
            "clerk": self.person("clerk", "account.group_account_invoice"),
            "warehouse": self.keeper,
            "buyer": self.buyer,
            "accountant": self.accountant,
        }
        names = [model._name for model in our_models(self.env)] + list(DOCUMENTS)
        self.env.flush_all()
        found = set()
        for role, user in people.items():
            for name in names:
                model = self.env[name].with_user(user)
                ids = world.known[name].ids
                for state in self.states(model):
                    for method, args in self.calls(model, ids):
                        _text, written = self.attempt(model, method, args, args[:1] == [ids] and state)
                        if written and f"{name}.{method}" not in MAY[role]:
                            found.add(f"{role}: {name}.{method} of {state}")
        self.assertEqual(found, set())

    def test_own_documents_of_a_supplier(self):
        """I4 Given a supplier's own documents, when its user calls every public method on them, or any of the
        interface for programs, then only answers change something, and nothing of ours is told."""
        self.pay(self.invoice)
        self.invoice.ecom_duplicate_reason = MARK
        self.sent.internal_note = MARK
        self.sent.line_ids.comment = MARK
        self.env.flush_all()
        own = (self.sent, self.sent.line_ids, self.purchase, self.purchase.order_line, self.delivery)
        own += (self.invoice, self.invoice.line_ids, self.supplier, self.env["ecom.settle.api"])
        changed, told = set(), set()
        for records in (*own, self.env["ecom.api"]):
            model = records.browse().with_user(self.vendor)
            for method, args in self.calls(model, records.ids):
                text, written = self.attempt(model, method, args)
                if written:
                    changed.add(f"{model._name}.{method}")
                if not records and text is not None:
                    told.add(f"{model._name}.{method}")
            for field in model._fields:
                text, _written = self.attempt(model, "read", [records.ids, [field]])
                if MARK in (text or "") or (
                    text and field.startswith("ecom_") and field not in THEIRS + BARE
                ):
                    told.add(f"{model._name}.{field}: {text}")
        answers = ("portal_confirm", "portal_compare", "portal_dispute", "message_post")
        self.assertLessEqual(changed, {f"ecom.statement.{answer}" for answer in answers})
        self.assertEqual(told, set())

    def states(self, model):
        """The states in which a record may stand, where the user sees it at all."""
        field = model._fields.get("state")
        if not field or not field.store or not model._auto or not model.has_access("read"):
            return [None]
        return field.get_values(model.env)
