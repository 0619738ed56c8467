"""Confirm stage: what a supplier's user tries by hand, address by address."""

import base64

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..portal_common import HostileCase

EVIL = '<img src=x onerror="alert(1)">'
SAID = {"body": "Mine"}


@tagged("post_install", "-at_install")
class TestTalk(HostileCase):
    """What is said about a statement, by whom, and who reads it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.thread = {"thread_model": "ecom.statement", "thread_id": cls.sent.id}
        say = cls.sent.with_user(cls.buyer).message_post
        files = [("SECRET.txt", b"SECRET bytes")]
        cls.secret = say(body="SECRET thoughts", subtype_xmlid="mail.mt_note", attachments=files)
        cls.said = say(
            body="OPEN words",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            attachments=[("OPEN.txt", b"OPEN bytes")],
        )
        cls.sent.internal_note = "SECRET note"
        cls.sent.line_ids[0].comment = "SECRET comment"

    def everything(self, **token):
        """All that the routes of messages and files say about the statement."""
        files = (self.secret | self.said).attachment_ids
        fields = ["body", "attachment_ids"]
        return "\n".join(
            [
                *(
                    self.rpc(route, **self.thread, **token)
                    for route in ("/mail/thread/messages", "/mail/chatter_fetch", "/portal/chatter_init")
                ),
                *(self.url_open(f"/web/content/{file.id}").text for file in files),
                *(self.url_open(f"/web/content/ir.attachment/{file.id}/raw").text for file in files),
                *(self.rpc("/mail/message/post", **self.thread, post_data={"body": "MARK"}) for _ in token),
                self.call("mail.message", "search_read", [["model", "=", "ecom.statement"]], fields),
                self.call("mail.message", "web_search_read", [], {"body": {}}),
                self.call("ir.attachment", "search_read", [["res_model", "=", "ecom.statement"]], ["raw"]),
                self.call("ecom.statement", "search_read", [], ["name", "internal_note"]),
                self.call("ecom.statement.line", "search_read", [], ["name", "comment"]),
                self.call("ecom.statement", "search_read", [["internal_note", "ilike", "S"]], ["name"]),
                self.call("ecom.statement", "read_group", [], ["name"], ["internal_note"]),
                self.url_open(f"/my/statements/{self.sent.id}").text,
            ]
        )

    def test_notes_stay_inside(self):
        """I4 Given a note, a comment and files of a buyer, when the supplier reads, then only what was said
        to it is there; a rival, or a stranger with the link, reads nothing."""
        self.sent.access_token = token = "7e5c"
        self.enter("settle_vendor")
        found = self.everything()
        self.assertIn("OPEN words", found)
        self.assertNotIn("SECRET", found)
        for login in ("settle_rival", None):
            self.enter(login)
            for given in ({}, {"token": token}):
                found = self.everything(**given)
                for word in ("SECRET", "OPEN", "MARK"):
                    self.assertNotIn(word, found, f"{login} {given}")
        self.assertFalse(self.sent.message_ids.filtered(lambda it: "MARK" in it.body))

    def test_a_link_says_nothing(self):
        """I4 Given the link of a statement, when a stranger posts or uploads with it, then it is refused."""
        self.sent.access_token = token = "7e5c"
        partner = self.supplier
        proofs = ({"token": token}, {"hash": self.sent._sign_token(partner.id), "pid": partner.id})
        before = (len(self.sent.message_ids), self.env["ir.attachment"].search_count([]))
        for login in (None, "settle_rival"):
            self.enter(login)
            for proof in proofs:
                self.rpc("/mail/message/post", **self.thread, post_data={"body": "x"}, **proof)
                with mute_logger("odoo.http"):
                    self.post(
                        "/mail/attachment/upload",
                        files={"ufile": ("x.txt", b"x", "text/plain")},
                        **self.thread,
                        **proof,
                    )
        self.sent.invalidate_recordset()
        self.assertEqual((len(self.sent.message_ids), self.env["ir.attachment"].search_count([])), before)

    def test_the_supplier_speaks_for_itself(self):
        """S2.8.12 Given a supplier's user, when it writes with another author, mode and readers, then the
        message is its own comment, to nobody else."""
        posted = (
            self.sent.with_user(self.vendor)
            .message_post(
                body=EVIL,
                author_id=self.buyer.partner_id.id,
                email_from="boss@example.com",
                subtype_xmlid="mail.mt_note",
                partner_ids=self.other_supplier.ids,
            )
            .sudo()
        )
        self.assertEqual(posted.author_id, self.vendor.partner_id)
        self.assertEqual(posted.subtype_id, self.env.ref("mail.mt_comment"))
        self.assertFalse(posted.partner_ids)
        self.assertNotIn("<img", posted.body)
        self.enter("settle_vendor")
        self.rpc("/mail/message/post", **self.thread, post_data={"body": "I disagree"})
        self.assertIn("I disagree", self.sent.message_ids[0].body)
        with self.assertRaises(AccessError):
            self.sent.with_user(self.rival).message_post(**SAID)

    def test_talk_is_kept(self):
        """S2.8.12 Given a dispute with a file and a comment of the supplier, when anybody edits or deletes
        them, then it is refused."""
        line = self.sent.line_ids[0]
        file = {"name": "proof.txt", "content": base64.b64encode(b"agreed").decode()}
        self.sent.with_user(self.vendor).portal_dispute(line.id, "price", "5.10", [file])
        dispute = self.sent.message_ids[0]
        self.assertIn("5.10", dispute.body)
        comment = self.sent.with_user(self.vendor).message_post(**SAID).sudo()
        self.enter("settle_vendor")
        self.assertIn("5.10", self.rpc("/mail/chatter_fetch", **self.thread), "it reads what it said")
        for message in (dispute, comment, self.said):
            for data in ({"body": "other", "attachment_ids": []}, {"body": "", "attachment_ids": []}):
                self.rpc("/mail/message/update_content", message_id=message.id, update_data=data)
            self.call("mail.message", "write", message.ids, {"body": "other"})
            self.call("mail.message", "unlink", message.ids)
        proof = dispute.attachment_ids
        owner = proof._get_ownership_token()
        self.rpc("/mail/attachment/delete", attachment_id=proof.id, access_token=owner)
        self.call("ir.attachment", "unlink", proof.ids)
        self.env.invalidate_all()
        self.assertEqual(proof.exists().raw, b"agreed")
        self.assertIn("5.10", dispute.body)
        self.assertIn("Mine", comment.body)
        for user in (self.buyer, self.manager):
            for attempt in (
                lambda user=user: proof.with_user(user).unlink(),
                lambda user=user: proof.with_user(user).write({"raw": b"other"}),
                lambda user=user: dispute.with_user(user).write({"body": "other"}),
                lambda user=user: comment.with_user(user).unlink(),
            ):
                with self.assertRaises(UserError):
                    attempt()

    def test_the_note_is_agreed_too(self):
        """I5 Given a statement that the supplier confirmed, when a buyer changes the note that it read, then
        it is refused."""
        self.sent.with_user(self.buyer).note = "Pays in 30 days"
        self.sent.with_user(self.vendor).portal_confirm()
        with self.assertRaises(UserError):
            self.sent.with_user(self.buyer).note = "Pays in 300 days"

    def test_a_supplier_adds_nobody(self):
        """I4 Given a supplier's user, when it adds followers or tasks to a statement, then it is refused."""
        mine = self.sent.with_user(self.vendor)
        for attempt in (
            lambda: mine.message_subscribe(self.other_supplier.ids),
            lambda: mine.message_unsubscribe(self.buyer.partner_id.ids),
            lambda: mine.activity_schedule("mail.mail_activity_data_todo", user_id=self.buyer.id),
        ):
            with self.assertRaises(AccessError):
                attempt()


@tagged("post_install", "-at_install")
class TestForms(HostileCase):
    """What comes by the forms of the pages, and what by addresses typed by hand."""

    def test_nonsense_is_answered(self):
        """Given numbers that are none, missing, huge or of others, when a form is sent, then the page says
        so, nothing changes, and no address answers otherwise for a foreign statement than for none."""
        self.enter("settle_vendor")
        line = self.sent.line_ids[0]
        base = f"/my/statements/{self.sent.id}"
        for path, fields in (
            (f"{base}/dispute", {}),
            (f"{base}/dispute", {"line": "NaN", "reason": "price"}),
            (f"{base}/dispute", {"line": "-1", "reason": "price"}),
            (f"{base}/dispute", {"line": str(10**30), "reason": "price"}),
            (f"{base}/dispute", {"line": line.id, "reason": "<b>"}),
            (f"{base}/confirm", {"line": "1; DROP TABLE"}),
            (f"{base}/confirm", {"line": "1e3"}),
            (f"{base}/own", {}),
        ):
            page = self.post(path, **fields)
            self.assertEqual(page.status_code, 200, (path, fields))
            self.assertIn("alert-danger", page.text, (path, fields))
            self.assertNotIn("invalid literal", page.text)
        self.assertEqual(set(self.sent.line_ids.mapped("state")), {"open"})
        for number in (0, 2**31, 10**30, self.sent.id + 1000):
            for action in ("", "/confirm", "/dispute", "/own"):
                path = f"/my/statements/{number}{action}"
                page = self.post(path, everything=1, line=line.id) if action else self.url_open(path)
                self.assertTrue(page.url.endswith("/my"), (path, page.status_code))
        for query in ("sortby=name;--", "filterby='", "page=0", "page=-1", "page=99999999999999999999"):
            self.assertEqual(self.url_open(f"/my/statements?{query}").status_code, 200, query)
        for query in ("origin='", "show=x", "page=abc", "report_type=html"):
            self.assertEqual(self.url_open(f"{base}?{query}").status_code, 200, query)

    def test_without_the_token_of_the_form(self):
        """Given a form of another site, when it is sent from the supplier's browser, then it is refused."""
        self.enter("settle_vendor")
        for action in ("confirm", "dispute", "own"):
            with mute_logger("odoo.http"):
                page = self.url_open(f"/my/statements/{self.sent.id}/{action}", data={"everything": "1"})
            self.assertEqual(page.status_code, 400)
        self.assertEqual(set(self.sent.line_ids.mapped("state")), {"open"})

    def test_twice(self):
        """I5 Given everything confirmed, when the form is sent again, then nothing happens twice and the page
        says that it is not waited for."""
        self.enter("settle_vendor")
        for _click in range(2):
            page = self.post(f"/my/statements/{self.sent.id}/confirm", everything="1")
        self.assertIn("alert-danger", page.text)
        self.assertEqual(self.sent.state, "confirmed")
        self.assertEqual(self.sent.confirmed_id, self.vendor)
        page = self.post(
            f"/my/statements/{self.sent.id}/dispute", line=self.sent.line_ids[0].id, reason="price"
        )
        self.assertIn("alert-danger", page.text)
        self.assertEqual(set(self.sent.line_ids.mapped("state")), {"confirmed"})

    def test_an_answer_takes_the_statement(self):
        """I5 Given two people of a supplier who answer at once, then both write the statement itself, so that
        the second one starts again instead of counting old lines."""

        def version():
            self.env.flush_all()
            self.env.cr.execute("SELECT ctid FROM ecom_statement WHERE id = %s", [self.sent.id])
            return self.env.cr.fetchone()

        before = version()
        self.sent.with_user(self.vendor).portal_confirm(self.sent.line_ids[0].ids)
        self.assertEqual(self.sent.state, "sent")
        self.assertNotEqual(version(), before)

    def test_words_are_words(self):
        """Given HTML in every word that a supplier or its documents bring, when the page shows them, then
        they are text; a page or picture that is uploaded as evidence is no page."""
        self.supplier.name = f"A {EVIL}"
        self.invoice.ref = f"R {EVIL}"
        self.sent.note = EVIL
        self.enter("settle_vendor")
        line = self.sent.line_ids[0]
        self.post(
            f"/my/statements/{self.sent.id}/dispute",
            files={
                "files": (f"{EVIL}.html", b"<html><script>alert(1)</script></html>", "text/html"),
            },
            line=line.id,
            reason="price",
            text=EVIL,
        )
        rows = f"date,document,description,amount\n2026-09-10,{EVIL.replace(',', '')},,51.00\n"
        self.post(
            f"/my/statements/{self.sent.id}/own", files={"file": (f"{EVIL}.csv", rows.encode(), "text/csv")}
        )
        self.assertEqual(line.state, "disputed")
        self.assertTrue(self.sent.comparison_ids)
        for path in (f"/my/statements/{self.sent.id}", "/my/statements", "/my/receipts", "/my"):
            self.assertNotIn("<img src=x", self.url_open(path).text, path)
        self.assertNotIn("<img", "".join(self.sent.message_ids.mapped("body")))
        files = self.env["ir.attachment"].search(
            [
                ("res_model", "in", ("ecom.statement", "ecom.statement.comparison")),
                ("create_uid", "=", self.vendor.id),
            ]
        )
        self.assertEqual(len(files), 2)
        self.assertFalse({"text/html", "image/svg+xml"} & set(files.mapped("mimetype")))
        self.assertFalse(any(files.mapped("public")))

    def test_too_much(self):
        """Given too many files, or bytes that are no base64, when a line is disputed, then it is refused."""
        mine, line = self.sent.with_user(self.vendor), self.sent.line_ids[0]
        many = [{"name": "a", "content": "QQ=="}] * 1000
        for files in (many, [{"name": "a", "content": "ä€"}], [{"name": "a", "content": None}]):
            with self.assertRaises(UserError):
                mine.portal_dispute(line.id, "price", "x", files)
        with self.assertRaises(UserError):
            mine.portal_compare("a.csv", base64.b64encode(bytes((20 << 20) + 1)).decode())
        with self.assertRaises(UserError):
            mine.portal_compare("a.csv", "no base64")
        self.assertEqual(line.state, "open")
