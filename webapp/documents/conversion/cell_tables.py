"""Tables of HTML, with merged cells and whatever else stands in them, as tables of Markdown, which have neither."""

from dataclasses import dataclass, field

from webapp.documents.conversion.conversion_losses import Loss, Losses
from webapp.manuscript import blocks as b
from webapp.manuscript.block_walk import inline_runs, walk
from webapp.manuscript.inline_runs import run_text

_MOST_COLUMNS = 200


@dataclass(slots=True)
class CellTable:
    """The rows of a table as they come."""

    _rows: list[list[b.Run]] = field(default_factory=list)
    _row: list[b.Run] = field(default_factory=list)
    _across: int = 1
    _down: int = 1
    _waiting: dict[int, int] = field(default_factory=dict)  # how many rows more a cell above reaches down, by column
    _only: b.Blocks = ()

    def begin_cell(self, tag: str, across: int, down: int) -> None:
        """Begin a cell of so many columns and rows."""
        del tag
        self._across, self._down = min(max(across, 1), _MOST_COLUMNS), max(down, 1)

    def end_cell(self, blocks: b.Blocks, losses: Losses) -> None:
        """End a cell; the cells that it covers are empty."""
        self._fill()
        if any(not isinstance(block, b.Paragraph | b.Heading) for block in blocks):
            losses.add(Loss.CELL_BLOCKS)
        if self._across > 1 or self._down > 1:
            losses.add(Loss.MERGED_CELLS)
        for place in range(self._across):
            if self._down > 1:
                self._waiting[len(self._row)] = self._down - 1
            self._row.append(() if place else one_run(blocks))
        self._only = blocks

    def end_row(self) -> None:
        """End a row."""
        self._fill()
        if self._row:
            self._rows.append(self._row)
        self._row = []

    def _fill(self) -> None:
        """Add the empty cells that stand below one of a row before."""
        while self._waiting.get(len(self._row), 0):
            self._waiting[len(self._row)] -= 1
            self._row.append(())

    def blocks(self, outside: b.Blocks, losses: Losses) -> b.Blocks:
        """Return the table, after its caption; one of a single cell only frames what stands in it.

        The first row says how many columns there are: what is paid further down must not say it.
        """
        if not self._rows:
            return outside
        if len(self._rows) == 1 and len(self._rows[0]) == 1:
            return (*outside, *self._only)
        columns = len(self._rows[0])
        rows = [_fitted(row, columns) for row in self._rows]
        if any(len(row) > columns for row in self._rows):
            losses.add(Loss.MERGED_CELLS)
        return (*outside, b.Table(rows[0], tuple(rows[1:]), ("",) * columns))


def _fitted(row: list[b.Run], columns: int) -> tuple[b.Run, ...]:
    """Return a row of so many cells; what it has more of stands in the last."""
    if len(row) > columns:
        row = [*row[: columns - 1], _lines([cell for cell in row[columns - 1 :] if cell])]
    return (*row, *((),) * (columns - len(row)))


def _lines(runs: list[b.Run]) -> b.Run:
    out: list[b.Inline] = []
    for run in runs:
        out += [*([b.LineBreak()] if out else []), *run]
    return tuple(out)


def one_run(blocks: b.Blocks) -> b.Run:
    """Return all lines of blocks as one run."""
    lines: list[b.Run] = []
    for block in walk(blocks):
        if isinstance(block, b.CodeBlock):
            lines += [(b.CodeSpan((b.Text(line),)),) for line in run_text(block.children).split("\n") if line.strip()]
        else:
            lines += [run for run in inline_runs(block) if run]
    return _lines(lines)
