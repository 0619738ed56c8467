"""Terms stage: the rebates of a clause brought up to date, period by period."""

from decimal import Decimal

from odoo import api, fields, models

from ...lib.ecom_settle.terms import to_settle
from ...lib.ecom_settle.working import BaseRow, Working
from .clause_words import exact

ANSWERED = ("accepted", "partly", "refused", "settled")


class EcomRebateComputer(models.AbstractModel):
    """What was claimed stays; the open rebate of a period follows facts and terms."""

    _name = "ecom.rebate.computer"
    _description = "Computer of Rebates"

    @api.model
    def _compute_origin(self, origin, until=None, starts=None):
        """Compute the periods of all versions of a clause that have begun.

        :param starts: first days of the periods that matter; None: all
        """
        today = until or fields.Date.context_today(self)
        # Two who compute at once take turns: the second one starts anew and sees what the first one did.
        self.env["ecom.stage"]._take(origin)
        done = self.env["ecom.rebate"]
        rebates = done.search([("origin_id", "=", origin.id)]).grouped("date_from")
        owned = origin._owned_periods()
        for clause, period in owned:
            if period.start <= today and (starts is None or period.start in starts):
                found = rebates.get(period.start, self.env["ecom.rebate"])
                done |= self._compute_period(clause, period, found, today)
        for start in sorted(set(rebates) - {period.start for _clause, period in owned}):
            if starts is None or start in starts:
                done |= self._void_period(rebates[start])
        return done

    def _compute_period(self, clause, period, rebates, today):
        """The open rebate of a period brought up to date; :return: it, or an empty recordset."""
        open_one = rebates.filtered(lambda it: it.state == "computed")
        counted_to = min(period.end, today)
        counted, earned, working = clause._earn(period.start, counted_to, whole=period.end < today)
        before = rebates - open_one
        due = self._left_to_settle(before, earned.amount, clause.currency_id.decimal_places)
        if before:
            working["formula"] = f"{working['formula']} = {earned.amount:,f}; {due.formula}"
            working["result"] = f"{due.amount:f}"
        if not open_one and rebates and not due.amount:
            return open_one
        if open_one:
            self._take_over(open_one, clause)
        return self._store(
            open_one,
            {
                "date_to": period.end,
                "date_counted": counted_to,
                "base_amount": float(counted.base.amount),
                "base_quantity": float(counted.base.quantity),
                "amount_earned": float(earned.amount),
                "amount_before": float(earned.amount - due.amount),
                "amount": float(due.amount),
                "working": working,
            },
            lambda: self._new_values(clause, period.start, rebates),
        )

    def _void_period(self, rebates):
        """A period that a new version took away earns nothing: what was claimed of it goes back."""
        open_one = rebates.filtered(lambda it: it.state == "computed")
        latest = open_one or rebates.sorted("number")[-1]
        digits = latest.currency_id.decimal_places
        due = self._left_to_settle(rebates - open_one, Decimal(0), digits)
        if not open_one and not due.amount:
            return open_one
        ended = Working(
            rule=latest.working["rule"],
            version=latest.working["version"],
            title=latest.working["title"],
            base=(BaseRow(code="ended", values={"day": str(latest.clause_id.valid_to)}),),
            base_total=Decimal(0),
            formula=due.formula,
            result=due.amount,
            currency=latest.currency_id.name,
            digits=digits,
        )
        return self._store(
            open_one,
            {
                "date_to": latest.date_to,
                "date_counted": latest.date_counted,
                "base_amount": 0,
                "base_quantity": 0,
                "amount_earned": 0,
                "amount_before": float(-due.amount),
                "amount": float(due.amount),
                "working": ended.as_json(),
            },
            lambda: self._new_values(latest.clause_id, latest.date_from, rebates),
        )

    # --- storing ------------------------------------------------------------------

    def _store(self, open_one, vals, new_values):
        """Revise the open rebate or make one, and split it on the order lines; :return: it"""
        if open_one:
            self._revise(open_one, vals)
        else:
            open_one = open_one._unseal().create({**new_values(), **vals})._seal()
        self.env["ecom.rebate.share"]._store(open_one)
        return open_one

    def _take_over(self, rebate, clause):
        """A newer version decides about the period now; how it is settled follows it."""
        if rebate.clause_id == clause:
            return
        terms, names = self._settled_by(clause), ("vat_treatment", "tax_id", "offset")
        if rebate.amount_accrued and any(terms[name] != self._settled_by(rebate)[name] for name in names):
            # What was accrued stands on the accounts of the terms before; it is our own entry.
            rebate.sudo()._accrue(Decimal(0))
        rebate._unseal().write({"clause_id": clause.id, **terms})

    def _settled_by(self, clause):
        return {
            "settlement_mode": clause.settlement_mode,
            "vat_treatment": clause.vat_treatment,
            "tax_id": clause.tax_id.id,
            "offset": clause.offset,
        }

    def _new_values(self, clause, start, rebates):
        return {
            "clause_id": clause.id,
            "origin_id": clause.origin_id.id,
            "company_id": clause.company_id.id,
            "partner_id": clause.partner_id.id,
            "currency_id": clause.currency_id.id,
            "number": max(rebates.mapped("number"), default=0) + 1,
            "date_from": start,
            **self._settled_by(clause),
        }

    def _revise(self, rebate, vals):
        """Write what changed and keep what it was before."""
        if rebate.working == vals["working"] and rebate.date_to == vals["date_to"]:
            if rebate.date_counted != vals["date_counted"]:
                rebate._unseal().write({"date_counted": vals["date_counted"]})
            return
        differs = rebate.currency_id.compare_amounts
        if differs(rebate.amount, vals["amount"]) or differs(rebate.base_amount, vals["base_amount"]):
            self.env["ecom.rebate.change"]._unseal().create(
                {
                    "rebate_id": rebate.id,
                    "base_old": rebate.base_amount,
                    "base_new": vals["base_amount"],
                    "amount_old": rebate.amount,
                    "amount_new": vals["amount"],
                    "formula_old": rebate.working["formula"],
                    "formula_new": vals["working"]["formula"],
                    "working_old": rebate.working,
                }
            )
        rebate._unseal().write(vals)

    def _left_to_settle(self, claims, earned, digits):
        """What is due of what is earned to date, after these earlier claims of the period."""
        return to_settle(
            earned,
            [exact(it.amount, digits) for it in claims],
            digits,
            accepted=[
                exact(it.amount_accepted if it.state in ANSWERED else it.amount, digits) for it in claims
            ],
        )
