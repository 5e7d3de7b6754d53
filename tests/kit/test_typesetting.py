"""What is set in type is set in every process, a forked one included."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from webapp.kit.typesetting import render_png


def picture() -> bytes:
    return render_png("reading/picture.typ", {"title": "A report", "site": "House", "day": "2026-01-12", "lang": "en"})


def test_a_forked_process_sets_type_although_its_parents_threads_did_not_come_along():
    here = picture()
    with ProcessPoolExecutor(1, mp_context=get_context("fork")) as forked:
        assert forked.submit(picture).result(timeout=60) == here
