"""Packed pages: what every reader of gzip gets back, and nothing that tells of the secret in them."""

import gzip
import random
import shutil
import subprocess
import zlib

import pytest

from webapp.kit.packing import pack_around, unpack_page

SECRET = b"IjQxYzg4N2Y0.aSx1bQ.signed-as-it-is"
ANOTHER = SECRET[::-1]
PAGE = ("公开的一句。<p>And words, again and again.</p>" * 300).encode()
BODIES = {
    "once": PAGE + SECRET + PAGE,
    "at both ends": SECRET + PAGE + SECRET,
    "side by side": PAGE + SECRET + SECRET + PAGE,
    "nowhere": PAGE,
    "alone": SECRET,
    "nothing at all": b"",
    "noise": random.Random(5).randbytes(200_000) + SECRET + random.Random(6).randbytes(70_000),
}


def by_pieces(packed):
    inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    got = b"".join(inflater.decompress(packed[place : place + 7]) for place in range(0, len(packed), 7))
    assert inflater.eof
    assert not inflater.unused_data
    return got


def by_gunzip(packed):
    return subprocess.run([shutil.which("gzip"), "-dc"], input=packed, capture_output=True, check=True).stdout


READERS = {"at once": gzip.decompress, "by pieces": by_pieces, "by gunzip": by_gunzip}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", BODIES)
def test_what_is_packed_is_read_by_everybody(name, reader):
    assert READERS[reader](pack_around(BODIES[name], SECRET)) == BODIES[name]


@pytest.mark.parametrize("name", BODIES)
def test_another_secret_takes_the_place_of_the_first(name):
    page, parts = unpack_page(pack_around(BODIES[name], SECRET), SECRET)
    assert SECRET.join(parts) == BODIES[name]
    made = page.around(ANOTHER)
    assert made == pack_around(BODIES[name].replace(SECRET, ANOTHER), ANOTHER)
    assert by_gunzip(made) == BODIES[name].replace(SECRET, ANOTHER)


def test_without_a_secret_all_is_one_part():
    assert gzip.decompress(pack_around(PAGE, b"")) == PAGE
    assert unpack_page(pack_around(PAGE, b""), b"")[0].around(b"") == pack_around(PAGE, b"")


def test_the_length_does_not_tell_whether_somebody_guesses_the_secret():
    guess = SECRET[:-1] + b"!"
    bodies = {secret: PAGE + guess + PAGE + secret + PAGE for secret in (SECRET, ANOTHER)}
    assert len({len(pack_around(body, secret)) for secret, body in bodies.items()}) == 1
    assert len(gzip.compress(bodies[SECRET])) < len(gzip.compress(bodies[ANOTHER])), "packed as usual, it would"


def test_it_is_worth_it():
    assert len(pack_around(BODIES["once"], SECRET)) < len(BODIES["once"]) / 20


def test_what_was_packed_in_another_way_is_refused():
    with pytest.raises(ValueError, match="another way"):
        unpack_page(gzip.compress(BODIES["once"]), SECRET)
