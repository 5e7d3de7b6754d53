"""What can be typed into the three fields of a card."""

from datetime import UTC, datetime

import pytest

from webapp.stripe_sandbox.cards import TEST_CARDS, TypedCard, ValidCard, passes_luhn

NOW = datetime(2026, 11, 24, tzinfo=UTC)
NUMBER = "4242424242424242"


@pytest.mark.parametrize(
    ("number", "expiry", "cvc", "wrong"),
    [
        (NUMBER, "12/34", "123", set()),
        ("4242 4242 4242 4242", "12 / 34", " 123 ", set()),
        ("4242-4242-4242-4242", "1234", "000", set()),
        ("４２４２４２４２４２４２４２４２", "１２／３４", "１２３", set()),
        (NUMBER, "12/2034", "123", set()),
        (NUMBER, "11/26", "123", set()),
        (NUMBER, "10/26", "123", {"expiry"}),
        (NUMBER, "12/20", "123", {"expiry"}),
        (NUMBER, "13/34", "123", {"expiry"}),
        (NUMBER, "00/34", "123", {"expiry"}),
        (NUMBER, "soon", "123", {"expiry"}),
        (NUMBER, "12/34", "12", {"cvc"}),
        (NUMBER, "12/34", "12a", {"cvc"}),
        ("4242424242424241", "12/34", "123", {"card_number"}),
        ("42", "12/34", "123", {"card_number"}),
        ("four two", "12/34", "123", {"card_number"}),
        ("", "", "", {"card_number", "expiry", "cvc"}),
    ],
)
def test_what_is_wrong_with_a_card_is_said_at_its_field(number, expiry, cvc, wrong):
    read = TypedCard(number, expiry, cvc).read(NOW)
    assert (set() if isinstance(read, ValidCard) else read.keys()) == wrong


def test_a_card_keeps_its_expiry():
    card = TypedCard(NUMBER, "2/2031", "123").read(NOW)
    assert (card.exp_month, card.exp_year) == (2, 2031)


def test_a_number_that_may_be_real_is_refused_and_the_sentence_says_why():
    number = "4111111111111111"
    assert passes_luhn(number)
    read = TypedCard(number, "12/34", "123").read(NOW)
    assert read == {"card_number": "This is not a test card. The sandbox never takes a real one."}


@pytest.mark.parametrize("card", TEST_CARDS, ids=lambda card: card.number)
def test_every_test_card_on_the_page_can_be_typed_as_it_stands_there(card):
    read = TypedCard(card.spaced, "12/34", "123").read(NOW)
    assert isinstance(read, ValidCard)
    assert read.known is card
