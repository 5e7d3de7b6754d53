"""The editor of the real desk: two who write at once, views, publishing; and no stroke lost when tab and server die."""

import os
import signal
import subprocess
from contextlib import contextmanager

import pytest
from click.testing import CliRunner
from playwright.sync_api import Error

from tests.factories.people import PASSWORD
from tests.factories.ports import free_port
from tests.factories.showroom import REPORT
from tests.journeys.editor.editor_page import typed
from tests.journeys.readers import sign_in, somebody
from tests.journeys.serving import COMMAND, Server, wait_for
from webapp.kit import clock
from webapp.operations.cli import cli

SHADOW = "([side, words]) => document.querySelector(`[data-view=${side}]`).shadowRoot.textContent.includes(words)"
SAVED = "() => document.querySelector('[data-state]').dataset.now === 'saved'"


def hire(server: Server) -> str:
    """Make an account of somebody who may edit, and return its address."""
    email = somebody()
    arguments = ["user", "add", email, "--role", "publisher", "--password-stdin", "--instance", str(server.instance)]
    done = CliRunner().invoke(cli, arguments, input=f"{PASSWORD}\n")
    clock.set_clock_offset(None)
    assert done.exit_code == 0, done.output
    return email


def enter(page, server: Server, title: str) -> None:
    """Come in as somebody new who may edit, and open the editor of a document."""
    sign_in(page, hire(server))
    page.wait_for_url("**/")
    page.goto("/desk/documents")
    page.locator("main").get_by_role("link", name=title).first.click()
    page.wait_for_selector("[data-tools]:not([hidden])")


def find(page, words: str) -> None:
    """Select words in the text."""
    page.evaluate(
        """(words) => {
          const area = document.querySelector("#source"), at = area.value.indexOf(words);
          area.focus();
          area.setSelectionRange(at, at + words.length);
        }""",
        words,
    )


def test_two_write_a_document_at_once_and_one_publishes_it(server, page, opened, tmp_path):
    report = tmp_path / "river.md"
    report.write_text("# 河流\n\n公开的第一段。\n\n后来要收费的一段。\n", "utf-8")
    server.run("import", str(report), "--publish")
    enter(page, server, "河流")
    page.wait_for_function(SHADOW, arg=["public", "后来要收费的一段"])
    find(page, "后来要收费的一段。")
    page.keyboard.press("Control+Shift+L")
    page.wait_for_function(f"(arg) => !({SHADOW})(arg)", arg=["public", "后来要收费的一段"])
    page.wait_for_function(SHADOW, arg=["full", "后来要收费的一段"])
    page.wait_for_function(SAVED)
    other = opened()
    enter(other, server, "河流")
    assert other.locator("[data-others]").is_visible()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text("\n\n先存的。")
    page.keyboard.press("Control+s")
    page.wait_for_function(SAVED)
    find(other, "公开的第一段。")
    other.keyboard.insert_text("后存的一段。")
    other.keyboard.press("Control+s")
    box = other.locator('[data-notice="conflict"]')
    box.wait_for()
    box.get_by_role("link").click()
    assert "先存的。" in other.locator("main").inner_text()
    assert "后存的一段。" in other.locator("main").inner_text()
    find(page, "先存的。")
    page.keyboard.insert_text("改过的。")
    page.locator('button[value="publish"]').click()
    page.wait_for_url("**/publish")
    assert "改过的。" in page.content()


@contextmanager
def running(port: int, instance):
    """Serve until the end, or until it is killed."""
    log = instance.parent / f"log-{port}"
    with log.open("a") as output:
        command = [*COMMAND, "serve", "--port", str(port), "--instance", str(instance)]
        process = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
    try:
        wait_for(f"http://127.0.0.1:{port}/readyz", process, log)
        yield process
    finally:
        kill(process)


def kill(process) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_no_stroke_is_lost_when_the_server_and_then_the_tab_die(chromium, tmp_path):
    port, instance = free_port(), tmp_path / "instance"
    address = f"http://127.0.0.1:{port}"
    server = Server(address, instance, "")
    context = chromium.new_context(base_url=address, locale="zh-CN")
    page = context.new_page()
    with running(port, instance) as process:
        enter(page, server, REPORT)
        path, before = page.url, typed(page)
        page.focus("#source")
        page.keyboard.press("Control+End")
        page.keyboard.type("saved before; ")
        page.keyboard.press("Control+s")
        page.wait_for_function(SAVED)
        page.keyboard.type("typed as the ")
        kill(process)
        page.keyboard.type("server died; ")
        page.wait_for_function("() => document.querySelector('[data-state]').dataset.now === 'offline'")
    page.keyboard.type("and the tab")
    with pytest.raises(Error, match="crash"):
        page.goto("chrome://crash")
    with running(port, instance):
        page = context.new_page()
        page.goto(path)
        page.wait_for_selector('[data-notice="restored"]:not([hidden])')
        whole = before + "saved before; typed as the server died; and the tab"
        assert typed(page) == whole
        page.wait_for_function(SAVED)
        page.keyboard.insert_text("!")
        page.goto("/plans")  # which is left at once: what was typed last is saved on the way out
        page.goto(path)
        page.wait_for_function("(text) => document.querySelector('#source').value === text", arg=f"{whole}!")
    context.close()
