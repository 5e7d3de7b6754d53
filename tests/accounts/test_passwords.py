"""What may be a password: any long sentence of any script, and nothing that is guessed first."""

import time
import tracemalloc

import pytest

from tests.factories.people import PASSWORD, token_in
from tests.new_common_passwords import PATH, likely_passwords, pack
from webapp.accounts import common_passwords, passwords
from webapp.accounts.authentication import authenticate, refresh_hash
from webapp.accounts.common_passwords import is_common
from webapp.accounts.models import Reader
from webapp.accounts.passwords import LONGEST, check_new_password, hash_password, verify_password
from webapp.kit.errors import InvalidInputError

EMAIL = "wang.lei@example.com"
GOOD = [
    "correct horse battery staple",
    "我爱读这里的每一篇报告",
    "  spaces before and after  ",
    "ein Satz mit Umlauten: äöüß",
    "👩‍👩‍👧‍👦 family 👩‍👩‍👧‍👦",
    "nocapitalsnodigits",
    "73946105",
    "x7" * 3 + "another",
    "a" + "long passphrase of many words " * 8,
    "wang.leiandsomethingelse",
]
BAD = {
    "short7!": "8 characters",
    "ﬁﬁ": "8 characters",
    "x" * 257: "256 characters",
    "password": "Many people",
    "PASSWORD": "Many people",
    "ｐａｓｓｗｏｒｄ": "Many people",
    "Password1": "Many people",
    "P@$$w0rd": "Many people",
    "iloveyou": "Many people",
    "jennifer": "Many people",
    "elizabeth1": "Many people",
    "woaini1314": "Many people",
    "sunshine2012": "Many people",
    "12345678": "Many people",
    "0987654321": "Many people",
    "qwertyuiop": "Many people",
    "POIUYTREWQ": "Many people",
    "1qaz2wsx3edc": "Many people",
    "aaaaaaaaaaaa": "Many people",
    "abcabcabcab": "Many people",
    "        ": "Many people",
    "19880512": "Many people",
    "1988-05-12": "Many people",
    "12.05.1988": "Many people",
    "05121988": "Many people",
    "wang.lei": "from your e-mail",
    "wanglei1988": "from your e-mail",
    "WANG_LEI": "from your e-mail",
    "wang.lei@example.com": "from your e-mail",
    "Ｗａｎｇ．Ｌｅｉ＠example.com": "from your e-mail",
    "example.com": "from your e-mail",
}


@pytest.mark.parametrize("password", GOOD)
def test_a_sentence_of_any_script_will_do(password):
    check_new_password(password, EMAIL)


@pytest.mark.parametrize(("password", "why"), BAD.items())
def test_what_is_guessed_first_is_refused_with_the_reason_and_what_to_do(password, why):
    with pytest.raises(InvalidInputError) as refused:
        check_new_password(password, EMAIL)
    assert why in refused.value.args[0]
    assert refused.value.hint.startswith("Choose ")


def test_an_address_of_digits_is_no_password_either():
    with pytest.raises(InvalidInputError, match="from your e-mail"):
        check_new_password("73946105", "73946105@qq.com")


@pytest.mark.parametrize("almost", ["1988-13-12", "20230230", "99999-12", "17001231", "198805120"])
def test_digits_that_are_no_day_are_not_taken_for_one(almost):
    assert not is_common(almost)


def test_up_to_256_characters_are_kept_whole():
    longest = "é" * 100 + PASSWORD.ljust(LONGEST - 100, "z")
    check_new_password(longest, EMAIL)
    stored = hash_password(longest)
    assert verify_password(stored, longest)
    assert not verify_password(stored, longest[:-1])
    assert not verify_password(stored, longest + "z")


@pytest.mark.parametrize("typed", ["Ｌｏｎｇ　ｅｎｏｕｇｈ　１", "Long enough 1"])
def test_one_password_opens_however_it_is_typed(typed):
    assert verify_password(hash_password("Long enough 1"), typed)
    assert verify_password(hash_password(typed), "Long enough 1")


def test_a_hash_that_was_made_of_what_was_typed_still_opens():
    old = passwords.HASHER.hash("ｌｏｎｇ enough café")
    assert verify_password(old, "ｌｏｎｇ enough café")
    assert not verify_password(old, "long enough café")


def test_half_a_character_from_a_terminal_breaks_nothing():
    broken = b"long enough \xff".decode(errors="surrogateescape")
    assert verify_password(hash_password(broken), broken)


def test_who_has_a_weak_password_signs_in_with_it_and_it_is_hashed_anew(people, database):
    people.reader(EMAIL)
    with database.writing() as session:
        reader = session.query(Reader).one()
        reader.password_hash = passwords.PasswordHasher(time_cost=2, memory_cost=8, parallelism=1).hash("password")
        weaker = reader.password_hash
        assert authenticate(session, EMAIL, "password") is reader
        refresh_hash(reader, "password")
        assert reader.password_hash != weaker
        assert authenticate(session, EMAIL, "password") is reader


FORMS = {
    "/signup": {"email": EMAIL},
    "/account/password": {"present": PASSWORD},
}


@pytest.mark.parametrize("password", ["password123", "wang.lei2024", "tiny"])
@pytest.mark.parametrize("path", FORMS)
def test_a_form_says_why_a_password_will_not_do(path, password, people, client):
    signed_in = path.startswith("/account")
    browser = people.signed_in(EMAIL) if signed_in else client
    form = {"password": password, "csrf_token": token_in(browser.get("/account" if signed_in else path))}
    answer = browser.post(path, data=FORMS[path] | form, headers={"Accept-Language": "en"})
    assert answer.status_code == 400
    assert "a short sentence is best" in answer.text
    assert password not in answer.text.replace(EMAIL, "")


def test_the_list_is_made_of_rules_and_holds_no_password():
    likely = likely_passwords()
    assert len(likely) == 100_000
    assert likely[:2] == ["password", "12345678"]
    assert PATH.read_bytes() == pack(likely)
    assert len(PATH.read_bytes()) < 300_000
    assert all(map(is_common, likely[::97]))


def test_looking_a_password_up_takes_microseconds_and_half_a_megabyte():
    common_passwords._kept.cache_clear()
    tracemalloc.start()
    assert is_common("elizabeth1")
    kept, _most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 600_000
    began = time.process_time()
    for number in range(1_000):
        is_common(f"no such password {number}")
    assert time.process_time() - began < 1  # a thousandth of what one hash takes


def test_few_good_passwords_are_taken_for_common_ones():
    taken = sum(is_common(f"a good sentence, number {number}") for number in range(43_000))
    assert taken < 10
