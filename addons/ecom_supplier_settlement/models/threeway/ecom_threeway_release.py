"""Invoice stage: letting a blocked invoice pass, with a reason, by somebody who had no hand in it."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class EcomThreewayRelease(models.Model):
    """Somebody let a blocked invoice pass: who, when, why, and what was seen then.

    Void once the invoice's lines change or a difference grows beyond what was seen.
    """

    _name = "ecom.threeway.release"
    _description = "Release of a Blocked Invoice"
    _inherit = ["ecom.sealed"]
    _order = "id desc"

    move_id = fields.Many2one("account.move", "Invoice", required=True, readonly=True, ondelete="restrict")
    company_id = fields.Many2one(related="move_id.company_id", store=True)
    user_id = fields.Many2one("res.users", "By", required=True, readonly=True, ondelete="restrict")
    released_at = fields.Datetime(required=True, readonly=True)
    reason = fields.Text(required=True, readonly=True)
    seen = fields.Json(readonly=True, help="Facts of each line and the differences the releaser saw.")
    void_at = fields.Datetime("No Longer Valid Since", readonly=True)
    void_reason = fields.Selection(
        [("lines", "The invoice changed"), ("worse", "A difference grew"), ("newer", "Released again")],
        "Reason No Longer Valid",
        readonly=True,
    )

    _valid_once = models.UniqueIndex("(move_id) WHERE void_at IS NULL", "This invoice is released already.")

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Releases are evidence and cannot be deleted."))

    @api.model
    def _valid_of(self, move_ids):
        """{invoice id: its valid release}"""
        # The match decides by releases, whoever makes it run.
        found = self.sudo().search([("move_id", "in", list(move_ids)), ("void_at", "=", False)])
        return {release.move_id.id: release for release in found}

    @api.model
    def _release(self, bills, reason):
        """Let these blocked invoices be paid although they do not match.

        :param reason: text, not empty
        :raises AccessError: if the user is no accountant, or entered, changed or posted one of them
        :raises UserError: if an invoice is not blocked, or no reason is given
        """
        user = self.env.user
        if not user.has_group("ecom_connectors.group_accountant"):
            raise AccessError(self.env._("Only an accountant releases an invoice."))
        if not (reason or "").strip():
            raise UserError(self.env._("Say why the invoice may be paid."))
        bills.check_access("read")
        # The verdicts are made anew, so that what is released is what is so now.
        moves = bills.sudo()
        matcher = moves.env["ecom.threeway.matcher"]
        matcher._match(moves, "release")
        for move in moves:
            if move.ecom_threeway_state != "blocked":
                raise UserError(self.env._("%s is not blocked.", move.display_name))
            if user in moves.env["ecom.invoice.hands"]._of(move):
                raise AccessError(
                    self.env._(
                        "You entered, changed or posted %s. Somebody else releases it.", move.display_name
                    )
                )
        rows = matcher._decided(moves.ids)
        values = []
        for move in moves:
            its = [row for row in rows if row["move_id"] == move.id]
            values.append(
                {
                    "move_id": move.id,
                    "user_id": user.id,
                    "released_at": fields.Datetime.now(),
                    "reason": reason.strip(),
                    "seen": seen_values(its),
                }
            )
        moves.env["ecom.threeway.release"]._unseal().create(values)
        matcher._match(moves, "release")
        moves._message_log_batch(
            bodies={
                move.id: self.env._("Released by %(user)s: %(reason)s", user=user.name, reason=reason.strip())
                for move in moves
            }
        )

    def _still_holds(self, rows):
        """Whether the invoice is as it was seen and nothing is further off; else the release is void.

        :param rows: decided rows of the invoice (see `ecom.threeway.matcher`)
        """
        self.ensure_one()
        now, seen = seen_values(rows), self.seen
        if {key: one["line"] for key, one in now.items()} != {key: one["line"] for key, one in seen.items()}:
            self._unseal().write({"void_at": fields.Datetime.now(), "void_reason": "lines"})
            return False
        for key, one in now.items():
            was = seen[key]
            grew = any(
                _grew(name, off, was["off"].get(name, 0), one["reasons"]) for name, off in one["off"].items()
            )
            if grew or set(one["reasons"]) - set(was["reasons"]):
                self._unseal().write({"void_at": fields.Datetime.now(), "void_reason": "worse"})
                return False
        return True


def _grew(name, now, was, reasons):
    """Whether a difference is further off than it was seen; invoicing less matters where a limit says so."""
    if now > 0:
        return now > max(was, 0)
    return now < min(was, 0) and f"{name}_under" in reasons


def seen_values(rows):
    """{line id, or "total": {"line": what the invoice itself says, "off": differences, "reasons": codes}}"""
    values = {}
    for row in rows:
        if row["kind"] == "document":
            line, off = [row["stated"], row["computed"]], {"document": row["variance_document"]}
        else:
            line = [row[name] for name in ("product_id", "purchase_line_id", "line_quantity", "line_amount")]
            off = {name: row[f"variance_{name}"] for name in ("quantity", "ordered", "price")}
            if "order_over" in row["reasons"].split(","):
                off["order"] = row["order_billed"] - row["order_total"]
        key = str(row.get("move_line_id") or "total")
        reasons = [reason for reason in row["reasons"].split(",") if reason]
        values[key] = {"line": line, "off": off, "reasons": reasons}
    return values
