"""Receipt stage: Wareneingang, the semicolon CSV of German-speaking warehouses.

UTF-8 or Windows-1252; a comma stands before decimals and a point between thousands, so `1.000` is a thousand.
Days are written DD.MM.YYYY. "Menge" is all that arrived, "Beschädigt" is part of it.

    Eingangsnummer;Bestellung;Artikelnummer;Bezeichnung;Menge;Beschädigt;Einheit;Charge;Eingangsdatum;Lager
    WE-2026-118;P00012;K-1;Tee;12,5;0;kg;;05.09.2026;WH
"""

from ..layout import amount, day, ident, text
from .layout import NoticeLayout

LAYOUT = NoticeLayout(
    name="receipt_wareneingang",
    kind="receipt",
    encodings=("utf-8", "cp1252"),
    separator=";",
    decimal=",",
    columns=(
        ident("number", "Eingangsnummer", filled=True),
        ident("order_no", "Bestellung", "Bestellnummer"),
        ident("sku", "Artikelnummer", filled=True),
        text("title", "Bezeichnung"),
        amount("quantity", "Menge", filled=True),
        amount("damaged", "Beschädigt", required=False),
        text("unit", "Einheit"),
        ident("lot", "Charge", required=False),
        day("day", "Eingangsdatum", forms=("DD.MM.YYYY", "DD.MM.YYYY hh:mm", "YYYY-MM-DD hh:mm:ss")),
        ident("warehouse", "Lager", required=False),
    ),
)
