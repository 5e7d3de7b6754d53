"""Charts as pictures (SVG): drawn by pygal, without a script or a style, in the colours and letters of the page."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

import pygal
from markupsafe import Markup
from pygal.graph.graph import Graph
from pygal.style import Style

# pygal looks for maps in each import of anything, in a way that Python has given up; no maps are drawn here.
sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, pygal.PluginImportFixer)]

_SVG = "http://www.w3.org/2000/svg"
_LETTERS = 12  # pixels, as in desk.css
_WIDTH, _HEIGHT = 760, 240
_FEW = 3  # points, which a line alone would not show
_LABELS = 8  # at most along the days, so that none stands on another
_KEPT = {"class", "transform", "d", "x", "y", "width", "height", "viewBox", "cx", "cy", "r"}
_NOTHING_DRAWN = {"defs", "style", "script", "desc"}
_OVERLAY = "overlay"  # in the class of what a script would show
_STYLE = Style(label_font_size=_LETTERS, major_label_font_size=_LETTERS, background="none", plot_background="none")


@dataclass(frozen=True, slots=True)
class Series:
    """Values by one name; None where there is none."""

    name: str
    values: Sequence[int | None]


def draw_bars(name: str, labels: Sequence[str], series: Sequence[Series], shown: Callable[[int], str]) -> Markup:
    """Return bars that stand on each other, those below zero hanging down."""
    return _drawn(pygal.StackedBar(spacing=4), name, labels, series, shown)


def draw_line(name: str, labels: Sequence[str], series: Sequence[Series], shown: Callable[[int], str]) -> Markup:
    """Return lines that begin at zero."""
    return _drawn(
        pygal.Line(show_dots=len(labels) < _FEW, dots_size=3, include_x_axis=True), name, labels, series, shown
    )


def _drawn(
    chart: Graph, name: str, labels: Sequence[str], series: Sequence[Series], shown: Callable[[int], str]
) -> Markup:
    chart.config(
        js=[],
        css=[],
        style=_STYLE,
        width=_WIDTH,
        height=_HEIGHT,
        margin=4,
        show_legend=False,
        truncate_label=-1,
        show_minor_x_labels=False,
        max_scale=5,
        min_scale=2,
        value_formatter=lambda value: shown(round(value)),
    )
    chart.x_labels = list(labels)
    step = -(-len(labels) // _LABELS)
    chart.x_labels_major = list(labels[::step]) if labels else []
    for one in series:
        chart.add(one.name, list(one.values))
    return _as_picture(chart.render_tree(), name)


def _as_picture(svg: ET.Element, name: str) -> Markup:
    """Return a drawing as a picture with a name: only shapes and letters, which the page's own style colours."""
    kept = _kept(svg)
    for title in kept.findall("title"):
        kept.remove(title)
    kept.attrib = {"viewBox": svg.get("viewBox", ""), "class": "chart", "role": "img", "aria-label": name}
    return Markup(ET.tostring(kept, encoding="unicode"))  # noqa: S704 - ElementTree has escaped all that is text


def _kept(element: ET.Element) -> ET.Element:
    tag = element.tag.removeprefix(f"{{{_SVG}}}")
    copy = ET.Element(tag, {key: value for key, value in element.attrib.items() if key in _KEPT})
    copy.text = element.text
    copy.extend(_kept(child) for child in element if _is_drawn(child))
    return copy


def _is_drawn(element: ET.Element) -> bool:
    """Whether an element is a shape or letters; a comment's tag is no text."""
    tag = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else "desc"
    return tag not in _NOTHING_DRAWN and _OVERLAY not in element.get("class", "")
