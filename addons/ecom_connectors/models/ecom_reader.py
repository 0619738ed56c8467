"""Read stage: files through the limited child process into the loader."""

import json

from odoo import api, models

from ..lib.ecom_bills import Context, jail


class EcomReader(models.AbstractModel):
    """Finds the account of each bill, reads it in the child process and has it stored."""

    _name = "ecom.reader"
    _description = "Bill Reader"

    @api.model
    def _import(self, files, account=None):
        """Read and store bills; one result per bill, in the order of the files.

        :param files: list of (name, bytes)
        :param account: their account; else each bill goes to the one account that fits
        """
        results = []
        context = self.env["ecom.bill"]._context_of(account) if account else self._first_look()
        jobs = [jail.Job(content=content, name=name, context=context) for name, content in files]
        for (name, content), outcome in zip(files, jail.run(jobs), strict=True):
            for meta, payload in outcome.bills:
                if meta["state"] == "skipped":
                    results.append(self._skipped(name, meta))
                    continue
                owner = account
                if not owner:
                    owner, meta, payload = self._for_its_account(name, content, context, meta, payload)
                with self.env.cr.savepoint():
                    bill = self.env["ecom.loader"]._store(owner, name, content, meta, payload)
                results.append(bill._result(_title(name, meta)))
        return results

    def _raw_row(self, bill, row):
        """[[title, text]] of one row of a stored bill, read from its bytes."""
        job = jail.Job(
            content=bill._content(),
            name=bill.name,
            context=self._first_look(),
            want="raw_row",
            args={"member": bill.member or bill.name, "row": row},
        )
        return [list(cell) for cell in next(jail.run([job])).meta.get("cells", [])]

    def _records(self, content, name, want):
        """What an order or refund file holds: `layout`, `problems` and lists of plain records.

        :param want: "orders" (with `lines`) or "refunds"
        """
        job = jail.Job(content=content, name=name, context=self._first_look(), want=want)
        result = next(jail.run([job]))
        frames = json.loads(result.payload) if result.payload else {}
        records = {
            part: [dict(zip(frame["columns"], row, strict=True)) for row in frame["rows"]]
            for part, frame in frames.items()
        }
        return {**records, "layout": result.meta.get("layout"), "problems": result.meta["problems"]}

    def _first_look(self):
        """A context that lets any bill be recognised, before its account is known."""
        company = self.env.company
        return Context(
            currency=company.currency_id.name,
            digits=company.currency_id.decimal_places,
            timezone="Asia/Shanghai",
            words=self.env["ecom.vocabulary"]._words(),
        )

    def _for_its_account(self, name, content, context, meta, payload):
        """The one account a recognised bill fits, and the bill as that account reads it."""
        if not meta["layout"]:
            return None, meta, payload
        account, problem = self._fitting(meta)
        if problem:
            return None, dict(meta, state="refused", problems=[*meta["problems"], problem]), b""
        proper = self.env["ecom.bill"]._context_of(account)
        seen = (context.currency, context.digits, context.timezone)
        if (proper.currency, proper.digits, proper.timezone) == seen:
            return account, meta, payload
        outcome = next(iter(jail.run([jail.Job(content=content, name=name, context=proper)])))
        for again, lines in outcome.bills:
            if again["member"] == meta["member"]:
                return account, again, lines
        return account, meta, payload

    def _fitting(self, meta):
        """(account, None) if exactly one account takes this bill, else (None, problem)."""
        accounts = self.env["ecom.account"].search(
            [("platform_id.code", "=", meta["platform"]), ("company_id", "in", self.env.companies.ids)]
        )
        fitting = accounts.filtered(
            lambda account: account[f"takes_{meta['kind']}"]
            and (not account.merchant or not meta["merchant"] or account.merchant == meta["merchant"])
        )
        named = fitting.filtered(lambda account: account.merchant and account.merchant == meta["merchant"])
        fitting = named or fitting
        if len(fitting) == 1:
            return fitting, None
        return None, {
            "row": 0,
            "column": "",
            "text": ", ".join(fitting.mapped("code")) or meta["platform"],
            "reason": "which_account" if fitting else "no_account",
        }

    def _skipped(self, name, meta):
        """A file that repeats another one's figures is recognised and leaves no record."""
        return {
            "file": _title(name, meta),
            "bill": None,
            "account": None,
            "layout": meta["layout"],
            "state": "skipped",
            "lines": 0,
            "new": 0,
            "known": 0,
            "sum": "0",
            "opening": None,
            "closing": None,
            "control": None,
            "by_category": {},
            "problems": [],
        }


def _title(name, meta):
    return f"{name}:{meta['member']}" if meta["member"] not in ("", name) else name


def problem_text(env, reason):
    """What a reason code of the reader means and what to do, in the user's language."""
    _ = env._
    texts = {
        "empty_file": _("The file is empty. Download it again."),
        "html_page": _("This is a web page, not a bill: the session had probably expired. Log in and download again."),
        "json_error": _("This is an error message of the platform, not a bill. Download it again."),
        "not_a_bill": _("This kind of file is not a bill. Upload CSV, XLSX, XLS or ZIP as the platform gave it."),
        "unknown_layout": _("No bill layout has these column titles. Check that it is the right export."),
        "two_layouts": _("Several bill layouts fit. Remove columns that were added by hand."),
        "wrong_encoding": _("The text is not in the encoding this platform uses. Upload the original download."),
        "truncated": _("The file ends early. Download it again."),
        "bad_archive": _("The archive is damaged. Download it again."),
        "encrypted": _("The file has a password. Upload it without."),
        "zip_bomb": _("The archive unpacks to far more than a bill can be."),
        "too_large": _("The file is larger than the limit. Split the period."),
        "nested_archive": _("There is an archive inside the archive. Unpack it first."),
        "unsafe_name": _("A file name inside the archive is unsafe."),
        "duplicate_member": _("Two files in the archive have one name."),
        "not_utf8_row": _("This row is in another encoding than the rest. Upload the original download."),
        "formula_cell": _("The cell holds a formula. Upload the original download, without edits."),
        "error_cell": _("The cell holds a spreadsheet error."),
        "merged_cells": _("Cells are merged. Upload the original download."),
        "damaged_id": _("A spreadsheet has shortened this number. Upload the original download."),
        "not_an_amount": _("This is not an amount."),
        "not_a_moment": _("This is not a date and time."),
        "too_many_decimals": _("More decimals than the currency has."),
        "not_a_choice": _("This word is not allowed here."),
        "empty_required": _("This cell must not be empty."),
        "row_too_short": _("The row has fewer cells than the title row."),
        "row_too_long": _("The row has more cells than the title row."),
        "unclosed_quote": _("A quotation mark is opened here and never closed."),
        "nul_byte": _("The text holds a NUL byte."),
        "invisible_character": _("The number holds an invisible character."),
        "duplicate_title": _("Two columns have this title."),
        "missing_title": _("A column that the layout needs is missing."),
        "parts_differ": _("The parts of the row do not add up to its net amount."),
        "total_differs": _("The lines do not add up to the total that the platform states."),
        "count_differs": _("The number of lines is not the number that the platform states."),
        "balance_breaks": _("The running balance does not follow from the amounts: lines are missing."),
        "trailer_missing": _("The totals at the end are missing: the file was cut. Download it again."),
        "rows_after_trailer": _("There are rows after the totals."),
        "other_platform": _("This is a bill of another platform."),
        "other_merchant": _("This bill belongs to another merchant."),
        "other_kind": _("The account does not take this kind of bill: its money would count twice."),
        "other_currency": _("The bill is in another currency than the account."),
        "consumer_bill": _("This is a personal bill, not a merchant's."),
        "unknown_word": _("Nobody has told yet what this word means. Choose a category for it."),
        "limit_exceeded": _("Reading took too much memory or time and was stopped. Split the period."),
        "no_rows": _("There is no row below the titles."),
        "two_bills": _("Two exports were put into one file. Upload them one by one."),
        "line_conflict": _("A line with this number is stored with another amount or time."),
        "which_account": _("Several accounts fit. Choose the account."),
        "no_account": _("No account takes this bill. Create the account or choose one."),
        "amounts_differ": _("The amounts of the order do not add up."),
        "contradiction": _("Rows of one order say different things."),
        "unknown_shop": _("There is no shop with this code."),
    }
    return texts.get(reason, reason.replace("_", " ").capitalize())
