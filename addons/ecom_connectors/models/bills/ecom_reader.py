"""Read stage: files through the limited child process into the loader."""

import json
from collections import deque

from psycopg2.errors import UniqueViolation

from odoo import api, models
from odoo.exceptions import ConcurrencyError

from ...lib.ecom_bills import Context, limits


class EcomReader(models.AbstractModel):
    """Finds the account of each bill, reads it in the child process and has it stored."""

    _name = "ecom.reader"
    _description = "Bill Reader"

    @api.model
    def _import(self, accounts, files):
        """Read and store bills; one result per bill, in the order of the files.

        While one file is stored, the child process reads the next, of whichever account it is.

        :param accounts: all accounts that files name
        :param files: iterable of (name, bytes, account); an empty account: the one that fits
        """
        with self.env["ecom.stage"]._stage("import", accounts) as run:
            ahead = deque()
            results, fresh = [], self.env["ecom.bill"]
            for outcome in limits.run(self._jobs(files, ahead)):
                results += self._known_first(ahead)
                name, content, account, context, _stored = ahead.popleft()
                found, bills = self._keep(name, content, outcome, context, account)
                results += found
                fresh |= bills.filtered(lambda bill: bill.state == "ready")
            results += self._known_first(ahead)
            for bills in fresh.grouped(lambda bill: (bill.account_id, bill.kind)).values():
                self.env["ecom.chain"]._follow(bills)
            run._count(line_count=sum(fresh.mapped("new_count")))
        return results

    def _jobs(self, files, ahead):
        """Jobs of the files that are not stored yet; every file goes to the end of `ahead`."""
        contexts = {}
        for name, content, account in files:
            stored = account and self.env["ecom.loader"]._stored(account, content)
            if account not in contexts:
                contexts[account] = (
                    self.env["ecom.bill"]._context_of(account) if account else self._first_look()
                )
            ahead.append((name, content, account, contexts[account], stored))
            if not stored:
                yield limits.Job(content=content, name=name, context=contexts[account])

    def _known_first(self, ahead):
        """Results of the files at the head of `ahead` that need no reading."""
        results = []
        while ahead and ahead[0][-1]:
            name, *_rest, stored = ahead.popleft()
            results += [bill._result(name, again=True) for bill in stored]
        return results

    def _keep(self, name, content, outcome, context, account):
        """Store the bills of one file that was read; return one result for each, and the new bills."""
        results, fresh = [], self.env["ecom.bill"]
        for meta, payload in outcome.bills:
            if meta["state"] == "skipped":
                results.append(self._skipped(name, meta))
                continue
            owner = account
            if not owner:
                owner, meta, payload = self._for_its_account(name, content, context, meta, payload)
                # Nobody named it, so it is taken when it is found; the others were before anything was read.
                self.env["ecom.stage"]._take(owner)
            bill, is_new = self._store(owner, name, content, meta, payload)
            results.append(bill._result(_title(name, meta), again=not is_new))
            if is_new:
                fresh |= bill
        return results, fresh

    def _store(self, owner, name, content, meta, payload):
        try:
            with self.env.cr.savepoint():
                return self.env["ecom.loader"]._store(owner, name, content, meta, payload)
        except UniqueViolation as error:
            if owner:
                raise
            # A file that fits no account has none to take: who comes second is run again, and finds it.
            raise ConcurrencyError(str(error)) from error

    def _raw_row(self, bill, row):
        """[[title, text]] of one row of a stored bill, read from its bytes."""
        job = limits.Job(
            content=bill._content(),
            name=bill.name,
            context=self._first_look(),
            want="raw_row",
            args={"member": bill.member or bill.name, "row": row},
        )
        return [list(cell) for cell in next(limits.run([job])).meta.get("cells", [])]

    def _records(self, content, name, want):
        """What a file of orders or refunds holds: `layout`, `problems` and lists of plain records.

        :param want: "orders" (with `lines`) or "refunds"
        """
        job = limits.Job(content=content, name=name, context=self._first_look(), want=want)
        result = next(limits.run([job]))
        frames = json.loads(result.payload) if result.payload else {}
        records = {
            part: [dict(zip(frame["columns"], row, strict=True)) for row in frame["rows"]]
            for part, frame in frames.items()
        }
        return {**records, "layout": result.meta.get("layout"), "problems": result.meta["problems"]}

    @api.model
    def _read_table(self, content, name, shapes):
        """A plain table read in the child process: `layout`, `rows`, `titles`, `problems`.

        A row is a dict of texts by field, and its number as `row`; `titles` are those of the file by field.

        :param shapes: what the file may look like, see `lib/ecom_bills/tables.py`; exactly one must fit
        """
        # Plain tables hold no words of platforms, and those who read them may not read such words.
        plain = Context(currency="", digits=0, timezone="UTC")
        job = limits.Job(content=content, name=name, context=plain, want="table", args={"shapes": shapes})
        result = next(limits.run([job]))
        found = json.loads(result.payload) if result.payload else {"columns": {}, "titles": {}}
        columns = found["columns"]
        return {
            "layout": result.meta.get("layout", ""),
            "rows": [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)],
            "titles": found["titles"],
            "problems": result.meta["problems"],
        }

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
            return self.env["ecom.account"], meta, payload
        account, problem = self._fitting(meta)
        if problem:
            return (
                self.env["ecom.account"],
                dict(meta, state="refused", problems=[*meta["problems"], problem]),
                b"",
            )
        proper = self.env["ecom.bill"]._context_of(account)
        seen = (context.currency, context.digits, context.timezone)
        if (proper.currency, proper.digits, proper.timezone) == seen:
            return account, meta, payload
        outcome = next(iter(limits.run([limits.Job(content=content, name=name, context=proper)])))
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
            lambda account: (
                account[f"takes_{meta['kind']}"]
                and (not account.merchant or not meta["merchant"] or account.merchant == meta["merchant"])
            )
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
    texts = {**_file_texts(env), **_cell_texts(env), **_bill_texts(env)}
    return texts.get(reason, reason.replace("_", " ").capitalize())


def _file_texts(env):
    """{reason: text} of files that cannot be opened or recognised."""
    return {
        "empty_file": env._("The file is empty. Download it again."),
        "html_page": env._(
            "This is a web page, not a bill: the session had probably expired. Log in and download again."
        ),
        "json_error": env._("This is an error message of the platform, not a bill. Download it again."),
        "not_a_bill": env._(
            "This kind of file is not a bill. Upload CSV, XLSX, XLS or ZIP as the platform gave it."
        ),
        "unknown_layout": env._("No bill layout has these column titles. Check that it is the right export."),
        "two_layouts": env._("Several bill layouts fit. Remove columns that were added by hand."),
        "wrong_encoding": env._(
            "The text is not in the encoding this platform uses. Upload the original download."
        ),
        "truncated": env._("The file ends early. Download it again."),
        "bad_archive": env._("The archive is damaged. Download it again."),
        "encrypted": env._("The file has a password. Upload it without."),
        "zip_bomb": env._("The archive unpacks to far more than a bill can be."),
        "too_large": env._("The file is larger than the limit. Split the period."),
        "nested_archive": env._("There is an archive inside the archive. Unpack it first."),
        "unsafe_name": env._("A file name inside the archive is unsafe."),
        "unsafe_part": env._(
            "The workbook holds a macro, a link to another file or a part that no bill has. "
            "Upload the original download."
        ),
        "duplicate_member": env._("Two files in the archive have one name."),
        "limit_exceeded": env._("Reading took too much memory or time and was stopped. Split the period."),
        "internal_error": env._(
            "The reader itself failed on this file and nothing was stored. "
            "Report it with the file and the text beside this."
        ),
    }


def _cell_texts(env):
    """{reason: text} of single rows and cells."""
    return {
        "not_utf8_row": env._("This row is in another encoding than the rest. Upload the original download."),
        "formula_cell": env._("The cell holds a formula. Upload the original download, without edits."),
        "error_cell": env._("The cell holds a spreadsheet error."),
        "merged_cell": env._("Cells are merged. Upload the original download."),
        "damaged_id": env._("A spreadsheet has shortened this number. Upload the original download."),
        "not_an_amount": env._("This is not an amount."),
        "not_a_moment": env._("This is not a date and time."),
        "too_many_decimals": env._("More decimals than the currency has."),
        "mixed_decimals": env._(
            "The amounts mix decimal points and decimal commas, or can be read both ways. "
            "Upload the original download."
        ),
        "not_a_choice": env._("This word is not allowed here."),
        "empty_required": env._("This cell must not be empty."),
        "row_too_short": env._("The row has fewer cells than the title row."),
        "row_too_long": env._("The row has more cells than the title row."),
        "unclosed_quote": env._("A quotation mark is opened here and never closed."),
        "nul_byte": env._("The text holds a NUL byte."),
        "invisible_character": env._("The number holds an invisible character."),
        "duplicate_title": env._("Two columns have this title."),
        "missing_title": env._("A column that the layout needs is missing."),
        "other_form": env._(
            "The columns are there, but separated or encoded in another way. Upload the original download."
        ),
        "two_amounts": env._("The row brings money in and takes money out. Upload the original download."),
        "same_line_other_amount": env._(
            "This line number stands in the file twice with different amounts. Download the bill again."
        ),
        "duplicate_line": env._("This line stands in the file twice. Remove the second one."),
        "order_differs": env._("Rows of one order say different things. Make them agree."),
        "amounts_differ": env._(
            "Goods and freight less the shop's discount are not what buyer and platform pay. "
            "Correct the order."
        ),
    }


def _bill_texts(env):
    """{reason: text} of bills that do not foot, or belong to somebody else."""
    return {
        "no_rows": env._("There is no row below the titles."),
        "two_bills": env._("Two exports were put into one file. Upload them one by one."),
        "parts_differ": env._("The parts of the row do not add up to its net amount."),
        "total_differs": env._("The lines do not add up to the total that the platform states."),
        "count_differs": env._("The number of lines is not the number that the platform states."),
        "balance_breaks": env._("The running balance does not follow from the amounts: lines are missing."),
        "trailer_missing": env._("The totals at the end are missing: the file was cut. Download it again."),
        "rows_after_trailer": env._("There are rows after the totals."),
        "other_platform": env._("This is a bill of another platform."),
        "other_merchant": env._("This bill belongs to another merchant."),
        "other_kind": env._("The account does not take this kind of bill: its money would count twice."),
        "other_currency": env._("The bill is in another currency than the account."),
        "consumer_bill": env._("This is a personal bill, not a merchant's."),
        "which_account": env._("Several accounts fit. Choose the account."),
        "no_account": env._("No account takes this bill. Create the account or choose one."),
        "unknown_shop": env._("There is no shop with this code."),
        "unknown_word": env._("Nobody has told yet what this word means. Choose a category for it."),
        "line_conflict": env._("A line with this number is stored with another amount or time."),
    }
