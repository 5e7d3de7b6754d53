"""Browsers in plain words, by what they say of themselves: a few rules, for people to tell their devices apart.

Nothing is decided by it. What claims to be several browsers is the one that the others would not claim to be, and what
is not known is said to be so.
"""

import re
from dataclasses import dataclass

# The first that fits: almost all say "Safari", many "Chrome", and those that are made of Chromium add their own name.
_BROWSERS = (
    ("MicroMessenger/", "WeChat"),  # "… Chrome/116.0 Mobile Safari/537.36 MicroMessenger/8.0.42"
    (r"Edg(e|A|iOS)?/", "Edge"),
    (r"OPR/|Opera[/ ]", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("HuaweiBrowser/", "Huawei Browser"),
    ("MiuiBrowser/", "Mi Browser"),
    (r"M?QQBrowser/", "QQ Browser"),
    (r"UC?Browser/|UBrowser/", "UC Browser"),
    ("YaBrowser/", "Yandex Browser"),
    ("Vivaldi/", "Vivaldi"),
    (r"Firefox/|FxiOS/", "Firefox"),
    (r"Chrome/|CriOS/|Chromium/", "Chrome"),
    (r"Version/[\d.]+ .*Safari/", "Safari"),
)
_SYSTEMS = (
    ("Windows NT", "Windows"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    (r"HarmonyOS|OpenHarmony", "HarmonyOS"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    (r"Macintosh|Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True)
class BrowserName:
    """A browser and the system it runs on; what is not known of them is empty."""

    browser: str = ""
    system: str = ""


def name_browser(user_agent: str) -> BrowserName:
    """Return which browser this header speaks of."""
    return BrowserName(_first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent))


def _first(rules: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for pattern, name in rules if re.search(pattern, user_agent)), "")
