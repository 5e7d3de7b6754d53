"""The examples of CommonMark's specification and the library's own of GFM's, read from its source package."""

import json
import re
import subprocess
import sys
import tarfile
import tempfile
from functools import cache
from importlib.metadata import version
from pathlib import Path

_STAMPS = Path(__file__).parents[2] / ".stamps"
_FIXTURE = re.compile(r"(?ms)^\.\n(.*?)^\.\n(.*?)^\.$")


@cache
def find_spec_package() -> tuple[Path | None, str]:
    """Return the folder of the package, fetched once if need be; None, and why, where it cannot be had."""
    name = f"markdown_it_py-{version('markdown-it-py')}"
    folder = _STAMPS / name
    if folder.exists():
        return folder, ""
    _STAMPS.mkdir(exist_ok=True)
    wanted = f"markdown-it-py=={version('markdown-it-py')}"
    with tempfile.TemporaryDirectory(dir=_STAMPS) as made:
        asked = [sys.executable, "-m", "pip", "download", "-q", "--retries=0", "--no-binary", ":all:", "--no-deps"]
        told = subprocess.run([*asked, "-d", made, wanted], capture_output=True, text=True, check=False)
        found = list(Path(made).glob("*.tar.gz"))
        if not found:
            return None, f"the source package of {wanted} cannot be had: {told.stderr.strip()[-200:] or 'no answer'}"
        with tarfile.open(found[0]) as archive:
            archive.extractall(made, filter="data")
        if not folder.exists():  # another process may have been faster
            Path(made, name).rename(folder)
    return folder, ""


def commonmark_examples() -> dict[str, str]:
    """Return the sources of CommonMark's examples by their numbers; none where the package cannot be had."""
    folder, _why = find_spec_package()
    if folder is None:
        return {}
    examples = json.loads((folder / "tests/test_cmark_spec/commonmark.json").read_text())
    return {str(each["example"]): each["markdown"] for each in examples}


def gfm_examples() -> dict[str, str]:
    """Return the sources of the library's examples for tables and what is struck out, by file and place."""
    folder, _why = find_spec_package()
    found: dict[str, str] = {}
    for name in ("tables", "strikethrough") if folder else ():
        path = folder / f"tests/test_port/fixtures/{name}.md"
        found |= {f"{name}-{at}": source for at, (source, _) in enumerate(_FIXTURE.findall(path.read_text()), start=1)}
    return found
