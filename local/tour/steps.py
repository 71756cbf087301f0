"""The tour itself: the main job over HTTP and WebSocket, and what the shop must refuse."""

from __future__ import annotations

import hashlib
import io
import secrets
from contextlib import ExitStack
from decimal import Decimal
from typing import Any

from pypdf import PdfReader

from local.aws import SignIn
from local.running import System
from local.tour.guide import Guide, expect, expect_equal, wait_for
from local.tour.mailbox import Mail, Mailbox
from local.tour.wire import Answer, Api, Live

QUANTITY = 2
ADDRESS = {"name": "Tour Guest", "line1": "1 Quay Street", "city": "Hamburg", "postal_code": "20457", "country": "DE"}
FOLLOWS = ["OrderCreated", "OrderConfirmed", "InvoiceGenerated"]


class Tour:
    """One walk. What one step learns, later ones use; whatever is placed beyond the main order is cancelled again."""

    def __init__(self, system: System, guide: Guide) -> None:
        self.system = system
        self.guide = guide
        self.api = Api(system.api, guide)
        self.mailbox = Mailbox(system.mail)
        self.run = secrets.token_hex(4)
        self.customer = ""
        self.staff = ""
        self.sku = ""
        self.product_id = ""
        self.price = Decimal(0)

    def walk(self) -> None:
        self.sign_in()
        self.choose_product()
        with ExitStack() as sockets:
            order = self.follow_an_order(sockets)
            self.read_mails_and_pdf(order)
        self.guest_and_foreign_order()
        self.cancel()
        self.import_a_document()
        self.refusals()

    # --- Signing in and looking ---------------------------------------------------------------------------------------

    def sign_in(self) -> None:
        for person in (self.system.customer, self.system.staff):
            with self.guide.step(f"{person.name} signs in as {person.role}"):
                answer = self.login(person)
                answer.must_be(200)
                expect_equal("token_type", "Bearer", answer.body["token_type"])
                setattr(self, person.role, answer.body["access_token"])
        with self.guide.step("A wrong password opens nothing"):
            answer = self.login(self.system.customer, password="Wrong-password-1")  # noqa: S106  (that is the point)
            answer.must_be(401, "invalid_credentials")
            expect(
                "a problem document",
                answer.headers["Content-Type"] == "application/problem+json",
                answer.headers["Content-Type"],
            )

    def login(self, person: SignIn, password: str = "") -> Answer:
        return self.api.send("POST", "/auth/login", {"email": person.email, "password": password or person.password})

    def choose_product(self) -> None:
        with self.guide.step("Look at the products, and choose one that is in stock"):
            path = "/products?in_stock=true&ordering=created_at&limit=100"
            page = self.api.send("GET", path).must_be(200)
            found = [(p, v) for p in page["results"] for v in p["variants"] if v["stock"] >= 4 * QUANTITY]
            product, variant = found[0] if found else self.new_product()
            self.product_id, self.sku, self.price = product["id"], variant["sku"], Decimal(variant["price"])
            self.guide.note(
                f"{product['name']}: {self.sku} at {self.price} {product['currency']}, {variant['stock']} in stock"
            )

    def new_product(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Many tours empty the shelves: then staff makes a new product."""
        body = {"code": f"TOUR-{self.run}", "name": "Tour mug", "price": "12.90", "stock": 1000}
        product = self.api.send("POST", "/products", body, token=self.staff, key=f"product-{self.run}").must_be(201)
        return product, product["variants"][0]

    def stock(self) -> int:
        product = self.api.send("GET", f"/products/{self.product_id}").must_be(200)
        return next(int(variant["stock"]) for variant in product["variants"] if variant["sku"] == self.sku)

    # --- The main job -------------------------------------------------------------------------------------------------

    def order_body(self, quantity: int = QUANTITY, **more: Any) -> dict[str, Any]:
        return {
            "items": [{"sku": self.sku, "quantity": quantity}],
            "payment_method": "credit_card",
            "shipping": {"method": "economic", "address": ADDRESS},
        } | more

    def follow_an_order(self, sockets: ExitStack) -> dict[str, Any]:
        with self.guide.step("Customer and staff open the live feed"):
            customer = sockets.enter_context(Live(self.system.live, self.customer, name="the customer"))
            staff = sockets.enter_context(Live(self.system.live, self.staff, name="staff"))
            self.guide.came(f"hello at cursor {customer.cursor} and at {staff.cursor}")
        order = self.place()
        with self.guide.step("Both feeds tell of the order"):
            created = customer.until("OrderCreated", order["id"])
            expect_equal("the same event for both, id", created["id"], staff.until("OrderCreated", order["id"])["id"])
            expect_equal("the total told", order["totals"]["total"], created["data"]["total"])
            self.guide.came(f"OrderCreated at cursor {created['cursor']}, id {created['id']}")
        with self.guide.step("The customer's connection breaks. Staff confirms meanwhile"):
            customer.close()
            path = f"/orders/{order['id']}/confirm"
            confirmed = self.api.send("POST", path, token=self.staff, key=f"confirm-{self.run}").must_be(200)
            expect_equal("status", "confirmed", confirmed["status"])
            again = self.api.send("POST", path, token=self.staff, key=f"confirm-again-{self.run}")
            again.must_be(409, "order_transition_not_allowed")
        with self.guide.step("Staff sees the confirmation and the invoice arrive"):
            staff.until("InvoiceGenerated", order["id"])
            staff.quiet(0.3)
            expect_equal("events of the order", FOLLOWS, [message["type"] for message in staff.of_order(order["id"])])
            for message in staff.of_order(order["id"]):
                self.guide.came(f"{message['type']:<16} at cursor {message['cursor']}: {message['data']}")
        with self.guide.step("The customer comes back with ?after=, and gets exactly what was missed"):
            self.guide.sent(f"WebSocket /ws/events?after={created['cursor']}")
            back = sockets.enter_context(
                Live(self.system.live, self.customer, after=str(created["cursor"]), name="the customer")
            )
            back.until("InvoiceGenerated", order["id"])
            back.quiet(0.3)
            missed = [message["id"] for message in staff.of_order(order["id"])][1:]
            expect_equal("ids of the missed events", missed, [m["id"] for m in back.of_order(order["id"])])
            # Events of the customer's other orders may come in between, each once and in the order that staff saw them.
            staff.quiet(0.3)
            came = [message["id"] for message in back.messages]
            after = [m["id"] for m in staff.messages if int(m["cursor"]) > int(created["cursor"]) and m["id"] in came]
            expect_equal("all that came, in the order that staff saw", after, came)
            self.guide.came(", ".join(message["type"] for message in back.messages))
            back.close()
        return order

    def place(self) -> dict[str, Any]:
        key, body = f"order-{self.run}", self.order_body()
        with self.guide.step(f"Order {QUANTITY} of {self.sku}"):
            before = self.stock()
            answer = self.api.send("POST", "/orders", body, token=self.customer, key=key)
            order: dict[str, Any] = answer.must_be(201)
            expect_equal("Location", f"/orders/{order['id']}", answer.headers.get("Location", ""))
            expect_equal("items' total", str(self.price * QUANTITY), order["totals"]["items"])
            parts = Decimal(order["totals"]["items"]) + Decimal(order["totals"]["shipping"])
            expect_equal("total", str(parts), order["totals"]["total"])
        with self.guide.step("The same request again, as after a lost answer: the first answer, and no second order"):
            again = self.api.send("POST", "/orders", body, token=self.customer, key=key)
            expect_equal("the answer", order, again.must_be(201))
            expect_equal("Idempotency-Replayed", "true", again.headers.get("Idempotency-Replayed", "missing"))
            expect_equal("stock", before - QUANTITY, self.stock())
        with self.guide.step("That key for another order is refused"):
            other = self.api.send("POST", "/orders", self.order_body(1), token=self.customer, key=key)
            other.must_be(422, "idempotency_key_reused")
        return order

    # --- What follows on its own --------------------------------------------------------------------------------------

    def mails_of(self, order: dict[str, Any], email: str, count: int) -> list[Mail]:
        """Its mails, as soon as there are so many. They name the order by its number."""
        return wait_for(
            f"{count} mails about order {order['number']} to {email}",
            lambda: found if len(found := self.mailbox.about(order["number"], email)) >= count else None,
        )

    def read_mails_and_pdf(self, order: dict[str, Any]) -> None:
        with self.guide.step(
            "Read the mails: the order was received, the order was confirmed with the invoice attached"
        ):
            received, confirmed = sorted(
                self.mails_of(order, order["email"], 2), key=lambda mail: len(mail.attachments)
            )
            for mail in (received, confirmed):
                names = ", ".join(f"{name} ({len(content)} bytes)" for name, content in mail.attachments) or "nothing"
                self.guide.came(f"“{mail.subject}” to {mail.to}, attached: {names}")
                expect("an HTML and a text part in the mail", bool(mail.html and mail.text), mail.subject)
                expect(
                    f"the total {order['totals']['total']} in the text",
                    order["totals"]["total"] in mail.text,
                    mail.text,
                )
            expect(
                "no attachment on the first, one PDF on the second",
                not received.attachments and len(confirmed.attachments) == 1,
                "other",
            )
        with self.guide.step("Download the invoice by its signed address; SHA-256 and size are those of the record"):
            address = self.api.send("GET", f"/invoice-url?order_id={order['id']}", token=self.customer).must_be(200)
            reply = self.api.download(address["url"])
            expect_equal("status of the download", 200, reply.status_code)
            listed = self.api.send("GET", "/invoices?limit=5", token=self.customer).must_be(200)["results"]
            mine = [invoice["id"] for invoice in listed if invoice["order_id"] == order["id"]]
            expect("one invoice of the order in GET /invoices", len(mine) == 1, mine)
            invoice = self.api.send("GET", f"/invoices/{mine[0]}", token=self.customer).must_be(200)
            self.check_pdf(reply.content, invoice, order)
            expect("the same PDF in the mail", confirmed.attachments[0][1] == reply.content, "another file")
        with self.guide.step("An address with a changed signature is worth nothing"):
            expect_equal("status", 403, self.api.download(address["url"][:-4] + "0000").status_code)

    def check_pdf(self, content: bytes, invoice: dict[str, Any], order: dict[str, Any]) -> None:
        self.guide.came(f"{len(content)} bytes, SHA-256 {hashlib.sha256(content).hexdigest()}")
        expect_equal("SHA-256", invoice["sha256"], hashlib.sha256(content).hexdigest())
        expect_equal("size", invoice["size"], len(content))
        expect("a PDF", content.startswith(b"%PDF-"), repr(content[:20]))
        text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
        for part in (invoice["number"], order["totals"]["total"]):
            expect(f"{part} on the invoice", part in text, text[:500])
        expect_equal("the invoice's total", order["totals"]["total"], invoice["totals"]["total"])

    # --- Who may see what, and what is refused ------------------------------------------------------------------------

    def guest_and_foreign_order(self) -> None:
        with self.guide.step("A guest orders, and follows the order by its token"):
            body = self.order_body(1, email=f"guest-{self.run}@example.com")
            order = self.api.send("POST", "/orders", body, key=f"guest-{self.run}").must_be(201)
            path, token = f"/orders/{order['id']}", order["tracking_token"]
            read = self.api.send("GET", f"{path}?tracking_token={token}").must_be(200)
            expect_equal("number", order["number"], read["number"])
        with self.guide.step("Nobody else sees it: not without a token, not with a wrong one, not as another customer"):
            self.api.send("GET", path).must_be(401)
            self.api.send("GET", f"{path}?tracking_token={token[:-3]}AAA").must_be(404)
            self.api.send("GET", path, token=self.customer).must_be(404)
            self.api.send("POST", f"{path}/cancel", {}, token=self.customer).must_be(404)
            self.api.send("GET", f"/invoice-url?order_id={order['id']}", token=self.customer).must_be(404)
        with self.guide.step("Staff cancels the guest's order"):
            gone = self.api.send("POST", f"{path}/cancel", {"reason": "End of the tour"}, token=self.staff).must_be(200)
            expect_equal("status", "cancelled", gone["status"])

    def cancel(self) -> None:
        with self.guide.step("The customer orders once more and cancels: the stock is back, and a mail says so"):
            before = self.stock()
            order = self.api.send(
                "POST", "/orders", self.order_body(), token=self.customer, key=f"two-{self.run}"
            ).must_be(201)
            expect_equal("stock", before - QUANTITY, self.stock())
            path = f"/orders/{order['id']}/cancel"
            gone = self.api.send("POST", path, {"reason": "Changed my mind"}, token=self.customer).must_be(200)
            expect_equal("status", "cancelled", gone["status"])
            expect_equal("stock", before, self.stock())
            mails = self.mails_of(order, order["email"], 2)
            self.guide.came(", ".join(f"“{mail.subject}”" for mail in mails))

    def import_a_document(self) -> None:
        with self.guide.step(
            "Staff uploads a supplier's invoice and hears that it was imported, and that another was called off"
        ):
            feed = Live(self.system.live, self.staff, name="staff")
            try:
                form = feed.ask({"action": "get_import_url"})
                expect_equal("state", "URL_GENERATED", form.get("state"))
                document = {"customerName": "Kiln & Co", "invoiceNumber": f"RE-1{self.run}", "totalValue": 1290.5}
                document |= {"productId": self.sku, "quantity": 12}
                self.guide.sent(f"POST {form['url']} {document}")
                expect_equal("S3's answer", 204, self.api.upload(form["url"], form["fields"], document))
                processed = feed.until_state(form["transactionId"], "INVOICE_PROCESSED")
                self.guide.came(str(processed["data"]))
                expect_equal("number", document["invoiceNumber"], processed["data"]["number"])
                other = feed.ask({"action": "get_import_url"})["transactionId"]
                expect_equal(
                    "state", "INVOICE_CANCELLED", feed.ask({"action": "cancel_import", "transactionId": other})["state"]
                )
            finally:
                feed.close()

    def refusals(self) -> None:
        def refused(what: str, status: int, code: str, body: Any = None, raw: bytes | None = None) -> Answer:
            with self.guide.step(what):
                answer = self.api.send("POST", "/orders", body, token=self.customer, raw=raw)
                answer.must_be(status, code)
                expect_equal("request_id", answer.headers.get("X-Request-ID"), answer.body["request_id"])
            return answer

        with self.guide.step("See how many there are"):
            stock = self.stock()
        answer = refused("More than there is", 409, "out_of_stock", self.order_body(stock + 1))
        with self.guide.step("The refusal says what was asked for and what is left, and took nothing"):
            wanted = [{"sku": self.sku, "requested": stock + 1, "available": stock}]
            expect_equal("items", wanted, answer.body.get("items"))
            expect_equal("stock", stock, self.stock())
        refused("A thousand million of them", 400, "validation_error", self.order_body(10**9))
        refused("None of them", 400, "validation_error", self.order_body(0))
        unknown = self.order_body() | {"items": [{"sku": "NO-SUCH-SKU", "quantity": 1}]}
        refused("A SKU that nobody knows", 404, "product_not_found", unknown)
        refused("A body that is not JSON", 400, "invalid_json", raw=b'{"items": [')
        refused("A field that nobody knows", 400, "validation_error", self.order_body() | {"discount": "100%"})
        with self.guide.step("A token that was tampered with"):
            self.api.send("GET", "/orders", token=self.customer[:-6] + "AAAAAA").must_be(401, "invalid_token")
