"""Set-up: shops, accounts, fees and ledger from a file."""

from odoo import api, models
from odoo.exceptions import AccessError, UserError

SETUP_ACCOUNT = {"code", "platform", "name", "currency", "timezone", "kinds", "merchant"}
SETUP_SHOP = {"code", "platform", "name", "account", "currency", "timezone", "fees", "mode", "timing_days"}
SETUP_FEE = {"category", "rate_percent", "fixed", "minimum", "maximum"}


class EcomSetup(models.AbstractModel):
    """Makes what a set-up file names, or brings it to what the file says."""

    _name = "ecom.setup"
    _description = "Set-up from a File"

    @api.model
    def _apply(self, setup):
        """Create or update company, accounts, shops and ledger; twice changes nothing.

        :param setup: as `ecom.api.apply` takes it
        """
        if not self.env.user.has_group("ecom_connectors.group_manager"):
            raise AccessError(self.env._("Only managers set up shops and accounts."))
        company = self._company(setup.get("company"))
        self = self.with_company(company)
        counts = {kind: {"created": 0, "updated": 0, "unchanged": 0} for kind in ("accounts", "shops")}
        for entry in setup.get("accounts", []):
            values = self._account_values(company, entry)
            counts["accounts"][self._write_setup("ecom.account", company, values)] += 1
        for entry in setup.get("shops", []):
            values = self._shop_values(company, entry)
            outcome = self._write_setup("ecom.shop", company, values)
            if self._apply_fees(company, entry) and outcome == "unchanged":
                outcome = "updated"
            counts["shops"][outcome] += 1
        return {"company": company.name, **counts, "ledger": self.env["ecom.ledger.setup"]._apply(company)}

    def _company(self, name):
        """The company of this name; a new one gets the Chinese chart and Chinese yuan."""
        if not name:
            return self.env.company
        company = self.env["res.company"].search([("name", "=", name)], limit=1)
        if not company:
            currency = self.env["res.currency"]._ecom_by_name("CNY")
            company = self.env["res.company"].create(
                {"name": name, "currency_id": currency.id, "country_id": self.env.ref("base.cn").id}
            )
            # The manager who opens a company works in it from now on.
            self.env.user.sudo().write({"company_ids": [(4, company.id)], "company_id": company.id})
        if not company.chart_template:
            # Loading a chart writes far beyond the rights of our manager.
            self.env["account.chart.template"].sudo().try_loading("cn", company=company, install_demo=False)
        if not self.env["stock.warehouse"].search_count([("company_id", "=", company.id)], limit=1):
            # Odoo takes no order for a company without a warehouse; our manager need not be the stock's.
            self.env["stock.warehouse"].sudo().create(
                {"name": company.name, "code": f"W{company.id}", "company_id": company.id}
            )
        return company

    def _known_keys(self, entry, allowed, what):
        unknown = sorted(set(entry) - allowed)
        if unknown or not entry.get("code"):
            raise UserError(
                self.env._(
                    "%(what)s %(code)s: unknown keys %(keys)s.",
                    what=what,
                    code=entry.get("code") or "?",
                    keys=", ".join(unknown) or "code",
                )
            )

    def _platform(self, entry):
        platform = self.env["ecom.platform"]._find(entry.get("platform"))
        if not platform:
            raise UserError(
                self.env._(
                    "%(code)s: there is no platform %(platform)s. Platforms: %(known)s.",
                    code=entry["code"],
                    platform=entry.get("platform"),
                    known=", ".join(self.env["ecom.platform"].search([("code", "!=", False)]).mapped("code")),
                )
            )
        return platform

    def _timezone(self, entry):
        zone = entry.get("timezone") or "Asia/Shanghai"
        if zone not in dict(self.env["ecom.account"]._timezones()):
            raise UserError(
                self.env._("%(code)s: there is no time zone %(zone)s.", code=entry["code"], zone=zone)
            )
        return zone

    def _account_values(self, company, entry):
        self._known_keys(entry, SETUP_ACCOUNT, "accounts")
        platform = self._platform(entry)
        both = {"both": ["settlement", "fund_flow"]}
        kinds = entry.get("kinds") or both.get(platform.kinds, [platform.kinds])
        wrong = set(kinds) - {"settlement", "fund_flow"}
        if wrong:
            raise UserError(
                self.env._(
                    "%(code)s: there is no kind of bill %(kind)s.", code=entry["code"], kind=wrong.pop()
                )
            )
        return {
            "code": entry["code"],
            "name": entry.get("name") or entry["code"],
            "platform_id": platform.id,
            "currency_id": self._currency(company, entry).id,
            "timezone": self._timezone(entry),
            "takes_settlement": "settlement" in kinds,
            "takes_fund_flow": "fund_flow" in kinds,
            "merchant": entry.get("merchant") or False,
        }

    def _currency(self, company, entry):
        if not entry.get("currency"):
            return company.currency_id
        return self.env["res.currency"]._ecom_by_name(entry["currency"])

    def _shop_values(self, company, entry):
        self._known_keys(entry, SETUP_SHOP, "shops")
        codes = entry.get("account") or []
        codes = [codes] if isinstance(codes, str) else codes
        accounts = self.env["ecom.account"].search([("company_id", "=", company.id), ("code", "in", codes)])
        missing = set(codes) - set(accounts.mapped("code"))
        if missing:
            raise UserError(
                self.env._(
                    "%(code)s: there is no account %(account)s.", code=entry["code"], account=missing.pop()
                )
            )
        values = {
            "code": entry["code"],
            "name": entry.get("name") or entry["code"],
            "platform_id": self._platform(entry).id,
            "currency_id": self._currency(company, entry).id,
            "timezone": self._timezone(entry),
            "account_ids": accounts.ids,
        }
        for name, field in (("mode", "posting_mode"), ("timing_days", "timing_days")):
            if name in entry:
                values[field] = entry[name]
        return values

    def _write_setup(self, model, company, values):
        """Create or update by code; say which of the three it was."""
        record = (
            self.env[model]
            .with_context(active_test=False)
            .search([("company_id", "=", company.id), ("code", "=", values["code"])])
        )
        if not record:
            links = {name: [(6, 0, value)] for name, value in values.items() if isinstance(value, list)}
            self.env[model].create({**values, **links, "company_id": company.id})
            return "created"
        changed = {}
        for name, value in values.items():
            old = record[name]
            if isinstance(value, list):
                if set(old.ids) != set(value):
                    changed[name] = [(6, 0, value)]
            elif (old.id if isinstance(old, models.BaseModel) else old) != value:
                changed[name] = value
        if changed:
            record.write(changed)
        return "updated" if changed else "unchanged"

    def _apply_fees(self, company, entry):
        """Make the shop's fee rules those of the file; return whether anything changed."""
        if "fees" not in entry:
            return False
        shop = self.env["ecom.shop"].search([("company_id", "=", company.id), ("code", "=", entry["code"])])
        wanted = []
        for fee in entry["fees"]:
            unknown = sorted(set(fee) - SETUP_FEE)
            category = self.env["ecom.category"].search([("code", "=", fee.get("category"))])
            if unknown or not category or category.kind != "fee":
                raise UserError(
                    self.env._(
                        "%(code)s: the fee %(fee)s has no known category, or unknown keys.",
                        code=entry["code"],
                        fee=fee.get("category"),
                    )
                )
            wanted.append(
                {
                    "category_id": category.id,
                    "rate_percent": float(fee.get("rate_percent") or 0),
                    **{name: float(fee.get(name) or 0) for name in ("fixed", "minimum", "maximum")},
                }
            )
        there = [
            {
                "category_id": rule.category_id.id,
                **{name: rule[name] for name in ("rate_percent", "fixed", "minimum", "maximum")},
            }
            for rule in shop.fee_rule_ids
        ]
        if sorted(map(str, there)) == sorted(map(str, wanted)):
            return False
        shop.fee_rule_ids = [(5, 0, 0)] + [(0, 0, values) for values in wanted]
        return True
