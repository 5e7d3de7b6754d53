"""Every theme can be read: contrast as WCAG 2.2 reckons it (1.4.3 text, 1.4.11 controls)."""

import pytest

from webapp.kit.theme_colours import DARK, LIGHT, SEPIA, style_sheet

THEMES = {"light": LIGHT, "dark": DARK, "sepia": SEPIA}
TEXT, CONTROL = 4.5, 3.0


def luminance(colour: str) -> float:
    channels = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", ["paper", "panel", "tint"])
@pytest.mark.parametrize("text", ["ink", "muted", "accent", "good"])
def test_text_stands_out(theme, ground, text):
    palette = THEMES[theme]
    assert contrast(getattr(palette, text), getattr(palette, ground)) >= TEXT


@pytest.mark.parametrize("theme", THEMES)
def test_controls_and_filled_buttons_stand_out(theme):
    palette = THEMES[theme]
    assert contrast(palette.on_accent, palette.accent) >= TEXT
    for ground in (palette.paper, palette.panel):
        assert contrast(palette.edge, ground) >= CONTROL
        assert contrast(palette.accent, ground) >= CONTROL


def test_every_colour_is_a_custom_property_in_every_theme():
    sheet = style_sheet()
    for palette in THEMES.values():
        for name in palette.__slots__:
            assert f"--{name.replace('_', '-')}: {getattr(palette, name)}" in sheet
