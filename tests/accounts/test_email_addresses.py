"""Which account each writing of an address belongs to, where mail goes, and what is no address."""

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st
from sqlalchemy import func, select

from tests.factories.html import parse
from tests.factories.people import PASSWORD, token_in
from webapp.accounts.email_addresses import LONGEST_EMAIL, email_key, parse_email
from webapp.accounts.models import Reader, Role
from webapp.accounts.registration import find_reader, publisher_addresses
from webapp.kit.email_queue import QueuedEmail
from webapp.kit.errors import InvalidInputError

NONE = "This is not an e-mail address."
UNSEEN = "This e-mail address contains a character that cannot be seen."
TOO_LONG = "This e-mail address is too long."

# what is typed, where mail goes, the key of the account
ADDRESSES = [
    ("wang@example.com", "wang@example.com", "wang@example.com"),
    # capitals and spaces around
    ("Wang@Example.COM", "Wang@Example.COM", "wang@example.com"),
    ("  wang@example.com\t", "wang@example.com", "wang@example.com"),
    ("\u3000wang@example.com\u00a0\n", "wang@example.com", "wang@example.com"),
    ("POSTMASTER@example.com", "POSTMASTER@example.com", "postmaster@example.com"),
    # full width, as input methods for Chinese and Japanese write
    ("ｗａｎｇ＠ｅｘａｍｐｌｅ．ｃｏｍ", "wang@example.com", "wang@example.com"),
    ("ＷＡＮＧ８８@example.com", "WANG88@example.com", "wang88@example.com"),
    ("wang@example。com", "wang@example.com", "wang@example.com"),
    ("wang@example．com", "wang@example.com", "wang@example.com"),
    ("wang@example｡com", "wang@example.com", "wang@example.com"),
    ("wang。li＠example.com", "wang.li@example.com", "wang.li@example.com"),
    ("wang﹫example.com", "wang@example.com", "wang@example.com"),
    ("wang＋news＿1@example.com", "wang+news_1@example.com", "wang+news_1@example.com"),
    # what stands for other characters, and what is composed of several
    ("\u212aelvin@example.com", "Kelvin@example.com", "kelvin@example.com"),
    ("\u212bsa@example.com", "Åsa@example.com", "åsa@example.com"),
    ("jose\u0301@example.com", "jos\u00e9@example.com", "jos\u00e9@example.com"),
    ("of\ufb01ce@example.com", "office@example.com", "office@example.com"),
    ("m²@example.com", "m2@example.com", "m2@example.com"),
    ("wang@e\u2093ample.com", "wang@example.com", "wang@example.com"),
    # letters are made small each by itself, in no language
    ("straße@example.com", "straße@example.com", "straße@example.com"),
    ("STRAẞE@example.com", "STRAẞE@example.com", "straße@example.com"),
    ("STRASSE@example.com", "STRASSE@example.com", "strasse@example.com"),
    ("νικος@example.com", "νικος@example.com", "νικος@example.com"),
    ("ΝΙΚΟΣ@example.com", "ΝΙΚΟΣ@example.com", "νικοσ@example.com"),
    ("İpek@example.com", "İpek@example.com", "i\u0307pek@example.com"),
    ("I\u0307pek@example.com", "İpek@example.com", "i\u0307pek@example.com"),
    ("İ\u0327z@example.com", "İ\u0327z@example.com", "i\u0327\u0307z@example.com"),
    ("i\u0327\u0307z@example.com", "i\u0327\u0307z@example.com", "i\u0327\u0307z@example.com"),
    ("ıpek@example.com", "ıpek@example.com", "ıpek@example.com"),
    ("IPEK@example.com", "IPEK@example.com", "ipek@example.com"),
    ("ÉLODIE@example.com", "ÉLODIE@example.com", "élodie@example.com"),
    ("ВАНЯ@example.com", "ВАНЯ@example.com", "ваня@example.com"),
    ("王小明@example.com", "王小明@example.com", "王小明@example.com"),
    ("שלום@example.com", "שלום@example.com", "שלום@example.com"),
    ("\N{GRINNING FACE}@example.com", "\N{GRINNING FACE}@example.com", "\N{GRINNING FACE}@example.com"),
    # signs belong to the name, and dots do
    ("wang+news@example.com", "wang+news@example.com", "wang+news@example.com"),
    ("wang+@example.com", "wang+@example.com", "wang+@example.com"),
    ("w.a.n.g@gmail.com", "w.a.n.g@gmail.com", "w.a.n.g@gmail.com"),
    ("wang@googlemail.com", "wang@googlemail.com", "wang@googlemail.com"),
    ("o'neill/x=y@example.com", "o'neill/x=y@example.com", "o'neill/x=y@example.com"),
    ("-_-@example.com", "-_-@example.com", "-_-@example.com"),
    # domains by IDNA 2008: ß and ς are letters of their own, and punycode is another writing
    ("a@faß.de", "a@faß.de", "a@xn--fa-hia.de"),
    ("a@FAẞ.de", "a@FAẞ.de", "a@xn--fa-hia.de"),
    ("a@xn--fa-hia.de", "a@xn--fa-hia.de", "a@xn--fa-hia.de"),
    ("a@XN--FA-HIA.DE", "a@XN--FA-HIA.DE", "a@xn--fa-hia.de"),
    ("a@ｘｎ－－ｆａ－ｈｉａ。de", "a@xn--fa-hia.de", "a@xn--fa-hia.de"),
    ("a@fass.de", "a@fass.de", "a@fass.de"),
    ("a@straße.de", "a@straße.de", "a@xn--strae-oqa.de"),
    ("a@strasse.de", "a@strasse.de", "a@strasse.de"),
    ("a@βόλος.com", "a@βόλος.com", "a@xn--nxasmm1c.com"),
    ("a@ΒΌΛΟΣ.com", "a@ΒΌΛΟΣ.com", "a@xn--nxasmq6b.com"),
    ("a@BÜCHER.example", "a@BÜCHER.example", "a@xn--bcher-kva.example"),
    ("a@bu\u0308cher.example", "a@bücher.example", "a@xn--bcher-kva.example"),
    ("a@xn--bcher-kva.example", "a@xn--bcher-kva.example", "a@xn--bcher-kva.example"),
    ("a@例子。中国", "a@例子.中国", "a@xn--fsqu00a.xn--fiqs8s"),
    ("a@xn--fsqu00a.XN--FIQS8S", "a@xn--fsqu00a.XN--FIQS8S", "a@xn--fsqu00a.xn--fiqs8s"),
    ("a@אב.com", "a@אב.com", "a@xn--4dbc.com"),
    ("a@mail.example-2.co", "a@mail.example-2.co", "a@mail.example-2.co"),
    ("n" * 242 + "@example.com", "n" * 242 + "@example.com", "n" * 242 + "@example.com"),
]

REFUSED = [
    ("", NONE),
    ("wang", NONE),
    ("@example.com", NONE),
    ("wang@", NONE),
    ("wang@li@example.com", NONE),
    ("wang li@example.com", NONE),
    ("wang@exam ple.com", NONE),
    ("Wang <wang@example.com>", NONE),
    ("<wang@example.com>", NONE),
    ("mailto:wang@example.com", NONE),
    ("wang@example.com, li@example.com", NONE),
    ("wang@example.com;", NONE),
    # quoted, whether it need be or not
    ('"wang"@example.com', NONE),
    ('"wang li"@example.com', NONE),
    ('"wang@li"@example.com', NONE),
    # dots
    (".wang@example.com", NONE),
    ("wang.@example.com", NONE),
    ("wang..li@example.com", NONE),
    ("wang…@example.com", NONE),
    ("wang@example..com", NONE),
    ("wang@.example.com", NONE),
    ("wang@example.com.", NONE),
    ("wang@example.com。", NONE),
    # domains that are none, or not in the world's
    ("wang@example", NONE),
    ("wang@localhost", NONE),
    ("wang@house.local", NONE),
    ("wang@127.0.0.1", NONE),
    ("wang@[127.0.0.1]", NONE),
    ("wang@[IPv6:::1]", NONE),
    ("wang@example.c0", NONE),
    ("wang@-example.com", NONE),
    ("wang@exam_ple.com", NONE),
    ("wang@\N{GRINNING FACE}.com", NONE),
    ("wang@xn--a.com", NONE),
    ("wang@xn--fa-hia-.de", NONE),
    ("wang@ab--cd.com", NONE),
    ("wang@1.אב.com", NONE),
    ("wang@" + "e" * 64 + ".com", NONE),
    ("\u0301wang@example.com", NONE),
    ("⑴@example.com", NONE),
    ("\ue000@example.com", NONE),
    # what cannot be seen: controls, directions, no width
    ("wang\x00@example.com", UNSEEN),
    ("wa\nng@example.com", UNSEEN),
    ("wang@example.com\x7f", UNSEEN),
    ("wa\u00adng@example.com", UNSEEN),
    ("wang@exam\u00adple.com", UNSEEN),
    ("\u202ewang@example.com", UNSEEN),
    ("\u202awang@example.com\u202c", UNSEEN),
    ("wang@example.com\u200e", UNSEEN),
    ("\u2067wang@example.com", UNSEEN),
    ("wang\u200b@example.com", UNSEEN),
    ("wang\u200d@example.com", UNSEEN),
    ("wang@exa\u200cmple.com", UNSEEN),
    ("\ufeffwang@example.com", UNSEEN),
    ("wang\u2060@example.com", UNSEEN),
    ("wang\u034f@example.com", UNSEEN),
    ("wang\u3164@example.com", UNSEEN),
    ("wang\uffa0@example.com", UNSEEN),
    ("wang\u2800@example.com", UNSEEN),
    ("\u2764\ufe0f@example.com", UNSEEN),
    ("wang\U000e0041@example.com", UNSEEN),
    ("wang\ud800@example.com", UNSEEN),
    # 254 characters as typed, 254 bytes as kept
    ("n" * 243 + "@example.com", TOO_LONG),
    ("n" * 1_000_000, TOO_LONG),
    ("\u03c9\u0314\u0342\u0345" * 61 + "@example.com", TOO_LONG),
    ("王" * 100 + "@example.com", TOO_LONG),
    ("\ufdfa" * 20 + "@example.com", TOO_LONG),
    ("n" * 240 + "@straße.de", NONE),
]

# Characters that mean something here, those that have surprises in lower case or in normalisation, and any others.
LETTERS = st.sampled_from([*"aAzZ09.-+_'ßẞςΣσİıIKÅéÉｗＷ８．。｡²ﬁ王אъЪ\u0301\u0307\u0327\u200d\"\\ "]) | st.characters()
LOCALS = st.text(LETTERS, min_size=1, max_size=12)
DOMAINS = st.sampled_from(["example.com", "faß.de", "ＢÜCHER。example", "XN--FA-HIA.de", "例子.中国", "e\u2093.com"])


def at(local, domain):
    return f"{local}@{domain}"


TYPED = st.builds(at, LOCALS, DOMAINS) | st.builds(at, st.just("a"), st.builds("{}.com".format, LOCALS)) | st.emails()


def parsed(typed):
    try:
        return parse_email(typed)
    except InvalidInputError:
        reject()


@pytest.mark.parametrize(("typed", "written", "key"), ADDRESSES, ids=[ascii(typed)[:40] for typed, *_ in ADDRESSES])
def test_mail_goes_where_it_was_typed_and_all_writings_have_one_key(typed, written, key):
    address = parse_email(typed)
    assert (address.written, address.key) == (written, key)
    assert email_key(typed) == key


@pytest.mark.parametrize(("typed", "sentence"), REFUSED, ids=[ascii(typed)[:40] for typed, _ in REFUSED])
def test_what_is_no_address_is_refused_in_a_sentence(typed, sentence):
    with pytest.raises(InvalidInputError) as refused:
        parse_email(typed)
    assert str(refused.value) == sentence
    assert refused.value.hint
    assert email_key(typed) == ""


@given(TYPED)
def test_what_is_kept_is_read_as_itself(typed):
    address = parsed(typed)
    assert parse_email(address.written) == address


@given(TYPED)
def test_a_key_is_a_short_enough_address_in_small_letters_that_has_no_other_key(typed):
    key = parsed(typed).key
    assert len(key) <= LONGEST_EMAIL
    assert email_key(key) == key
    assert " " not in key


@given(TYPED)
def test_punycode_full_width_and_other_case_are_the_same_account(typed):
    address = parsed(typed)
    local, _, domain = address.written.rpartition("@")
    wide = "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in address.written)
    swapped = "".join(one.swapcase() if one.isascii() else one for one in address.written)
    assert email_key(at(local, address.key.rpartition("@")[2])) == address.key
    assert email_key(wide) == address.key
    assert email_key(swapped) == address.key
    assert email_key(domain) == ""


@given(st.text(), st.text())
def test_nothing_typed_has_the_key_of_an_account_that_no_address_finds(one, other):
    assert " " not in email_key(f"{one} {other}")


def sign_up(client, email):
    return client.post(
        "/signup", data={"email": email, "password": PASSWORD, "csrf_token": token_in(client.get("/signup"))}
    )


def test_who_has_signed_up_is_found_by_every_writing_and_written_to_as_typed(app, people, database):
    assert sign_up(app.test_client(), "Wang@STRASSE.Straße.de").status_code == 303
    for other in ("wang@strasse.straße.de", "ＷＡＮＧ＠strasse。xn--strae-oqa.DE"):
        assert sign_up(app.test_client(), other).status_code == 409
        page = people.browser(other).get("/account").get_data(as_text=True)
        assert "Wang@STRASSE.Straße.de" in page
        with database.reading() as session:
            assert find_reader(session, other).email == "Wang@STRASSE.Straße.de"
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Reader)) == 1
        assert find_reader(session, "wang@strasse.strasse.de") is None


def test_browsers_leave_the_judging_to_the_rule(client):
    for page in ("/signup", "/login"):
        field = parse(client.get(page)).css_first('input[name="email"]').attributes
        assert (field["type"], field["inputmode"], field["autocapitalize"]) == ("text", "email", "none")


def test_a_link_is_mailed_to_the_address_of_the_account_and_never_to_one_typed_later(client, people, database):
    people.reader("Wang@Straße.de")
    for other in ("WANG@xn--strae-oqa.de", "wang@strasse.de"):
        client.post("/recover", data={"email": other, "csrf_token": token_in(client.get("/recover"))})
    with database.reading() as session:
        assert sorted(session.scalars(select(QueuedEmail.recipient))) == ["", "Wang@Straße.de"]  # the other to nobody


def test_publishers_are_written_to_at_the_address_they_gave(people, database):
    people.reader("House@Example.com", Role.PUBLISHER)
    with database.reading() as session:
        assert publisher_addresses(session) == ["House@Example.com"]
