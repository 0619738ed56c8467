"""Statement stage: where lines come from is a registry; whoever adds an origin touches its own file."""

import io

import openpyxl
import psycopg2

from odoo import api, models
from odoo.orm.model_classes import add_to_registry
from odoo.tests import HttpCase, tagged
from odoo.tools import SQL, LazyTranslate, mute_logger

from ...models.setup.ecom_statement_source import Origin
from ..common import pages
from ..portal_common import PortalCase

_lt = LazyTranslate(__name__)
TOY = "ecom.statement.toy"


class Toy(models.AbstractModel):
    """Orders with the note `dropship`: we owe the goods, less a commission of 10 %."""

    _module = None
    _name = TOY
    _description = "Toy"
    _inherit = ["ecom.statement.source"]
    _statement_origins = (
        Origin(code="toy_gross", name=_lt("Dropship Goods"), place=44, sign=1),
        Origin(code="toy_commission", name=_lt("Dropship Commission"), place=45, sign=-1),
    )

    @api.model
    def _statement_rows(self, statement):
        return SQL(
            """SELECT p.origin, o.date_approve::date, 'purchase.order', o.id, p.part, NULL::int, NULL::int,
                      NULL::int, NULL::int, NULL::numeric, NULL::numeric, p.share * o.amount_untaxed, false,
                      o.name || p.words, NULL::jsonb
                 FROM purchase_order o
                 CROSS JOIN (VALUES ('toy_gross', 'gross', 1, ' goods'),
                                    ('toy_commission', 'commission', -0.1, ' commission'))
                            AS p (origin, part, share, words)
                WHERE o.origin = 'dropship' AND o.partner_id = %s AND o.company_id = %s
                  AND o.currency_id = %s AND o.date_approve::date <= %s""",
            statement.partner_id.id,
            statement.company_id.id,
            statement.currency_id.id,
            statement.date_to,
        )

    @api.model
    def _statement_settle(self, statement, lines):
        for line in lines:
            document = self.env["account.move"].create(
                {"move_type": "entry", "ref": f"{line.res_model} {line.part}"}
            )
            line._unseal().write({"document_id": document.id})


@tagged("post_install", "-at_install")
class TestStatementOrigins(PortalCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        add_to_registry(cls.registry, Toy)
        cls.addClassCleanup(cls.forget_toy)
        cls.registry._setup_models__(cls.env.cr, [])
        cls.dropshipped = cls.order((cls.product, 4, 50), partner=cls.other_supplier, origin="dropship")

    @classmethod
    def forget_toy(cls):
        del cls.registry[TOY]
        for parent in ("ecom.statement.source", "base"):
            cls.registry[parent]._inherit_children.discard(TOY)

    def toys(self, statement):
        return {line.part: line for line in statement.line_ids if line.origin.startswith("toy_")}

    def test_a_new_origin(self):
        """Given a source of two parts for each record, when a statement is computed, then both are lines of
        one record, summed up beside the ledger, and paper, workbook and portal show them by their words."""
        statement = self.statement(partner=self.other_supplier)
        lines = self.toys(statement)
        amounts = {part: line.amount for part, line in lines.items()}
        self.assertEqual(amounts, {"gross": 200, "commission": -20})
        self.assertEqual({line.res_id for line in lines.values()}, {self.dropshipped.id})
        footing = (statement.amount_terms, statement.amount_closing, statement.amount_expected)
        self.assertEqual(footing, (180, 0, 180))
        self.assertEqual(statement.amount_difference, 0)
        paper = "".join(pages(statement._render_pdf()))
        _front, sheet = openpyxl.load_workbook(io.BytesIO(statement._render_xlsx())).worksheets
        workbook = {row[0].value: row[7].value for row in sheet.iter_rows(min_row=2)}
        self.assertEqual(workbook, {"Dropship Goods": 200, "Dropship Commission": -20})
        statement._go_to("sent")
        self.authenticate("settle_rival", "settle_rival")
        page = self.url_open(f"/my/statements/{statement.id}").text
        for text in ("Dropship Goods", "Dropship Commission", "180.00"):
            self.assertIn(text, paper)
            self.assertIn(text, page)

    def test_each_part_is_a_line_of_its_own(self):
        """Given lines of two parts, when one is disputed and the statement computed again, then the dispute
        stays with its part, and the next statement has neither."""
        statement = self.statement(partner=self.other_supplier)
        lines = self.toys(statement)
        lines["commission"]._dispute("terms", "5 % was agreed")
        statement.action_compute()
        again = self.toys(statement)
        self.assertEqual(again, lines)
        self.assertEqual([again[part].state for part in ("gross", "commission")], ["open", "disputed"])
        following = self.statement("2026-10-01", "2026-10-31", partner=self.other_supplier)
        self.assertFalse(self.toys(following))

    def test_a_source_settles_its_own(self):
        """Given confirmed lines, when documents are made, then the source of each makes them, once."""
        statement = self.statement(partner=self.other_supplier)
        statement._go_to("sent")
        statement.action_confirm()
        documents = statement.line_ids.document_id
        self.assertEqual(set(documents.mapped("ref")), {"purchase.order gross", "purchase.order commission"})
        statement.action_make_documents()
        self.assertEqual(statement.line_ids.document_id, documents)

    def test_a_part_cannot_be_twice(self):
        """Given a part of a record on a live statement, when another statement stores it, then the database
        refuses; another part of the record is stored."""
        statement = self.statement(partner=self.other_supplier)
        following = self.statement("2026-10-01", "2026-10-31", partner=self.other_supplier)
        self.env.flush_all()
        copy = """INSERT INTO ecom_statement_line (statement_id, company_id, partner_id, currency_id, origin,
                              day, cutoff, res_model, res_id, part, amount, in_ledger, live, repeated,
                              name, state)
                  SELECT %s, company_id, partner_id, currency_id, origin, day, cutoff, res_model, res_id, %s,
                         amount, in_ledger, live, repeated, name, state
                    FROM ecom_statement_line WHERE statement_id = %s AND part = 'gross' RETURNING id"""
        self.env.cr.execute(copy, [following.id, "freight", statement.id])
        made = [number for (number,) in self.env.cr.fetchall()]
        self.assertTrue(made)
        with self.assertRaises(psycopg2.errors.UniqueViolation), mute_logger("odoo.sql_db"):
            with self.cr.savepoint():
                self.env.cr.execute(copy, [following.id, "gross", statement.id])
        self.env.cr.execute("DELETE FROM ecom_statement_line WHERE id = ANY(%s)", [made])
