"""The documents that a first start shows are published as they stand, so they must be without fault."""

from pathlib import Path

import pytest

import webapp
from tests.factories.html import parse
from webapp.manuscript import SourceFormat, check, render_full

SAMPLES = sorted((Path(webapp.__file__).parent / "samples").iterdir())


def checked(path: Path):
    fmt = SourceFormat.MARKDOWN if path.suffix == ".md" else SourceFormat.TEXT
    return check(path.read_text(encoding="utf-8"), fmt, title_hint=path.stem)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_a_sample_has_no_findings(path):
    assert checked(path).findings == ()


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_each_gate_of_a_sample_leads_to_its_passage(path):
    sample = checked(path)
    full = parse(render_full(sample).html)
    assert [len(full.css(f"#gate-{gate.number}")) for gate in sample.preview.gates] == [1] * len(sample.preview.gates)


def test_the_samples_show_what_a_document_can_be():
    gates = {path.name: checked(path).preview.gates for path in SAMPLES}
    assert {name: [gate.inline for gate in found] for name, found in gates.items()} == {
        "annual-report-2025.txt": [False],
        "reading-market-2026.md": [True, True, False, True],
        "river-freight-2026.md": [True, False],
    }
    assert {checked(path).preview.language for path in SAMPLES} == {"zh", "en"}


def test_the_annual_report_is_cut_in_the_middle_of_a_word():
    report = checked(next(path for path in SAMPLES if path.name == "annual-report-2025.txt"))
    assert "作为首要任</p>\n<div" in report.preview.html
    assert report.preview.html.endswith('<div class="paid-gate" id="gate-1" data-gate="1"></div>')
    assert [entry.level for entry in report.preview.toc] == [1, 2, 2, 2, 1, 2]
    (gate,) = report.preview.gates
    assert (gate.characters, gate.minutes, gate.headings) == (1676, 4, 11)
