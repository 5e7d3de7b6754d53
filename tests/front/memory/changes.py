"""What becomes of a house and its readers."""

from contextlib import suppress
from datetime import timedelta

from sqlalchemy import create_engine, delete, select, update

from tests.factories.people import token_in
from webapp.accounts.api_tokens import AccessToken, Scope
from webapp.accounts.models import Device, Reader
from webapp.accounts.registration import disable_reader
from webapp.billing.models import Grant, Receipt, Revoked
from webapp.billing.plans import set_price
from webapp.billing.publisher_refunds import give_back, plan_refund
from webapp.documents.models import Document
from webapp.documents.publishing import publish, withdraw
from webapp.kit import clock
from webapp.kit.money import Money
from webapp.library.highlights import Highlight
from webapp.library.models import Bookmark, ReadingPosition
from webapp.library.reading_positions import forget_reading, remove_bookmark, set_bookmark

DOCUMENTS = 3
LOOKS = ["", "dark.large.wide.sans", "sepia.medium.medium.serif"]
TEXT = """# Grain report {number}
The trade reports what came in, tag {week}.
## Prices
Wheat rose in the south. It##paidbegin## will fall by {week} percent, since the northern silos are full.##paidend##
## Outlook
{more}
"""


class Changes:
    """Each changes one thing; a `Life` has what they are about."""

    def _publish(self, number):
        more = self.choose.choice(["Nothing else.", "More to come. ##paidbegin##For payers.##paidend##", "See above."])
        text = TEXT.format(number=number, week=self.choose.randrange(50), more=more)
        name = f"grain{number}.md"
        return self.shelf.put(text, name, tags=("grain",), price=Money(990, "cny")).slug

    def correct(self):
        self._publish(self.choose.randrange(DOCUMENTS))

    def withdraw(self):
        with self.database.writing() as session:
            withdraw(session, self._document(session), clock.now())

    def reprice(self):
        with self.database.writing() as session:
            set_price(session, self._document(session).id, Money(self.choose.randrange(100, 999), "cny"))

    def grant(self):
        reader = self.choose.choice(self.readers)
        with self.database.reading() as session:
            document = self._document(session).id if self.choose.random() < 0.5 else None
        starts = clock.now() + timedelta(minutes=self.choose.choice([-5, -5, 3]))
        lasts = timedelta(minutes=self.choose.choice([1, 30, 6000, 90000]))
        self.people[0].grant(reader, document_id=document, starts_at=starts, lasts=lasts)

    def revoke(self):
        revoked = self.choose.choice([*Revoked])
        with self.database.writing() as session:
            session.execute(update(Grant).where(Grant.reader_id == self._reader().id).values(revoked=revoked))

    def ungrant(self):
        with self.database.writing() as session:
            session.execute(delete(Grant).where(Grant.reader_id == self._reader().id))

    def give_by_hand(self):
        """Somebody changes a row at the database's own prompt."""
        engine = create_engine(self.database.url)
        with engine.begin() as connection:
            connection.execute(update(Grant).where(Grant.reader_id == self._reader().id).values(revoked=None))
        engine.dispose()

    def buy(self):
        """Somebody buys a document or a pass, and comes back from the checkout."""
        client, plan = self._client(self._reader()), self.choose.choice(["document", "document", "pass"])
        if client is None:
            return
        client.application = self._process().app
        with suppress(AssertionError):  # who reads it already, or may not sign in
            session = self.cashier.buy(client, plan, self._slug() if plan == "document" else "")
            client.get(f"/checkout/return?session_id={session}")

    def give_back(self):
        """The publisher gives a payment back, whose reader reads no more."""
        with self.database.reading() as session:
            receipts = list(session.scalars(select(Receipt).where(Receipt.refunded == 0)))
        if receipts:
            receipt = self.choose.choice(receipts)
            give_back(self.cashier.billing, plan_refund(self.cashier.billing, receipt, None))

    def buy_and_give_back(self):
        self.ungrant()
        self.buy()
        self.give_back()

    def sign_out(self):
        if not self.clients:
            return
        key = self.choose.choice([*self.clients])
        client = self.clients[key]
        page = client.get("/library")
        if page.status_code == 200:
            client.post("/logout", data={"csrf_token": token_in(page)})
        if self.choose.random() < 0.5:
            del self.clients[key]

    def end_devices(self):
        with self.database.writing() as session:
            session.execute(delete(Device).where(Device.reader_id == self._reader().id))

    def supersede(self):
        with self.database.writing() as session:
            of_reader = update(Device).where(Device.reader_id == self._reader().id)
            session.execute(of_reader.values(superseded_at=clock.now()))

    def disable(self):
        with self.database.writing() as session:
            disable_reader(session, session.get_one(Reader, self._reader().id), clock.now())

    def enable(self):
        with self.database.writing() as session:
            session.execute(update(Reader).values(disabled_at=None, must_change_password=False))

    def demand_another_password(self):
        with self.database.writing() as session:
            session.get_one(Reader, self._reader().id).must_change_password = True

    def unconfirm(self):
        with self.database.writing() as session:
            reader = session.get_one(Reader, self._reader().id)
            reader.email_confirmed_at = None if reader.email_confirmed_at else clock.now()

    def change_look(self):
        with self.database.writing() as session:
            session.get_one(Reader, self._reader().id).look = self.choose.choice(LOOKS)

    def change_token(self):
        reader = self._reader()
        with self.database.writing() as session:
            session.execute(delete(AccessToken).where(AccessToken.reader_id == reader.id))
        if self.choose.random() < 0.5:
            self.tokens[reader.id] = self.people[0].token(reader, Scope.DOCUMENTS)

    def read_on(self):
        with self.database.writing() as session:
            place = self._reader().id, self._document(session).id
            position = session.get(ReadingPosition, place) or ReadingPosition(reader_id=place[0], document_id=place[1])
            position.permille = 300 if not position.permille else self.choose.choice([0, 1000])
            position.read_at = clock.now()
            session.add(position)

    def bookmark(self):
        with self.database.writing() as session:
            place = self._reader().id, self._document(session).id
            if session.scalar(select(Bookmark).filter_by(reader_id=place[0], document_id=place[1])):
                remove_bookmark(session, *place, "")
            else:
                set_bookmark(session, *place, "", clock.now())

    def highlight(self):
        with self.database.writing() as session:
            place = {"reader_id": self._reader().id, "document_id": self._document(session).id}
            gone = session.execute(delete(Highlight).filter_by(**place).returning(Highlight.number)).all()
            if not gone:
                words = {"exact": "Wheat rose", "prefix": "", "suffix": "", "position": 0}
                moments = {"created_at": clock.now(), "updated_at": clock.now()}
                session.add(Highlight(**place, number=1, **words, **moments))

    def forget(self):
        with self.database.writing() as session:
            forget_reading(session, self._reader().id)

    def tidy(self):
        """Have most things be as they mostly are, so that there is something to remember."""
        with self.database.writing() as session:
            for kept in (ReadingPosition, Bookmark, Highlight, Grant):
                session.execute(delete(kept))
            session.execute(update(Reader).values(disabled_at=None, must_change_password=False))
            session.execute(update(Reader).values(email_confirmed_at=clock.now()))
        for number, reader in enumerate(self.readers):
            self.people[0].grant(reader, lasts=timedelta(days=100) if number else timedelta(minutes=30))
        for number in range(DOCUMENTS):
            self._publish(number)
        with self.database.writing() as session:
            for document in session.scalars(select(Document)).all():
                publish(session, document, clock.now(), may_open=True)

    def wait(self):
        self.time.now += timedelta(minutes=self.choose.choice([1, 5, 29, 600]))

    def wait_half_an_hour(self):
        self.time.now += timedelta(minutes=31)

    def wait_two_months(self):
        self.time.now += timedelta(days=61)

    def _reader(self):
        return self.choose.choice(self.readers)

    def _document(self, session):
        return session.scalars(select(Document).where(Document.slug == self._slug())).one()


CHANGES = [
    *(
        Changes.correct,
        Changes.withdraw,
        Changes.reprice,
        Changes.grant,
        Changes.grant,
        Changes.revoke,
        Changes.ungrant,
        Changes.give_by_hand,
    ),
    *(
        Changes.sign_out,
        Changes.end_devices,
        Changes.end_devices,
        Changes.supersede,
        Changes.supersede,
        Changes.disable,
        Changes.enable,
    ),
    *(
        Changes.demand_another_password,
        Changes.unconfirm,
        Changes.change_look,
        Changes.change_token,
        Changes.change_token,
    ),
    *(
        Changes.read_on,
        Changes.read_on,
        Changes.bookmark,
        Changes.bookmark,
        Changes.highlight,
        Changes.highlight,
        Changes.forget,
    ),
    *(Changes.buy, Changes.give_back, Changes.buy_and_give_back),
    *(
        Changes.wait,
        Changes.wait,
        Changes.wait_half_an_hour,
        Changes.wait_half_an_hour,
        Changes.wait_two_months,
        *[Changes.tidy] * 6,
    ),
]
