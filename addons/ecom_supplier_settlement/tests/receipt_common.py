"""Files and messages of suppliers and warehouses for tests."""

import base64

from .common import SettleCase


class ReceiptCase(SettleCase):
    """A supplier with a reference, and a warehouse that an operator runs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.supplier.ref = "S1"
        cls.other_supplier.ref = "S2"
        cls.operator = cls.partner("Operator")
        cls.warehouse.write({"ecom_type": "third_party", "ecom_operator_id": cls.operator.id})
        cls.company.partner_id.tz = "Asia/Shanghai"
        cls.notices = cls.env["ecom.delivery.notice"].with_user(cls.keeper)

    def message(self, *lines, **values):
        """A delivery note in JSON; lines are (sku, quantity) or dicts."""
        kind = values.get("kind", "ship")
        owner = {"supplier": "S1"} if kind == "ship" else {"warehouse": self.warehouse.code}
        lines = [line if isinstance(line, dict) else {"sku": line[0], "quantity": line[1]} for line in lines]
        return {"kind": kind, "number": "D1", "day": "2026-09-02", "lines": lines, **owner, **values}

    def receive_notice(self, *lines, **values):
        """The notice of a message that must be accepted."""
        [result] = self.notices.receive(self.message(*lines, **values))
        self.assertFalse(result["problems"])
        return self.env["ecom.delivery.notice"].browse(result["id"])

    def reasons(self, *lines, **values):
        [result] = self.notices.receive(self.message(*lines, **values))
        self.assertEqual((result["id"], result["state"]), (False, "refused"))
        return [problem["reason"] for problem in result["problems"]]

    def upload(self, text, name="file.csv", encoding="utf-8", user=None, **given):
        content = text if isinstance(text, bytes) else text.encode(encoding)
        files = self.env["ecom.delivery.file"].with_user(user or self.keeper)
        [result] = files.import_files(
            [{"name": name, "content": base64.b64encode(content).decode()}], **given
        )
        return result

    def basis(self, line):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env["ecom.purchase.basis"].browse(line.id)
