"""Statement stage: what both sides have agreed stays as it is, whichever route a change takes."""

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..setup.changes import differs
from ..statement.ecom_statement import AGREED

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


def _refuse(env, move_ids):
    """Refuse to change entries that an agreed statement counts, as a line or in its opening amount."""
    if not move_ids:
        return
    env["ecom.statement"].flush_model(["state"])
    env["ecom.statement.line"].flush_model(["state", "live"])
    env.cr.execute(
        SQL(
            """SELECT l.move_id, s.id, s.name, bool_or(l.state = 'confirmed' OR %(agreed)s)
                 FROM ecom_statement_line l JOIN ecom_statement s ON s.id = l.statement_id
                WHERE l.move_id = ANY(%(moves)s) AND l.live AND l.in_ledger GROUP BY l.move_id, s.id, s.name
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
    found = env.cr.fetchall()
    agreed = [(move_id, name) for move_id, _id, name, is_agreed in found if is_agreed][:20]
    if agreed:
        moves = env["account.move"].browse([move_id for move_id, _name in agreed])
        raise UserError(
            env._(
                "%(documents)s: agreed with the supplier on %(statements)s. Post a credit note or an "
                "adjustment instead; it comes on the next statement.",
                # The name of the document is told to whoever could open it for a change anyway.
                documents=", ".join(moves.sudo().mapped("display_name")),
                statements=", ".join(sorted({name for _move, name in agreed})),
            )
        )
    # Nobody can agree to a statement while one of its documents changes.
    env["ecom.statement"].browse({statement_id for _move, statement_id, *_rest in found})._lock()


def _forget(env, move_ids, item_ids=None):
    """Empty the links of lines to entries or journal items that are deleted; the bulk table has no key."""
    column = SQL.identifier("move_id" if item_ids is None else "move_line_id")
    env.cr.execute(
        SQL(
            "UPDATE ecom_statement_line SET %s = NULL WHERE move_id = ANY(%s) AND %s = ANY(%s)",
            column,
            list(move_ids),
            column,
            list(move_ids if item_ids is None else item_ids),
        )
    )
    if env.cr.rowcount:
        env["ecom.statement.line"].invalidate_model(["move_id", "move_line_id"])


class AccountMove(models.Model):
    _inherit = "account.move"

    def write(self, vals):
        frozen = FROZEN_ENTRY & set(vals)
        if frozen:
            posted = self.filtered(lambda move: move.state == "posted")
            changed = posted.filtered(lambda move: any(differs(move, name, vals[name]) for name in frozen))
            _refuse(self.env, changed.ids)
        return super().write(vals)

    def unlink(self):
        ids = self.ids
        done = super().unlink()
        _forget(self.env, ids)
        return done

    @api.ondelete(at_uninstall=False)
    def _unlink_not_on_statement(self):
        _refuse(self.env, self.ids)


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        _refuse(self.env, lines.filtered(lambda line: line.parent_state == "posted").move_id.ids)
        return lines

    def write(self, vals):
        frozen = FROZEN_ITEM & set(vals)
        if frozen:
            posted = self.filtered(lambda line: line.parent_state == "posted")
            changed = posted.filtered(lambda line: any(differs(line, name, vals[name]) for name in frozen))
            _refuse(self.env, changed.move_id.ids)
        return super().write(vals)

    def unlink(self):
        move_ids, ids = self.move_id.ids, self.ids
        done = super().unlink()
        _forget(self.env, move_ids, ids)
        return done

    @api.ondelete(at_uninstall=False)
    def _unlink_not_on_statement(self):
        _refuse(self.env, self.filtered(lambda line: line.parent_state == "posted").move_id.ids)


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    @api.ondelete(at_uninstall=False)
    def _unlink_not_on_statement(self):
        """A match across currencies is a line of two statements; one of a single currency is on none."""
        crossed = self.filtered(lambda partial: partial.debit_currency_id != partial.credit_currency_id)
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
                model=self._name,
                ids=crossed.ids,
            )
        )
        found = self.env.cr.fetchall()
        agreed = sorted({name for name, _id, is_agreed in found if is_agreed})
        if agreed:
            raise UserError(self.env._("This match is agreed with the supplier on %s.", ", ".join(agreed)))
        self.env["ecom.statement"].browse({number for _name, number, _agreed in found})._lock()
