"""Statement stage: a statement on paper; a document is what `ecom.statement._printable` gives."""

from odoo.addons.ecom_connectors.reports.paper import Columns, Paper

# Date, document, order, description, quantity, price, amount, answer.
COLUMNS = Columns(widths=(20, 34, 30, 79, 22, 26, 30, 26), figures=(4, 5, 6), remarks=3)


def render(documents):
    """The PDF of these documents, each with pages of its own, as bytes."""
    paper = Paper()
    for document in documents:
        if paper.numbered:
            paper.turn()
        _put(paper, document)
    return paper.content(documents[0]["title"], documents[0]["company"])


def _put(paper, document):
    paper.head(document["title"], document["facts"])
    paper.sums(document["footing"], document["note"])
    for section in document["sections"]:
        lines = ((line["cells"], line["working"]) for line in section["lines"])
        total = ("", "", "", section["total_label"], "", "", section["total"], "")
        paper.table(COLUMNS, section["title"], document["titles"], lines, total)
    paper.number(document["footer"], document["page"])
