"""Statement stage: what both sides have agreed stays as it is, whichever route a change takes."""

from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ..setup.bills import posted
from ..setup.changes import differs
from .ecom_statement import AGREED

# A message that was sent keeps these.
KEPT = {
    *("body", "attachment_ids", "author_id", "email_from", "date", "model", "res_id"),
    *("message_type", "subtype_id", "is_internal", "parent_id"),
}
FROZEN_ENTRY = {"state", "date", "invoice_date", "partner_id", "currency_id", "company_id", "journal_id"}
FROZEN_ITEM = {
    *("move_id", "account_id", "partner_id", "currency_id", "amount_currency", "balance", "debit", "credit"),
    *("quantity", "price_unit", "discount", "tax_ids", "product_id", "purchase_line_id", "display_type"),
}

# Whoever agrees to a statement agrees to what it begins with, so to those before it.
_AGREED = SQL(
    """EXISTS (SELECT 1 FROM ecom_statement n
                WHERE n.company_id = s.company_id AND n.partner_id = s.partner_id
                  AND n.currency_id = s.currency_id AND n.date_from >= s.date_from AND n.state = ANY(%s))""",
    list(AGREED),
)


class EcomStatementGuard(models.AbstractModel):
    """Refuses changes of what an agreed statement counts and of what was said and sent with one."""

    _name = "ecom.statement.guard"
    _description = "Entries of Agreed Statements"

    @api.model
    def _move_changes(self, moves, vals):
        frozen = FROZEN_ENTRY.intersection(vals)
        if frozen:
            changed = posted(moves).filtered(
                lambda move: any(differs(move, name, vals[name]) for name in frozen)
            )
            self._refuse(changed.ids)

    @api.model
    def _items_change(self, items, vals):
        frozen = FROZEN_ITEM.intersection(vals)
        if frozen:
            changed = booked(items).filtered(
                lambda line: any(differs(line, name, vals[name]) for name in frozen)
            )
            self._refuse(changed.move_id.ids)

    @api.model
    def _refuse_items(self, items):
        """Refuse that posted entries get or lose items."""
        self._refuse(booked(items).move_id.ids)

    @api.model
    def _refuse(self, move_ids):
        """Refuse to change entries that an agreed statement counts, as a line or in its opening amount."""
        if not move_ids:
            return
        self.env["ecom.statement"].flush_model(["state"])
        self.env["ecom.statement.line"].flush_model(["state", "live"])
        self.env.cr.execute(
            SQL(
                """SELECT l.move_id, s.id, s.name, bool_or(l.state = 'confirmed' OR %(agreed)s)
                     FROM ecom_statement_line l JOIN ecom_statement s ON s.id = l.statement_id
                    WHERE l.move_id = ANY(%(moves)s) AND l.live AND l.in_ledger
                    GROUP BY l.move_id, s.id, s.name
                    UNION ALL
                   SELECT i.move_id, s.id, s.name, %(agreed)s
                     FROM account_move_line i JOIN res_partner p ON p.id = i.partner_id
                     JOIN ecom_statement s ON s.partner_id = p.commercial_partner_id
                      AND s.company_id = i.company_id AND s.currency_id = i.currency_id
                    WHERE i.move_id = ANY(%(moves)s) AND s.state != 'cancelled'
                      AND s.opening_item_ids @> to_jsonb(i.id)""",
                agreed=_AGREED,
                moves=list(move_ids),
            )
        )
        found = self.env.cr.fetchall()
        agreed = [(move_id, name) for move_id, _id, name, is_agreed in found if is_agreed][:20]
        if agreed:
            moves = self.env["account.move"].browse([move_id for move_id, _name in agreed])
            raise UserError(
                self.env._(
                    "%(documents)s: agreed with the supplier on %(statements)s. Post a credit note or an "
                    "adjustment instead; it comes on the next statement.",
                    # The name of the document is told to whoever could open it for a change anyway.
                    documents=", ".join(moves.sudo().mapped("display_name")),
                    statements=", ".join(sorted({name for _move, name in agreed})),
                )
            )
        # Nobody can agree to a statement while one of its documents changes.
        self.env["ecom.statement"].browse({statement_id for _move, statement_id, *_rest in found})._lock()

    @api.model
    def _refuse_unmatch(self, partials):
        """A match across currencies is a line of two statements; one of a single currency is on none."""
        crossed = partials.filtered(lambda partial: partial.debit_currency_id != partial.credit_currency_id)
        if not crossed:
            return
        self.env["ecom.statement"].flush_model(["state"])
        self.env["ecom.statement.line"].flush_model(["state", "live"])
        self.env.cr.execute(
            SQL(
                """SELECT s.name, s.id, l.state = 'confirmed' OR %(agreed)s
                     FROM ecom_statement_line l JOIN ecom_statement s ON s.id = l.statement_id
                    WHERE l.res_model = %(model)s AND l.res_id = ANY(%(ids)s) AND l.live
                    UNION ALL
                   SELECT s.name, s.id, %(agreed)s FROM ecom_statement s
                    WHERE s.state != 'cancelled'
                      AND s.opening_item_ids @> ANY(ARRAY(SELECT to_jsonb(-x) FROM unnest(%(ids)s) x))""",
                agreed=_AGREED,
                model=partials._name,
                ids=crossed.ids,
            )
        )
        found = self.env.cr.fetchall()
        agreed = sorted({name for name, _id, is_agreed in found if is_agreed})
        if agreed:
            raise UserError(self.env._("This match is agreed with the supplier on %s.", ", ".join(agreed)))
        self.env["ecom.statement"].browse({number for _name, number, _agreed in found})._lock()

    @api.model
    def _forget(self, move_ids, item_ids=None):
        """Empty links of lines to entries or journal items that are deleted; the bulk table has no key."""
        column = SQL.identifier("move_id" if item_ids is None else "move_line_id")
        self.env.cr.execute(
            SQL(
                "UPDATE ecom_statement_line SET %s = NULL WHERE move_id = ANY(%s) AND %s = ANY(%s)",
                column,
                list(move_ids),
                column,
                list(move_ids if item_ids is None else item_ids),
            )
        )
        if self.env.cr.rowcount:
            self.env["ecom.statement.line"].invalidate_model(["move_id", "move_line_id"])

    # --- what was said and sent ------------------------------------------------------

    @api.model
    def _messages_change(self, messages, vals):
        kept = KEPT & set(vals)
        # The mail of a message writes down again what the message says.
        changed = self._of_statements(messages).filtered(
            lambda message: any(differs(message, name, vals[name]) for name in kept)
        )
        if changed and self.env.user.share:
            raise AccessError(self.env._("Messages of a statement are kept as they are."))
        if any(message.author_id.partner_share for message in changed):
            raise UserError(self.env._("What a supplier said about a statement is kept as it is."))

    @api.model
    def _refuse_unlink_messages(self, messages):
        messages = self._of_statements(messages)
        # The messages of a draft that was never sent go with it.
        statements = messages.env["ecom.statement"].browse(messages.mapped("res_id")).exists()
        if any(statement.sent_at for statement in statements):
            raise UserError(self.env._("Messages of a statement are kept as they are."))

    def _of_statements(self, messages):
        # Whoever may see the message or not: it is kept.
        return messages.sudo().filtered(lambda it: it.model == "ecom.statement" and it.res_id)

    @api.model
    def _refuse_files(self, attachments):
        """The files of statements that were sent, or were said or compared with them, are evidence."""
        # A file that the user may not see is evidence all the same.
        mine = attachments.sudo()
        files = mine.filtered(lambda it: it.res_model == "ecom.statement")
        said = [("attachment_ids", "in", files.ids), ("model", "=", "ecom.statement")]
        messages = mine.env["mail.message"]
        messages = messages.search(said) if files else messages
        statements = mine.env["ecom.statement"].browse(messages.mapped("res_id"))
        compared = mine.filtered(lambda it: it.res_model == "ecom.statement.comparison")
        comparisons = mine.env["ecom.statement.comparison"].browse(compared.mapped("res_id"))
        if any(statement.sent_at for statement in (statements | comparisons.exists().statement_id).exists()):
            raise UserError(self.env._("The files of a statement that was sent are kept as they are."))


def booked(items):
    """Those of these items whose entries are posted."""
    return items.filtered(lambda line: line.parent_state == "posted")
