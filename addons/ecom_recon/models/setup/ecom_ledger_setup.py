"""Post stage, once: journals, ledger accounts and maps of a company. A second run changes nothing."""

from odoo import api, models


class EcomLedgerSetup(models.AbstractModel):
    """Opens what is missing on the company's chart and leaves alone what is mapped."""

    _name = "ecom.ledger.setup"
    _description = "Ledger Set-up"

    @api.model
    def _apply(self, company):
        """Give every platform account a journal and every role a ledger account; return what was made."""
        self = self.with_company(company)
        accounts = self.env["ecom.account"].search([("company_id", "=", company.id)])
        made = {"journals": 0, "accounts": 0, "maps": 0}
        for account in accounts.filtered(lambda account: not account.journal_id):
            account.journal_id = self._journal(account)
            made["journals"] += 1
        for role in self.env["ecom.role"].search([("code", "!=", False)]):
            targets = accounts if role.per_account else [self.env["ecom.account"]]
            for target in targets:
                if role.code == "clearing" and not target._clears():
                    continue
                self._map(role, company, target, made)
        return made

    def _journal(self, account):
        journals = self.env["account.journal"]
        taken = set(journals.search([("company_id", "=", account.company_id.id)]).mapped("code"))
        number = account.id
        while f"EC{number:03d}"[:5] in taken:
            number += 1
        return journals.create(
            {
                "name": account.name,
                "code": f"EC{number:03d}"[:5],
                "type": "general",
                "company_id": account.company_id.id,
                "show_on_dashboard": False,
            }
        )

    def _map(self, role, company, target, made):
        maps = self.env["ecom.role.map"]
        domain = [
            ("role_id", "=", role.id),
            ("company_id", "=", company.id),
            ("account_id", "=", target.id),
            ("shop_id", "=", False),
            ("platform_id", "=", False),
        ]
        if maps.search_count(domain, limit=1):
            return
        ledger = self._existing(role, company)
        if not ledger:
            ledger = self._open(role, company, target)
            made["accounts"] += 1
        maps.create(
            {
                "role_id": role.id,
                "company_id": company.id,
                "account_id": target.id,
                "ledger_id": ledger.id,
            }
        )
        made["maps"] += 1

    def _existing(self, role, company):
        """The account that the company itself names for the role."""
        if role.code == "receivable":
            return company.partner_id.with_company(company).property_account_receivable_id
        if not role.company_account:
            return self.env["account.account"]
        return company[role.company_account]

    def _open(self, role, company, target):
        """A new ledger account below the role's parent on this chart."""
        ledgers = self.env["account.account"]
        parent = role.parent_code and self._parent(role, company)
        if not parent:
            parent = ledgers.search(
                [("account_type", "=", role.account_type), ("company_ids", "in", company.id)],
                limit=1,
                order="code",
            )
        start = f"{parent.code[:4]}01" if parent else f"{role.sequence:04d}01"
        names = [
            f"{role.with_context(lang=lang).name} - {target.name}"
            if target
            else role.with_context(lang=lang).name
            for lang in ("en_US", "zh_CN")
        ]
        ledger = ledgers.with_context(lang="en_US").create(
            {
                "name": names[0],
                "code": ledgers._search_new_account_code(start),
                "account_type": role.account_type,
                "reconcile": role.reconcile,
                "currency_id": target.currency_id.id
                if target and target.currency_id != company.currency_id
                else False,
                "company_ids": [(6, 0, company.ids)],
            }
        )
        if "zh_CN" in dict(self.env["res.lang"].get_installed()):
            ledger.with_context(lang="zh_CN").name = names[1]
        return ledger

    def _parent(self, role, company):
        """The account below which the role's is opened; charts fill their codes up with zeros.

        Another chart may use the same code for something else: then its kind tells.
        """
        return self.env["account.account"].search(
            [
                ("code", "=like", f"{role.parent_code}%"),
                ("account_type", "=", role.account_type),
                ("company_ids", "in", company.id),
            ],
            order="code",
            limit=1,
        )
