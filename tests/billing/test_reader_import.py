"""A table of readers: read as spreadsheets write it, told line by line, and done in batches, once."""

import codecs
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from tests.factories.people import is_signed_in, token_in
from webapp.accounts.mailed_tokens import MailedToken, Purpose, make_mailed_token
from webapp.accounts.models import Membership, Reader
from webapp.accounts.registration import disable_reader, get_reader
from webapp.billing.models import Grant
from webapp.billing.reader_import import BATCH, LineOutcome, import_readers, plan_import
from webapp.billing.reader_table import TableRow, UnusableRow, read_day, read_table
from webapp.documents.decoding import decode
from webapp.kit import clock
from webapp.kit.errors import InvalidInputError

ZONE, TODAY = ZoneInfo("Asia/Shanghai"), date(2026, 12, 1)
END = datetime(2027, 5, 12, 15, 59, 59, tzinfo=UTC)  # the end of 12 May in Shanghai


def rows(text):
    return read_table(text, ZONE, TODAY)


def outcomes(lines):
    return [line.outcome.value for line in lines]


def plan(database, text):
    with database.reading() as session:
        return plan_import(session, rows(text))


@pytest.mark.parametrize(
    "table",
    [
        "wang@example.com,王芳,2027-05-12,review",
        "email,name,until,reason\r\nwang@example.com,王芳,2027/5/12,review\r\n",
        "邮箱;姓名;有效期至;备注\nwang@example.com;王芳;2027.05.12;review\n",
        "Member ID\tReason\tE-Mail\tUntil\tName\n7\treview\twang@example.com\t2027年5月12日\t王芳",
        'email,name,until,reason\n\n,,,\n"wang@example.com","王芳","2027-05-12 00:00:00","review"',
    ],
)
def test_a_table_is_read_however_a_spreadsheet_writes_it(table):
    (row,) = rows(table)
    assert isinstance(row, TableRow)
    assert (row.address.written, row.name, row.gives, row.until, row.reason) == (
        "wang@example.com",
        "王芳",
        True,
        END,
        "review",
    )


@pytest.mark.parametrize("encoding", ["gbk", "utf-8-sig", "utf-16"])
def test_the_encodings_of_spreadsheets_are_read(encoding):
    table = "邮箱,姓名,有效期至,备注\nwang@example.com,王芳,2027-05-12,读者赠阅，感谢支持\n"
    data = table.encode(encoding)
    assert encoding != "utf-8-sig" or data.startswith(codecs.BOM_UTF8)
    (row,) = rows(decode(data).text)
    assert (row.name, row.reason) == ("王芳", "读者赠阅，感谢支持")


def test_without_a_day_nothing_is_given_and_for_good_has_no_end():
    plain, for_good, for_long = rows("a@example.com\nb@example.com,,forever\nc@example.com,,永久")
    assert (plain.gives, plain.until) == (False, None)
    assert (for_good.gives, for_good.until) == (for_long.gives, for_long.until) == (True, None)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nobody", "This is not an e-mail address."),
        ("a@example.com,,2026-11-30", "is over"),
        ("a@example.com,,2027-02-30", "is no day"),
        ("a@example.com,,9999-12-31", "is no day"),
        ("a@example.com,,12.05.2027", "is no day"),
        ("a@example.com," + "x" * 121, "The name is too long."),
        ("a@example.com,,forever," + "x" * 201, "The reason is too long."),
        ("FIRST@example.com", "Line 2 has the same address."),
    ],
)
def test_a_line_that_cannot_be_used_says_why_and_stops_no_other(line, said):
    first, bad, last = rows(f"email,name,until,reason\nfirst@example.com\n{line}\nlast@example.com")
    assert isinstance(bad, UnusableRow)
    assert bad.line == 3
    assert said in str(bad.problem)
    assert isinstance(first, TableRow)
    assert isinstance(last, TableRow)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("", "empty"),
        (",,\n", "empty"),
        ("a\n" * 20_001, "more than 20000 lines"),
        (f'"{"x" * 200_000}"', "Line 1 cannot"),
    ],
)
def test_what_is_no_table_is_refused(table, said):
    with pytest.raises(InvalidInputError, match=said):
        rows(table)


def test_what_is_told_is_what_is_done_and_nothing_is_done_twice(database, people):
    people.reader("there@example.com")
    gone = people.reader("gone@example.com")
    people.reader("held@example.com")
    with database.writing() as session:
        disable_reader(session, session.get_one(Reader, gone.id), clock.now())
        session.add(
            MailedToken(
                reader_id=3,
                purpose=Purpose.UNDO_CHANGE,
                token_hash="x",
                email="left@example.com",
                email_key="left@example.com",
                created_at=clock.now(),
                expires_at=datetime(2030, 1, 1, tzinfo=UTC),
            )
        )
    table = "\n".join(
        [
            *("new@example.com,王芳,2027-05-12,review", "plain@example.com", "there@example.com,Li,forever,thanks"),
            *("gone@example.com,,forever", "left@example.com,,forever", "nobody"),
        ]
    )
    told = plan(database, table)
    assert outcomes(told) == ["new-with-access", "new", "given", "refused", "refused", "refused"]
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Reader)) == 3
    assert outcomes(import_readers(database, rows(table))) == outcomes(told)
    again = import_readers(database, rows(table))
    assert outcomes(again) == ["unchanged"] * 3 + ["refused"] * 3
    with database.reading() as session:
        new, there = get_reader(session, "new@example.com"), get_reader(session, "there@example.com")
        assert (new.name, new.membership, there.name) == ("王芳", Membership.COMPLIMENTARY, "Li")
        gifts = session.scalars(select(Grant).order_by(Grant.reader_id)).all()
    assert sorted((one.reader_id, one.ends_at, one.note) for one in gifts) == sorted(
        [(new.id, END, "review"), (there.id, None, "thanks")], key=lambda one: one[0]
    )


def test_a_new_reader_gets_in_with_a_mailed_link_alone(app, database):
    import_readers(database, rows("new@example.com,,forever"))
    client = app.test_client()
    for password in ("", "anything at all"):
        form = {"email": "new@example.com", "password": password, "csrf_token": token_in(client.get("/login"))}
        assert client.post("/login", data=form).status_code in {400, 401}
    with database.writing() as session:
        token = make_mailed_token(session, get_reader(session, "new@example.com"), Purpose.SIGN_IN, clock.now())
    page = client.get(f"/login/link/{token}")
    form = {"csrf_token": token_in(page), "password": "one of their own choice"}
    answer = client.post(f"/login/link/{token}", data=form)
    assert answer.status_code == 303
    assert is_signed_in(client)


def test_many_lines_are_several_batches(database):
    table = "\n".join(f"r{number}@example.com" for number in range(2 * BATCH + 1))
    assert outcomes(import_readers(database, rows(table))) == ["new"] * (2 * BATCH + 1)
    assert {one.outcome for one in plan(database, table)} == {LineOutcome.UNCHANGED}


def test_a_day_is_read_with_the_year_first():
    assert read_day("2027-05-12") == read_day(" 2027/5/12 ") == date(2027, 5, 12)
    with pytest.raises(InvalidInputError, match="no day"):
        read_day("tomorrow")
