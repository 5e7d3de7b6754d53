"""A page that is a form letter with the document's words in it is the page that its template writes."""

import pytest
import time_machine
from flask import render_template

from webapp.kit import clock
from webapp.reading import views

TEXTS = {
    "plain": "关于仓储的报告\n公开的一段。\n一、总体情况\n甲##paidbegin##乙##paidend##丙。\n",
    "odd": "“A” & <b>B</b> 'C' 100%\nOpen \"words\" & more.\n\n## One <i>\n\na ##paidbegin##b & c##paidend## d.\n",
    "full of facts": '---\ntitle: Facts & figures\nsubtitle: Of <many> kinds\nauthor: [Lin "A" Hua, B\'Chen]\n'
    "series: Yearly & more\n---\n\nOpen.\n\n## Two\n\n##paidbegin##Paid.##paidend##\n",
}


def ordinarily(template, words, calls, **kind):
    return render_template(template, words=words, **kind)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_page_is_the_same_as_without_form_letters(people, shelf, monkeypatch, text, language):
    reader = people.reader()
    people.grant(reader)
    client = people.browser(reader.email)
    shelf.put(TEXTS["plain"].replace("仓储", "另外"), "other.txt", tags=("水利 & more",))
    slug = shelf.put(text, "one.md" if text.startswith(("---", "“")) else "one.txt", tags=("水利 & more", "年报")).slug
    headers = {"Accept-Language": language, "Cookie": "look=dark.large.medium.sans"}
    with time_machine.travel(clock.machine_now(), tick=False):  # form tokens hold the time
        first, again = (client.get(f"/d/{slug}", headers=headers) for _ in range(2))
        monkeypatch.setattr(views, "fill_page", ordinarily)
        plain = client.get(f"/d/{slug}", headers=headers)
    assert first.status_code == 200
    assert 'class="standing"' in first.text
    assert "related__list" in first.text
    assert first.data == again.data == plain.data
