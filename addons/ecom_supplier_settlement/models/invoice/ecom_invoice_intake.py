"""Invoice stage: a supplier's file becomes a draft invoice with its order lines, exact to the cent.

Whatever of a file cannot be trusted is named.
"""

from decimal import Decimal, InvalidOperation
from pathlib import PurePosixPath

from markupsafe import Markup
from psycopg2 import DataError, IntegrityError

from odoo import Command, api, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from odoo.addons.ecom_connectors.lib.ecom_bills import RefusedError
from odoo.addons.ecom_connectors.lib.ecom_bills.files.budget import Budget
from odoo.addons.ecom_connectors.lib.ecom_bills.files.zips import entries, stream

from ...lib.ecom_settle import einvoice, invoice_list
from ...lib.ecom_settle.invoice import plain_vat, same_vat, turned
from ...lib.ecom_settle.problem import DocumentError, Problem
from ..receipt.supplier_file import invoice_problem_text, read_rows, refused
from ..setup.bills import BILLS_AND_CREDITS

EINVOICE = "ecom.einvoice"
INVOICE_LIST = "ecom.invoice.list"
LISTS = (
    "text/csv",
    "application/vnd.ms-excel",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
)
MAX_ZIP_FILES = 50
# Where UBL and CII state the total with tax, and what was rounded beside it.
TOTALS = (
    ("LegalMonetaryTotal", "TaxInclusiveAmount", "PayableRoundingAmount"),
    ("SpecifiedTradeSettlementHeaderMonetarySummation", "GrandTotalAmount", "RoundingAmount"),
)
ATTACHED_ONLY = {".pdf", ".png", ".jpg", ".jpeg", ".ofd"}
BUYER_NUMBERS = (
    ".//{*}AccountingCustomerParty/{*}Party/{*}PartyTaxScheme/{*}CompanyID",
    ".//{*}BuyerTradeParty/{*}SpecifiedTaxRegistration/{*}ID",
)
# Tag of a line, and where its name, the supplier's code and the barcode stand, by UBL and by CII.
ITEMS = (
    (
        "{*}InvoiceLine",
        "{*}Item/{*}Name",
        "{*}Item/{*}SellersItemIdentification/{*}ID",
        "{*}Item/{*}StandardItemIdentification/{*}ID",
    ),
    (
        "{*}CreditNoteLine",
        "{*}Item/{*}Name",
        "{*}Item/{*}SellersItemIdentification/{*}ID",
        "{*}Item/{*}StandardItemIdentification/{*}ID",
    ),
    (
        "{*}IncludedSupplyChainTradeLineItem",
        "{*}SpecifiedTradeProduct/{*}Name",
        "{*}SpecifiedTradeProduct/{*}SellerAssignedID",
        "{*}SpecifiedTradeProduct/{*}GlobalID",
    ),
)


class EcomInvoiceIntake(models.AbstractModel):
    """One file in, draft invoices out; or an error that names file, row, column, value and what to do."""

    _name = "ecom.invoice.intake"
    _description = "Vendor Invoice Intake"

    @api.model
    def _from_file(self, name, content, partner=None, company=None, source="upload"):
        """Make the draft vendor invoices of a file: one, or one per invoice of a list or archive.

        :param name: file name
        :param content: bytes of an e-invoice XML or a ZIP around such, UBL/CII XML or a PDF with one inside,
            a CSV or XLSX list of invoices, or a PDF or picture without data
        :param partner: the supplier; needed where the file does not name it by tax number
        :param company: who is invoiced; default: whom the file names, else the current company
        :param source: "upload", "email" or "portal"
        :return: account.move, drafts with the file attached; never posted
        :raises UserError: nothing is stored then
        """
        if not self.env.su and not (
            self.env.user.has_group("ecom_supplier_settlement.group_buyer")
            or self.env.user.has_group("ecom_connectors.group_accountant")
        ):
            raise AccessError(self.env._("Only buyers and accountants bring in vendor invoices."))
        partner = (partner or self.env["res.partner"]).commercial_partner_id
        with self.env.cr.savepoint():
            documents, extra = self._documents(name, content)
            if documents is None:
                return self._without_data(name, content, partner, company, source)
            moves = self.env["account.move"]
            for document in documents:
                moves |= self._create_bill(name, document, partner, company, source)
            self._attach(moves, [(name, content), *extra])
        return moves

    # --- which invoices a file holds --------------------------------------------------

    @api.model
    def _is_einvoice(self, content):
        return einvoice.is_einvoice(content)

    def _documents(self, name, content):
        """(invoices, files to attach besides); None for files whose data Odoo reads, or that have none."""
        if einvoice.is_einvoice(content):
            return [self._einvoice(name, content)], []
        if content.startswith(b"PK") and not _is_workbook(content):
            members = self._members(name, content)
            found = [item for item in members if einvoice.is_einvoice(item[1])]
            if not found:
                raise UserError(
                    self.env._("%s: no e-invoice XML is in the archive. Upload its files one by one.", name)
                )
            return [self._einvoice(inner, data) for inner, data in found], [
                item for item in members if PurePosixPath(item[0]).suffix.lower() in ATTACHED_ONLY
            ]
        if einvoice.is_xml(content) and b"<!DOCTYPE" in content:
            raise self._refused(name, [Problem(0, "", "<!DOCTYPE", "doctype")])
        if einvoice.is_xml(content) or PurePosixPath(name).suffix.lower() in ATTACHED_ONLY:
            return None, []
        return self._listed(name, content), []

    def _einvoice(self, name, content):
        try:
            return einvoice.read_einvoice(content)
        except DocumentError as bad:
            raise self._refused(name, bad.problems) from bad

    @api.model
    def _refused(self, name, problems):
        """The error that names every problem of a file."""
        return refused(self.env, name, problems, invoice_problem_text)

    def _listed(self, name, content):
        """The invoices of a CSV or workbook, read by the limited child process."""
        digits = {currency.name: currency.decimal_places for currency in self.env["res.currency"].search([])}
        _rows, invoices = read_rows(
            self.env,
            name,
            content,
            [invoice_list.LAYOUT],
            lambda rows: invoice_list.read_list(rows, digits),
            invoice_problem_text,
        )
        return invoices

    def _members(self, name, content):
        """[(name, bytes)] of a ZIP, within limits."""
        try:
            found = [entry for entry in entries(content, Budget()) if not entry.is_folder]
            if len(found) > MAX_ZIP_FILES:
                raise RefusedError([Problem(0, "", f"{len(found)}", "too_large")])
            return [(entry.name, b"".join(stream(content, entry))) for entry in found]
        except RefusedError as refused:
            raise self._refused(name, refused.problems) from refused

    @api.model
    def _einvoices_in_zip(self, name, content):
        """[(name, bytes)] of the e-invoices in a ZIP; none if it cannot be trusted or is something else."""
        if _is_workbook(content):
            return []
        try:
            members = self._members(name, content)
        except UserError:
            return []
        return [item for item in members if einvoice.is_einvoice(item[1])]

    # --- whose ---------------------------------------------------------------------------

    def _company_of(self, name, document, company):
        """The company that is invoiced, by the buyer's tax number."""
        if not document.buyer_vat:
            return company or self.env.company
        buyer = plain_vat(document.buyer_vat)
        allowed = company or self.env.companies
        fitting = allowed.filtered(lambda it: it.vat and same_vat(it.vat, buyer))
        if fitting:
            return fitting[0]
        raise UserError(
            self.env._(
                "%(file)s: the invoice is made out to %(buyer)s (%(vat)s), another company than %(ours)s. "
                "Ask the supplier for a new one, or enter the tax number of your company.",
                file=name,
                buyer=document.buyer_name,
                vat=document.buyer_vat,
                ours=", ".join(allowed.mapped("display_name")),
            )
        )

    def _supplier_of(self, name, document, partner, company):
        """The supplier, by the seller's tax number; a chosen one must be that one."""
        if not document.seller_vat:
            if partner:
                return partner
            raise UserError(
                self.env._("%s: the file does not name the supplier's tax number. Choose the supplier.", name)
            )
        seller = plain_vat(document.seller_vat)
        if partner.vat:
            if plain_vat(partner.vat) == seller:
                return partner
            raise UserError(
                self.env._(
                    "%(file)s: the invoice is of %(seller)s (%(vat)s), not of %(partner)s (%(own)s).",
                    file=name,
                    seller=document.seller_name,
                    vat=document.seller_vat,
                    partner=partner.display_name,
                    own=partner.vat,
                )
            )
        known = self._partners_by_vat(seller, company)
        if partner and not known:
            return partner
        if len(known) == 1 and (not partner or partner == known):
            return known
        raise UserError(
            self.env._(
                "%(file)s: %(count)s suppliers have the tax number %(vat)s of %(seller)s. "
                "Enter it on the one supplier it belongs to.",
                file=name,
                count=len(known),
                vat=document.seller_vat,
                seller=document.seller_name,
            )
        )

    def _partners_by_vat(self, vat, company):
        """Companies with this tax number, as the user may see them."""
        self.env["res.partner"].flush_model(["vat", "parent_id", "active", "company_id"])
        self.env.cr.execute(
            SQL(
                """SELECT id FROM res_partner
                    WHERE vat IS NOT NULL AND active AND parent_id IS NULL
                      AND coalesce(company_id, %(company)s) = %(company)s
                      AND upper(regexp_replace(vat, '[^0-9A-Za-z]', '', 'g')) IN %(vats)s""",
                company=company.id,
                vats=(vat, f"CN{vat}"),
            )
        )
        return self.env["res.partner"].search([("id", "in", [row[0] for row in self.env.cr.fetchall()])])

    # --- invoices -----------------------------------------------------------------------------

    def _create_bill(self, name, document, partner, company, source):
        company = self._company_of(name, document, company)
        self = self.with_company(company)
        values, notes, lines = self._bill_values(name, document, partner, company)
        move = self.env["account.move"].create({**values, "ecom_intake_source": source})
        return self._finish(name, move, document, lines, notes)

    @api.model
    def _decode(self, move, file_data, _new=False):
        """Fill a draft that Odoo made for a file; return why not, if not.

        Further invoices of a list become drafts of their own.
        """
        name, content = file_data["name"], file_data["raw"]
        source = "email" if self.env.context.get("from_alias") else "upload"
        if move.state != "draft" or move.invoice_line_ids:
            return self.env._("The invoice has lines already.")
        try:
            with self.env.cr.savepoint():
                documents, _extra = self._documents(name, content)
                if documents is None:
                    # A page or picture that is named as a table.
                    raise self._refused(name, [Problem(0, "", "", "not_a_bill")])
                first, *others = documents
                company = self._company_of(name, first, move.company_id)
                intake = self.with_company(company)
                chosen = move.partner_id.commercial_partner_id
                if first.seller_vat and move.env.context.get("from_alias"):
                    # Whoever sent the mail, the invoice says whose it is.
                    chosen = chosen.filtered(
                        lambda partner: plain_vat(partner.vat or "") == plain_vat(first.seller_vat)
                    )
                values, notes, lines = intake._bill_values(name, first, chosen, company)
                values.pop("company_id")
                if values["move_type"] == move.move_type:
                    values.pop("move_type")
                move.write({**values, "ecom_intake_source": source})
                intake._finish(name, move, first, lines, notes)
                for document in others:
                    other = intake._create_bill(name, document, chosen, company, source)
                    self._attach(other, [(name, content)])
        except UserError as bad:
            return str(bad)
        return None

    def _bill_values(self, name, document, partner, company):
        """(values of the entry, notes for a person, the document's lines as they are booked)."""
        supplier = self._supplier_of(name, document, partner, company)
        is_refund = document.is_refund
        document = turned(document) if is_refund else document
        currency = self.env["res.currency"].search([("name", "=", document.currency)])
        if not currency:
            problem = Problem(0, "currency", document.currency, "unknown_currency")
            raise self._refused(name, [problem])
        self._refuse_known(name, document, supplier, company, currency, is_refund)
        linker = self.env["ecom.invoice.linker"].with_company(company)
        lines, notes = linker._lines(document, supplier, company, currency, is_refund)
        origins = {line["origin"] for line in lines if line["origin"]}
        values = {
            "move_type": "in_refund" if is_refund else "in_invoice",
            "company_id": company.id,
            "partner_id": supplier.id,
            "currency_id": currency.id,
            "invoice_date": document.day,
            "ref": document.number,
            "ecom_einvoice_number": document.number if document.is_einvoice else False,
            "invoice_origin": ", ".join(sorted(origins)) or False,
            "invoice_line_ids": [Command.create(line["values"]) for line in lines],
        }
        if not supplier.with_company(company).property_supplier_payment_term_id:
            # Due at once is due on the supplier's day; Odoo would take the day of the import.
            values["invoice_date_due"] = document.day
        return values, notes, lines

    def _refuse_known(self, name, document, supplier, company, currency, is_refund):
        guard = self.env["ecom.invoice.guard"]
        twin = document.is_einvoice and guard._einvoice_twins(company, document.number)
        if twin and twin[0].commercial_partner_id != supplier and self.env.user.share:
            # Nobody outside is told whose invoice it is.
            raise UserError(
                self.env._(
                    "%(file)s: e-invoice %(number)s was sent to us already. Ask your buyer.",
                    file=name,
                    number=document.number,
                )
            )
        if twin:
            text = f"{name}: {guard._twin_text(twin[0])}"
            raise UserError(text)
        move_type = "in_refund" if is_refund else "in_invoice"
        twin = guard._reference_twins(
            company, supplier, move_type, document.number, currency, float(document.total)
        )[:1]
        if twin:
            raise UserError(
                self.env._(
                    "%(file)s: invoice %(number)s over %(total)s of %(supplier)s is %(bill)s already.",
                    file=name,
                    number=document.number,
                    total=currency.format(float(document.total)),
                    supplier=supplier.display_name,
                    bill=twin.name if twin.name and twin.name != "/" else self.env._("(draft %s)", twin.id),
                )
            )

    def _finish(self, name, move, document, lines, notes):
        """Give the draft the invoice's tax to the cent, prove it, and say what a person must finish."""
        if document.is_refund:
            document = turned(document)
        self._set_tax(move, lines)
        digits = move.currency_id.decimal_places
        got = [f"{move[field]:.{digits}f}" for field in ("amount_untaxed", "amount_tax", "amount_total")]
        wanted = [f"{value:.{digits}f}" for value in (document.amount, document.tax, document.total)]
        if got != wanted:
            raise UserError(
                self.env._(
                    "%(file)s: the draft would be %(got)s (net, tax, total), the invoice is %(wanted)s. "
                    "Check the taxes of the company.",
                    file=name,
                    got=" / ".join(got),
                    wanted=" / ".join(wanted),
                )
            )
        self._say(move, notes)
        return move

    def _set_tax(self, move, lines):
        """Odoo computes tax from the rate; the supplier rounds line by line. The invoice is right."""
        wanted = {}
        for line in lines:
            for tax in line["taxes"]:
                wanted[tax] = wanted.get(tax, 0) + line["tax"]
        sign = move.direction_sign
        for tax, amount in wanted.items():
            tax_lines = move.line_ids.filtered(lambda it, tax=tax: it.tax_line_id == tax)
            if not tax_lines:
                continue
            off = sign * float(amount) - sum(tax_lines.mapped("amount_currency"))
            if not move.currency_id.is_zero(off):
                largest = max(tax_lines, key=lambda it: abs(it.amount_currency))
                largest.amount_currency = move.currency_id.round(largest.amount_currency + off)

    def _say(self, move, notes):
        if not notes:
            body = self.env._("Every line has its order line. Check the invoice and confirm it.")
        else:
            items = Markup().join(Markup("<li>%s</li>") % note for note in notes)
            body = Markup("<p>%s</p><ul>%s</ul>") % (
                self.env._("A person has to finish this invoice:"),
                items,
            )
        move.message_post(body=body)

    def _attach(self, moves, files):
        for move in moves:
            attachments = self.env["ir.attachment"].create(
                [
                    {"name": name, "raw": content, "res_model": move._name, "res_id": move.id}
                    for name, content in files
                ]
            )
            move.message_post(body=self.env._("The supplier's files."), attachment_ids=attachments.ids)

    # --- files that Odoo reads, or nobody ----------------------------------------------

    def _without_data(self, name, content, partner, company, source):
        """A draft for a file that Odoo reads, or that a person has to type in."""
        company = company or self.env.company
        moves = self.env["account.move"].with_company(company)
        move = moves.create(
            {
                "move_type": "in_invoice",
                "company_id": company.id,
                "partner_id": partner.id,
                "ecom_intake_source": source,
            }
        )
        self._attach(move, [(name, content)])
        attachment = self.env["ir.attachment"].search(
            [("res_model", "=", move._name), ("res_id", "=", move.id)], limit=1
        )
        files = move._to_files_data(attachment)
        files += move._unwrap_attachments(files)
        decoders = [(move._get_edi_decoder(file, new=True), file) for file in files]
        decoders = [(found, file) for found, file in decoders if found and found.get("priority")]
        if decoders:
            found, file = max(decoders, key=lambda item: item[0]["priority"])
            if file["import_file_type"] == EINVOICE:
                reason = found["decoder"](move, file, True)
            else:
                reason = self._let_odoo_read(name, move, file, partner)
            if reason:
                text = f"{name}: {reason}"
                raise UserError(text)
        elif einvoice.is_xml(content):
            raise self._refused(name, [Problem(0, "", "", "not_an_einvoice")])
        elif not partner:
            raise UserError(self.env._("%s holds no data to read. Choose the supplier it is from.", name))
        else:
            self._say(move, [self.env._("The file holds no data to read: enter its lines.")])
        return move

    def _let_odoo_read(self, name, move, file, partner):
        """Fill a draft by Odoo's own reader, then link it; return why not, if not.

        That reader makes the contacts and bank accounts that a file names. A contact refuses the file; a bank
        account is for a person to check.
        """
        # Only what is there already may be a supplier, whoever may see it.
        contacts, banks = self.env["res.partner"].sudo(), self.env["res.partner.bank"].sudo()
        last = contacts.with_context(active_test=False).search([], order="id desc", limit=1).id
        last_bank = banks.with_context(active_test=False).search([], order="id desc", limit=1).id or 0
        # The reader touches contacts, which buyers may not; what it read is checked below.
        full = move.sudo()
        try:
            with self.env.cr.savepoint():
                reason = full._get_edi_decoder(file, new=True)["decoder"](full, file, True)
        except (ValueError, TypeError, ArithmeticError, IntegrityError, DataError) as bad:
            # That reader trusts the file: a day or an amount that is none ends in an error of any kind.
            raise self._refused(name, [Problem(0, "", str(bad).splitlines()[0], "not_a_value")]) from bad
        if reason:
            return reason
        move.invalidate_recordset()
        self._check_read(name, move, partner, last)
        notes = self.env["ecom.invoice.linker"]._link(move)
        notes += self._keep_total(move, [file])
        if full.partner_bank_id.id > last_bank:
            notes.append(
                self.env._(
                    "The bank account %s is new. Ask the supplier, by another way, whether it is theirs.",
                    full.partner_bank_id.acc_number,
                )
            )
        self._say(move, notes)
        return None

    def _check_read(self, name, move, partner, last):
        """What Odoo read from a file must be of a known supplier, the chosen one, and be new."""
        found = move.sudo().partner_id.commercial_partner_id  # it may be of the reader's making
        if not found or found.id > last or (partner and found != partner):
            raise UserError(
                self.env._(
                    "%(file)s: its supplier is %(found)s. Choose that one, or create the supplier first.",
                    file=name,
                    found=found.display_name or self.env._("not known"),
                )
            )
        twins = self.env["ecom.invoice.guard"]._reference_twins(
            move.company_id, found, move.move_type, move.ref, move.currency_id, move.amount_total
        )
        if twins - move:
            raise UserError(
                self.env._(
                    "%(file)s: this is invoice %(bill)s already.",
                    file=name,
                    bill=(twins - move)[0].display_name,
                )
            )

    @api.model
    def _decode_by_odoo(self, decoder, move, file_data, new=False):
        """Let Odoo read an invoice that is ours, and keep what it does not; return why not, if not."""
        purchase = move.move_type in BILLS_AND_CREDITS or move.journal_id.type == "purchase"
        buyer = self._other_buyer(move, file_data["xml_tree"]) if purchase else None
        if buyer:
            return self.env._(
                "the invoice is made out to the tax number %(buyer)s, another company than %(company)s. "
                "Ask the supplier for a new one, or enter the tax number of your company.",
                buyer=buyer,
                # The name of the company that was meant is no secret of it.
                company=move.sudo().company_id.name,
            )
        reason = decoder(move, file_data, new)
        if not reason and purchase:
            self._keep_codes(move, file_data["xml_tree"])
        return reason

    @api.model
    def _complete(self, move, files):
        """Lines of a draft that Odoo read (UBL and others) find their order lines as ours do."""
        if move.move_type not in BILLS_AND_CREDITS or move.state != "draft" or move.ecom_intake_source:
            return
        move.ecom_intake_source = "email" if move.env.context.get("from_alias") else "upload"
        self.env["ecom.invoice.linker"]._link(move)
        notes = self._keep_total(move, files)
        if notes:
            self._say(move, notes)

    @api.model
    def _keep_total(self, move, files):
        """Give an invoice that Odoo read the total its file states; the match compares it.

        That reader reads the lines alone and rounds their quantities.

        :param files: file data of Odoo
        :return: notes for a person, when the draft is another amount
        """
        trees = [file["xml_tree"] for file in files if file.get("xml_tree") is not None]
        totals = [total for total in map(_stated_total, trees) if total is not None]
        if not totals:
            return []
        if not totals[0].is_finite():
            return [self.env._("The total that the file states cannot be read.")]
        move.ecom_document_total = total = float(abs(totals[0]))
        if not move.currency_id.compare_amounts(total, move.amount_total):
            return []
        return [
            self.env._(
                "The file states a total of %(stated)s, its lines come to %(total)s.",
                stated=move.currency_id.format(total),
                total=move.currency_id.format(move.amount_total),
            )
        ]

    def _other_buyer(self, move, tree):
        """The tax number of the buyer whom a UBL or CII invoice names, if that is another company."""
        named = [
            element.text.strip()
            for path in BUYER_NUMBERS
            for element in tree.iterfind(path)
            if (element.text or "").strip()
        ]
        # A branch is invoiced under the number of its company; whose it is anybody may know.
        companies = move.sudo().company_id
        while companies[-1:].parent_id:
            companies |= companies[-1:].parent_id
        own = [company.vat for company in companies if company.vat]
        known = not named or not own or any(same_vat(one, two) for one in named for two in own)
        return None if known else named[0]

    def _keep_codes(self, move, tree):
        """Lines that found no product keep the supplier's code, so that whoever knows it helps them."""
        items = [_item(line, paths) for tag, *paths in ITEMS for line in tree.iterfind(f".//{tag}")]
        for line in move.invoice_line_ids.filtered(lambda it: it.display_type == "product"):
            found = next((item for item in items if item[0] and item[0] in (line.name or "")), None)
            if found:
                items.remove(found)
                if found[1] and not line.product_id and not line.ecom_supplier_sku:
                    line.ecom_supplier_sku = found[1]


def _is_workbook(content):
    """Whether a ZIP is a spreadsheet; the part that every workbook has stands near its start or its end."""
    return b"[Content_Types].xml" in content[:4096] or b"[Content_Types].xml" in content[-65536:]


def _stated_total(tree):
    """The total with tax that UBL or CII states, before prepayments; NaN if it is no number, None without."""
    for head, total, rounding in TOTALS:
        found = tree.findtext(f".//{{*}}{head}/{{*}}{total}")
        if found:
            try:
                return Decimal(found) + Decimal(tree.findtext(f".//{{*}}{head}/{{*}}{rounding}") or 0)
            except InvalidOperation:
                return Decimal("NaN")
    return None


def _item(line, paths):
    """(name, code) of an invoice line: the first path is the name's, the others the codes', best first."""
    texts = [(line.findtext(path) or "").strip() for path in paths]
    return texts[0], next(filter(None, texts[1:]), "")
