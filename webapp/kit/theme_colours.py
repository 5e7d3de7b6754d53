"""The colours of paper and ink, in every theme: for pages, mails and pictures alike."""

from dataclasses import astuple, dataclass, fields


@dataclass(frozen=True, slots=True)
class Palette:
    """One theme's colours; on `paper` and `panel` text has a contrast of 4.5:1, borders of controls of 3:1."""

    paper: str  # what everything stands on
    panel: str  # cards, fields, notices
    ink: str  # text
    muted: str  # text that may wait: dates, hints, counts
    line: str  # borders that only divide
    edge: str  # borders of controls
    accent: str  # the vermilion of letterheads: links, the one filled button, what is chosen
    on_accent: str  # text on accent
    tint: str  # marked passages, notices
    good: str  # what went well


LIGHT = Palette(
    paper="#fbfaf6",
    panel="#ffffff",
    ink="#1f1d1a",
    muted="#6d675e",
    line="#e5e0d6",
    edge="#8f887c",
    accent="#a8322a",
    on_accent="#ffffff",
    tint="#f5e6e2",
    good="#3d6b3a",
)
DARK = Palette(
    paper="#171614",
    panel="#201e1b",
    ink="#e9e4da",
    muted="#a39c90",
    line="#34312c",
    edge="#7d766b",
    accent="#e0796f",
    on_accent="#171614",
    tint="#412925",
    good="#93c08d",
)
SEPIA = Palette(
    paper="#f5ecd7",
    panel="#fbf5e6",
    ink="#392d1e",
    muted="#6a5a44",
    line="#e2d5b9",
    edge="#8a7757",
    accent="#97331f",
    on_accent="#ffffff",
    tint="#efd9c0",
    good="#48632c",
)


def _properties(palette: Palette) -> str:
    names = (field.name.replace("_", "-") for field in fields(palette))
    return "; ".join(f"--{name}: {value}" for name, value in zip(names, astuple(palette), strict=True))


def style_sheet() -> str:
    """Return the themes as custom properties of CSS; without a choice the reader's system decides."""
    return "\n".join(
        [
            f":root {{ color-scheme: light dark; {_properties(LIGHT)} }}",
            f"@media (prefers-color-scheme: dark) {{ :root {{ {_properties(DARK)} }} }}",
            *(
                f':root[data-theme="{name}"] {{ color-scheme: {scheme}; {_properties(palette)} }}'
                for name, scheme, palette in (
                    ("light", "light", LIGHT),
                    ("dark", "dark", DARK),
                    ("sepia", "light", SEPIA),
                )
            ),
            f"@media print {{ :root:root {{ color-scheme: light; {_properties(LIGHT)}; --paper: #ffffff }} }}",
            "",
        ]
    )
