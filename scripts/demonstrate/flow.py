"""What a person would do with `scripts/ecom`, step by step; every step finds what is there already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from client import files, stages
from client.connection import Connection

from . import suppliers
from .hands import Hands

# Chinese yuan for one unit; any plausible rate will do for an imaginary month.
RATES = {"USD": 7.10, "EUR": 8.30}
ENGLISH = "en_US"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who can log in to the demo."""

    login: str
    password: str
    name: str
    group: str
    addon: str = "ecom_connectors"


PEOPLE = (
    Person(login="operator", password="operator", name="Shop Operator", group="group_operator"),
    Person(login="accountant", password="accountant", name="Accountant", group="group_accountant"),
    Person(
        login="buyer", password="buyer", name="Buyer", group="group_buyer", addon="ecom_supplier_settlement"
    ),
    Person(
        login="keeper",
        password="keeper",
        name="Warehouse Keeper",
        group="group_warehouse",
        addon="ecom_supplier_settlement",
    ),
)
VENDOR = Person(login="supplier", password="supplier", name="Supplier", group="group_portal", addon="base")


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What the steps gave back."""

    imports: list[Mapping[str, Any]] = field(default_factory=list)
    failed: list[Mapping[str, Any]] = field(default_factory=list)
    check: Mapping[str, Any] = field(default_factory=dict)
    figures: Sequence[Mapping[str, Any]] = ()
    exceptions: Sequence[Mapping[str, Any]] = ()
    suppliers: Sequence[Mapping[str, Any]] = ()
    surprises: list[str] = field(default_factory=list)


def run(connection: Connection, folder: Path, rates_day: date) -> Outcome:
    """Set-up, rates, people, orders, refunds, bills, match, post, check."""
    say = connection.progress.say
    outcome = Outcome()
    setup = files.read_json(str(folder / "setup.json"))
    say(f"set-up: company {setup['company']}, {len(setup['accounts'])} accounts, {len(setup['shops'])} shops")
    ensure_english(connection)
    connection.call("apply", setup)
    company = ensure_company(connection, setup["company"])
    ensure_rates(connection, company, rates_day)
    ensure_people(connection, company)
    say("orders and refunds: importing")
    outcome.imports += stages.send(connection, "import_orders", [folder / "orders.csv"], None)
    outcome.imports += stages.send(connection, "import_refunds", [folder / "refunds.csv"], None)
    for account in setup["accounts"]:
        paths = files.find([str(folder / "bills" / account["code"])])
        say(f"bills of {account['code']}: importing {len(paths)} files")
        outcome.imports += stages.send(connection, "import_bills", paths, account["code"])
    say("matching")
    outcome.failed += stages.match(connection, None)["failed"]
    say("posting")
    outcome.failed += stages.post(connection, None, "refuse")["failed"]
    say("checking every invariant")
    outcome.check = connection.call("check")
    outcome.figures = connection.call("figures")["accounts"]
    outcome.exceptions = connection.call("exceptions")
    return outcome


def run_suppliers(connection: Connection, folder: Path, outcome: Outcome) -> None:
    """The same month seen from the other side; its figures and surprises go to the outcome."""
    connection.progress.say("suppliers: set-up")
    company = ensure_company(connection, files.read_json(str(folder / "setup.json"))["company"])

    def portal(supplier: int) -> Connection:
        known = connection.execute(
            "res.partner", "search", [("parent_id", "=", supplier), ("name", "=", VENDOR.name)]
        )
        person = (
            known[0]
            if known
            else connection.execute("res.partner", "create", {"name": VENDOR.name, "parent_id": supplier})
        )
        ensure_person(connection, company, VENDOR, partner_id=person)
        return connection.again(VENDOR.login, VENDOR.password)

    hands = Hands(
        admin=connection,
        **{login: connection.again(login, login) for login in ("buyer", "keeper", "accountant")},
        portal=portal,
        company=company,
        say=connection.progress.say,
    )
    done = suppliers.run(hands, folder / "suppliers")
    outcome.suppliers = done.figures
    outcome.surprises = done.problems + suppliers.night(hands, folder / "suppliers")


def ensure_english(connection: Connection) -> None:
    """A database made with Chinese knows no English; the first time, and never again, the user gets it."""
    [english] = connection.execute(
        "res.lang", "search_read", [("code", "=", ENGLISH)], ["active"], context={"active_test": False}
    )
    if not english["active"]:
        connection.execute("res.lang", "write", [english["id"]], {"active": True})
        users = connection.execute("res.users", "search", [("login", "=", connection.address.user)])
        connection.execute("res.users", "write", users, {"lang": ENGLISH})
        connection.speak(ENGLISH)


def ensure_company(connection: Connection, name: str) -> int:
    [company] = connection.execute("res.company", "search", [("name", "=", name)])
    return company


def ensure_rates(connection: Connection, company: int, day: date) -> None:
    """One rate for each foreign currency, from before the first order on."""
    for name, yuan in RATES.items():
        [currency] = connection.execute(
            "res.currency", "search_read", [("name", "=", name)], ["active"], context={"active_test": False}
        )
        if not currency["active"]:
            connection.execute("res.currency", "write", [currency["id"]], {"active": True})
        key = {"currency_id": currency["id"], "company_id": company, "name": day.isoformat()}
        known = [(column, "=", value) for column, value in key.items()]
        if not connection.execute("res.currency.rate", "search_count", known):
            connection.execute("res.currency.rate", "create", {**key, "inverse_company_rate": yuan})


def ensure_people(connection: Connection, company: int) -> None:
    for person in PEOPLE:
        ensure_person(connection, company, person)


def ensure_person(connection: Connection, company: int, person: Person, **more: Any) -> None:
    """The person's login, with nothing but its group; `more` are fields of the user."""
    if connection.execute("res.users", "search_count", [("login", "=", person.login)]):
        return
    [group] = connection.execute(
        "ir.model.data",
        "search_read",
        [("module", "=", person.addon), ("name", "=", person.group)],
        ["res_id"],
    )
    connection.execute(
        "res.users",
        "create",
        {
            "name": person.name,
            "login": person.login,
            "password": person.password,
            "lang": ENGLISH,
            "tz": "Asia/Shanghai",
            "company_ids": [(6, 0, [company])],
            "company_id": company,
            "group_ids": [(6, 0, [group["res_id"]])],
            **more,
        },
        context={"no_reset_password": True},
    )
