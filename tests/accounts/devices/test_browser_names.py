"""Browsers are named in plain words, from what they tell of themselves."""

import pytest

from tests.factories.devices import FIREFOX, PHONE, devices_shown, sign_in_as
from tests.factories.mailed_links import READER
from webapp.accounts.user_agents import BrowserName, name_browser

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36"
MAC = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1"
)
ANDROID = (
    "Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 (KHTML, like Gecko) {} Chrome/142.0 Mobile Safari/537.36"
)
AGENTS = [
    (FIREFOX, "Firefox", "Linux"),
    (PHONE, "Safari", "iPhone"),
    (WINDOWS, "Chrome", "Windows"),
    (f"{WINDOWS} Edg/142.0", "Edge", "Windows"),
    (f"{WINDOWS} OPR/120.0", "Opera", "Windows"),
    (MAC, "Safari", "macOS"),
    (ANDROID, "Chrome", "Android"),
    (ANDROID.format("SamsungBrowser/28.0"), "Samsung Internet", "Android"),
    (f"{ANDROID.format('Version/4.0')} MicroMessenger/8.0.42", "WeChat", "Android"),
    (PHONE.replace("iPhone", "iPad").replace("Version/18.1", "CriOS/142.0"), "Chrome", "iPad"),
    (PHONE.replace("Version/18.1", "FxiOS/144.0"), "Firefox", "iPhone"),
    (WINDOWS.replace("Windows NT 10.0; Win64; x64", "X11; CrOS x86_64 14541.0.0"), "Chrome", "ChromeOS"),
    (f"{WINDOWS.replace('Windows NT 10.0; Win64; x64', 'Phone; OpenHarmony 5.0')} ArkWeb/4.1", "Chrome", "HarmonyOS"),
    ("curl/8.5.0", "", ""),
    ("", "", ""),
    ("Mozilla/5.0 (Android; who knows)", "", "Android"),
]


@pytest.mark.parametrize(("user_agent", "browser_", "system"), AGENTS)
def test_a_browser_is_named_in_plain_words(user_agent, browser_, system):
    assert name_browser(user_agent) == BrowserName(browser_, system)


@pytest.mark.parametrize(
    ("user_agent", "language", "said"),
    [
        (FIREFOX, "en", "Firefox on Linux"),
        (PHONE, "zh-CN", "iPhone 上的 Safari"),
        ("curl/8.5.0", "en", "A browser"),
        ("", "zh-CN", "某个浏览器"),
        ("Mozilla/5.0 (Android; who knows)", "en", "A browser on Android"),
        ("MicroMessenger/8.0", "zh-CN", "微信"),
        (f"{ANDROID.format('Version/4.0')} MicroMessenger/8.0.42", "zh-CN", "Android 上的微信"),
        ("<b>Firefox/1</b>", "en", "Firefox"),
    ],
)
def test_the_page_names_this_device_and_says_so(app, people, user_agent, language, said):
    people.reader()
    client = app.test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
    (line,) = devices_shown(sign_in_as(client, READER, user_agent=user_agent))
    assert line.startswith(said + " ")
    assert ("this device" if language == "en" else "当前设备") in line
