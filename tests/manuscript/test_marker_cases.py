import json
from pathlib import Path

import pytest

from webapp.manuscript import SourceFormat, check, parse_manuscript, redact

CASES = json.loads(Path(__file__).with_name("marker-cases.json").read_text(encoding="utf-8"))["cases"]


def found(findings) -> list[dict]:
    return [
        {"code": each.code, "severity": each.severity, "line": each.line, "column": each.column} for each in findings
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_each_case_has_the_findings_it_says(case):
    assert found(parse_manuscript(case["source"]).findings) == case["findings"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_check_finds_the_same_in_a_fragment_but_for_nothing_public(case):
    findings = check(case["source"], SourceFormat.TEXT).findings
    assert found(each for each in findings if each.code != "nothing-public") == case["findings"]


@pytest.mark.parametrize("case", [case for case in CASES if "public" in case], ids=lambda case: case["name"])
def test_each_case_is_cut_as_it_says(case):
    manuscript = parse_manuscript(case["source"])
    assert list(redact(manuscript).texts) == case["public"]
    assert [span.paid(manuscript.source) for span in manuscript.spans] == case["paid"]


# A real report stays with its publisher; beside a checkout of the engineers it lies in a folder of its own.
REPORT = Path(__file__).parents[3] / "shared" / "documents" / "report-2023.txt"


@pytest.mark.skipif(not REPORT.exists(), reason="the real report is not beside this checkout")
def test_the_real_report_is_read_as_its_publisher_means_it():
    checked = check(REPORT.read_text(encoding="utf-8"), SourceFormat.TEXT)
    assert checked.findings == ()
    assert (checked.title, checked.characters) == ("市宣传系统干部2023年度述责述廉报告", 3092)
    assert [entry.level for entry in checked.preview.toc] == [1, 1, 2]
    assert checked.preview.html.endswith('首要政</p>\n<div class="paid-gate" id="gate-1" data-gate="1"></div>')
    (gate,) = checked.preview.gates
    assert (gate.characters, gate.minutes, gate.headings) == (2138, 5, 4)
