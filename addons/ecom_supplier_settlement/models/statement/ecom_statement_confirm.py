"""Confirm stage: the supplier, or somebody for it, confirms or disputes line by line."""

import base64

from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from .ecom_statement import ACCOUNTANT, BUYER
from .ecom_statement_line import REASONS

TEXT_LIMIT = 4000
FILE_LIMIT = 10
SIZE_LIMIT = 20 << 20
LARGEST_ID = 2**31 - 1


def decoded(content, env):
    """The bytes of a file that came in base64."""
    try:
        content = content.encode() if isinstance(content, str) else content
        return base64.b64decode(b"".join(content.split()), validate=True)
    except (AttributeError, TypeError, ValueError):
        raise UserError(env._("The file is not in base64. Upload it again.")) from None


class EcomStatement(models.Model):
    """A disputed line holds back its own amount and nothing else."""

    _inherit = "ecom.statement"

    def portal_confirm(self, line_ids=None):
        """The supplier confirms lines of its statement.

        :param line_ids: ids of lines of this statement; without it all that are open
        :return: {"state": state of the statement, "open": count, "disputed": count}
        :raise AccessError: not this supplier's statement
        :raise UserError: it is not waiting for an answer, or a line is of another statement
        """
        statement = self._as_supplier()
        domain = [("state", "=", "open")]
        if line_ids is not None:
            domain.append(("id", "in", statement._lines_of(line_ids).ids))
        statement._lines(*domain)._confirm()
        return statement._after_answer()

    def portal_dispute(self, line_id, reason, text="", attachments=None):
        """The supplier disputes one line.

        :param reason: key of `REASONS`
        :param attachments: list of {"name", "content"}, content in base64
        :return: as `portal_confirm`
        """
        statement = self._as_supplier()
        statement._lines_of([line_id])._dispute(reason, text, attachments)
        return statement._after_answer()

    def _as_supplier(self):
        """This statement with the right to answer it; whoever asks is checked here, once, before anything."""
        self.ensure_one()
        user = self.env.user
        # The owner must be known before it can be compared; nothing of it is given to the caller.
        facts = self.sudo().exists()
        own = facts and facts.partner_id == user.partner_id.commercial_partner_id
        if not own or facts.state in ("draft", "cancelled") or facts.company_id not in user.company_ids:
            raise AccessError(self.env._("This statement is not yours."))
        facts._check_waits()
        return facts

    def _check_waits(self):
        """Two who answer at once take turns: each finds what the other has answered."""
        self._lock()
        for statement in self:
            if statement.state not in ("sent", "disputed"):
                raise UserError(self.env._("%s is not waiting for an answer.", statement.name))

    def _lines(self, *domain):
        return self.env["ecom.statement.line"].search([("statement_id", "in", self.ids), *domain])

    def _lines_of(self, line_ids):
        try:
            ids = {int(line_id) for line_id in line_ids}
        except (TypeError, ValueError):
            ids = {0}
        # No record has a number beyond these, and the database would refuse to look for it.
        lines = self._lines(("id", "in", [one for one in ids if 0 < one <= LARGEST_ID]))
        if len(lines) != len(ids):
            raise UserError(self.env._("Some lines are not of %s.", self.name))
        return lines

    def _as_staff(self):
        """For an answer that came by mail or telephone: buyers and accountants enter it."""
        user = self.env.user
        if not (user.has_group(BUYER) or user.has_group(ACCOUNTANT)):
            raise AccessError(self.env._("Only buyers and accountants enter a supplier's answer."))
        self.check_access("write")
        self._check_waits()

    def action_confirm(self):
        """Enter that the supplier confirms all lines that are open."""
        self._as_staff()
        for statement in self:
            statement._lines(("state", "=", "open"))._confirm()
            statement._after_answer()

    def _after_answer(self):
        """The state that follows from the lines."""
        states = {
            state
            for (state,) in self.env["ecom.statement.line"]._read_group(
                [("statement_id", "=", self.id)], ["state"]
            )
        }
        if "disputed" in states:
            if self.state == "sent":
                self._move_to("disputed")
                self._ask_for_answer()
        elif "open" not in states:
            self._move_to("confirmed")
            self._make_documents()
        elif self.state == "disputed":
            self._move_to("sent")
        self.invalidate_recordset()
        self._drop_tasks()
        return {"state": self.state, "open": self.open_count, "disputed": self.disputed_count}

    def _ask_for_answer(self):
        """Whoever sent the statement has the dispute to do."""
        if not self.activity_ids.filtered(lambda it: it.automated and it.user_id == self.sent_id):
            self.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.env._("Answer the dispute of %s", self.partner_id.name),
                user_id=self.sent_id.id or self.env.uid,
            )

    def _drop_tasks(self):
        """Where nothing is disputed any more there is nothing to answer, whoever settled it."""
        calm = self.filtered(lambda statement: not statement.disputed_count)
        # The task is of whoever sent the statement; who settles the dispute may not see it.
        calm.sudo().activity_ids.filtered("automated").action_feedback()


class EcomStatementLine(models.Model):
    _inherit = "ecom.statement.line"

    def _confirm(self):
        """In one statement of SQL, because a statement may have very many lines."""
        self.flush_model(["state"])
        self.env.cr.execute(
            SQL(
                """UPDATE ecom_statement_line SET state = 'confirmed', confirmed_id = %s, confirmed_at = %s
                    WHERE id = ANY(%s) AND state != 'confirmed'""",
                self.env.uid,
                fields.Datetime.now(),
                self.ids,
            )
        )
        self.invalidate_model(["state", "confirmed_id", "confirmed_at"])
        self.statement_id.invalidate_recordset(["open_count", "disputed_count", "amount_disputed"])

    def _dispute(self, reason, text, attachments=None):
        if reason not in dict(REASONS):
            raise UserError(self.env._("There is no such reason."))
        if any(line.state == "confirmed" for line in self):
            raise UserError(self.env._("Confirmed lines cannot be disputed any more."))
        files = attachments or []
        contents = [decoded(file["content"], self.env) for file in files[: FILE_LIMIT + 1]]
        if len(files) > FILE_LIMIT or sum(map(len, contents)) > SIZE_LIMIT:
            raise UserError(self.env._("At most %s files and 20 MB.", FILE_LIMIT))
        text = (text or "")[:TEXT_LIMIT]
        self._unseal().write(
            {
                "state": "disputed",
                "dispute_reason": reason,
                "dispute_text": text,
                "disputed_id": self.env.uid,
                "disputed_at": fields.Datetime.now(),
            }
        )
        for line in self:
            line.statement_id.message_post(
                body=self.env._(
                    "“%(line)s” (%(amount)s) is disputed: %(reason)s. %(text)s",
                    line=line.name,
                    amount=line.currency_id.format(line.amount),
                    reason=dict(self._fields["dispute_reason"]._description_selection(self.env))[reason],
                    text=text,
                ),
                # Whoever answered is the author, also when the answer is stored with more rights than theirs.
                author_id=self.env.user.partner_id.id,
                attachments=[
                    (str(file["name"]), content) for file, content in zip(files, contents, strict=True)
                ],
                # Both sides see the dispute and its evidence.
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
            )

    def action_confirm(self):
        """Enter that the supplier confirms these lines, or takes a dispute back.

        On a statement that is approved already it releases the amount, so it needs who may approve.
        """
        self.statement_id._lock()
        agreed = self.statement_id.filtered(lambda it: it.state in ("approved", "paid"))
        (self.statement_id - agreed)._as_staff()
        for statement in agreed:
            statement._check_may("approved")
            statement._check_other_person()
        self._confirm()
        for statement in self.statement_id - agreed:
            statement._after_answer()
        for statement in agreed:
            statement._drop_tasks()
            statement._make_documents()
            statement._refresh_paid()

    def action_withdraw(self):
        """Enter that a dispute is settled: the line is open again and can be confirmed."""
        self.statement_id._as_staff()
        self.filtered(lambda line: line.state == "disputed")._unseal().write({"state": "open"})
        for statement in self.statement_id:
            statement._after_answer()

    def action_dispute(self):
        """Ask for reason and text of a dispute that the supplier told us."""
        self.statement_id._as_staff()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Dispute"),
            "res_model": "ecom.statement.dispute",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_line_ids": [(6, 0, self.ids)]},
        }
