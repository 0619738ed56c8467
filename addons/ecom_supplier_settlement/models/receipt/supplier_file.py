"""Tables of suppliers: read in the limited child process, or refused with every bad cell named."""

from odoo.exceptions import UserError

from odoo.addons.ecom_connectors.models.bills.ecom_problem import problems_text
from odoo.addons.ecom_connectors.models.bills.ecom_reader import problem_text

from ...lib.ecom_settle.problem import DocumentError, Problem, titled

SHOWN = 10


def read_rows(env, name, content, layouts, use, words):
    """(rows of a table, what `use` makes of them).

    :param layouts: exactly one must fit
    :param words: gives a reason code its text, see `told_problems`
    :raises UserError: names every bad cell, whoever found it
    """
    found = env["ecom.reader"]._read_table(content, name, [layout.shape() for layout in layouts])
    problems = [Problem(**problem) for problem in found["problems"]]
    if not problems:
        try:
            return found["rows"], use(found["rows"])
        except DocumentError as bad:
            problems = titled(bad.problems, found["titles"])
    raise refused(env, name, problems, words)


def told_problems(env, problems, words):
    """The problems as imports report them.

    :param words: gives a reason code its text
    """
    return [{**problem._asdict(), "message": words(env, problem.reason)} for problem in problems]


def refused(env, name, problems, words):
    """The error that names the problems of a file."""
    return UserError(problems_text(env, told_problems(env, problems, words), SHOWN, name))


def invoice_problem_text(env, reason):
    """What a reason code means for a file of invoices; the reader has words for its own."""
    texts = {
        "not_an_einvoice": env._("This XML is not a digital invoice. Upload the original download."),
        "doctype": env._("The XML declares a document type, which no invoice has. It is not read."),
        "not_xml": env._("The XML is damaged. Download it again."),
        "not_20_digits": env._("An e-invoice number has 20 digits. Upload the original download."),
        "numbers_differ": env._("The file gives two invoice numbers. Upload the original download."),
        "not_a_day": env._("This is not a date. Upload the original download."),
        "not_a_rate": env._("This is not a tax rate."),
        "not_a_value": env._("A day or an amount cannot be read. Ask the supplier for the original."),
        "total_differs": env._(
            "The lines do not add up to the invoice's total: the file was changed or cut. "
            "Ask the supplier for the original."
        ),
        "no_rows": env._("There is no line on the invoice."),
        "invoice_differs": env._("Rows of one invoice say different things. Make them agree."),
        "unknown_currency": env._("This currency is not active. Activate it or correct the code."),
        "amounts_differ": env._("Quantity times price is not the amount. Correct the row."),
        "not_a_bill": env._("This kind of file is not read. Upload XML, ZIP, CSV, XLSX or PDF."),
        "unknown_layout": env._(
            "The column titles are not those of an invoice list: invoice_no, invoice_date, product, "
            "quantity, amount, tax_rate, currency and more."
        ),
        "wrong_encoding": env._("These bytes are not text of the declared encoding. Upload the original."),
    }
    return texts.get(reason) or table_problem_text(env, reason)


def statement_problem_text(env, reason):
    """What a reason code means for a supplier's own statement; the reader has words for its own."""
    texts = {
        "total_differs": env._(
            "The lines do not add up to the total that the statement gives. Ask the supplier to correct it."
        ),
        "balance_differs": env._(
            "The statement gives its opening or closing balance twice, and not the same. Upload one period."
        ),
        "not_a_bill": env._("This kind of file is not read. Upload CSV or XLSX."),
        "unknown_layout": env._(
            "The column titles are not those of a statement: date, document, and amount or debit and credit."
        ),
    }
    return texts.get(reason) or table_problem_text(env, reason)


def table_problem_text(env, reason):
    """What a reason code of the reader means for any table of a supplier or warehouse."""
    if reason == "two_bills":
        return env._("There is more than one table in the file. Upload them one by one.")
    return problem_text(env, reason)
