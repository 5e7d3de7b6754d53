"""Strings that would become markup, script, a formula or another address where a page forgets to escape.

Each that runs something calls `alarm`: a browser's test looks whether it was called, and `assert_harmless` reads a
page as a parser does, so that what is only shown as text is no finding.
"""

from selectolax.lexbor import LexborHTMLParser

MARK = "alarm"
_CALL = "alarm(1)"

_ELEMENTS = [
    "<script>{}</script>",
    "<SCRIPT>{}</SCRIPT>",
    "<script >{}</script >",
    "<script\n>{}</script\n>",
    "<script/x>{}</script>",
    "<script src=data:,{}></script>",
    "<script src='//evil.example/{}.js'></script>",
    "<scr<script>ipt>{}</scr</script>ipt>",
    "<img src=x onerror={}>",
    "<img src=x onerror='{}'>",
    '<img src="x" onerror="{}">',
    "<img/src=x/onerror={}>",
    "<IMG SRC=x OnErRoR={}>",
    "<img src=x\tonerror={}>",
    "<img src=x\nonerror={}>",
    "<img src=x\x0conerror={}>",
    "<img src='javascript:{}'>",
    "<image href=x onerror={}>",
    "<svg onload={}>",
    "<svg/onload={}>",
    "<svg><script>{}</script></svg>",
    "<svg><animate onbegin={} attributeName=x dur=1s>",
    "<svg><a xlink:href='javascript:{}'><text y=9>x</text></a></svg>",
    "<svg><foreignObject><img src=x onerror={}></foreignObject></svg>",
    "<math><mi xlink:href='javascript:{}'>x</mi></math>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=x onerror={}&gt;'>",
    "<body onload={}>",
    "<body onpageshow={}>",
    "<iframe src='javascript:{}'></iframe>",
    "<iframe srcdoc='<script>{}</script>'></iframe>",
    "<iframe onload={}></iframe>",
    "<object data='javascript:{}'></object>",
    "<object data='data:text/html,<script>{}</script>'></object>",
    "<embed src='javascript:{}'>",
    "<video onloadstart={} src=x></video>",
    "<video><source onerror={}></video>",
    "<audio src=x onerror={}></audio>",
    "<details open ontoggle={}>x</details>",
    "<marquee onstart={}>x</marquee>",
    "<input autofocus onfocus={}>",
    "<select autofocus onfocus={}></select>",
    "<textarea autofocus onfocus={}></textarea>",
    "<button formaction='javascript:{}'>x</button>",
    "<form action='javascript:{}'><button>x</button></form>",
    "<form id=desk></form><button form=desk formaction='javascript:{}'>x</button>",
    "<isindex type=image src=x onerror={}>",
    "<a href='javascript:{}'>x</a>",
    "<a href='JaVaScRiPt:{}'>x</a>",
    "<a href='java\tscript:{}'>x</a>",
    "<a href='\x01javascript:{}'>x</a>",
    "<a href='&#106;avascript:{}'>x</a>",
    "<a href='data:text/html,<script>{}</script>'>x</a>",
    "<a href='vbscript:{}'>x</a>",
    "<a onmouseover={}>x</a>",
    "<p onclick={}>x</p>",
    "<p style='background:url(javascript:{})'>x</p>",
    "<div style='animation:x' onanimationstart={}>x</div>",
    "<style>@import 'javascript:{}';</style>",
    "<style onload={}></style>",
    "<link rel=stylesheet href='javascript:{}'>",
    "<link rel=import href='data:text/html,<script>{}</script>'>",
    "<meta http-equiv=refresh content='0;url=javascript:{}'>",
    "<base href='javascript:{}//'>",
    "<table background='javascript:{}'><tr><td>x</td></tr></table>",
    "<template><script>{}</script></template>",
    "<noscript><p title='</noscript><img src=x onerror={}>'>",
    "<title></title><script>{}</script>",
    "<xmp></xmp><script>{}</script>",
    "<custom-thing onfocus={} tabindex=1 autofocus>x</custom-thing>",
    "<dialog open onclose={}>x</dialog>",
    "<p popover onbeforetoggle={}>x</p>",
    "<keygen autofocus onfocus={}>",
]
_ENDINGS = [  # which leave the place where they were put
    "</textarea><script>{}</script>",
    "</title><script>{}</script>",
    "</script><script>{}</script>",
    "</style><script>{}</script>",
    "</option></select><script>{}</script>",
    "</td></tr></table><script>{}</script>",
    "</a><script>{}</script>",
    "--><script>{}</script>",
    "--!><script>{}</script>",
    "]]><script>{}</script>",
    "'><script>{}</script>",
    '"><script>{}</script>',
    '"><img src=x onerror={}>',
    "'><svg onload={}>",
    '" autofocus onfocus={} x="',
    "' autofocus onfocus={} x='",
    "\" onmouseover='{}'",
    "` onmouseover={} `",
    "x onfocus={} autofocus",
    "</p></div></main><script>{}</script>",
    '\\"><script>{}</script>',
    "\\'-{}-\\'",
    "'-{}-'",
    '"-{}-"',
    "';{};//",
    '";{};//',
    "`${{{}}}`",
    "</SCRIPT ><script>{}</script>",
]
_TEMPLATES = [  # of engines that would fill them in
    "{{{{ {} }}}}",
    "{{% raw %}}<script>{}</script>{{% endraw %}}",
    "{{{{ config }}}}{}",
    "{{{{ ''.__class__.__mro__ }}}}{}",
    "${{{}}}",
    "#{{{}}}",
    "<%= {} %>",
    "%(name)s {}",
    "%s%s%n {}",
    "{{0.__class__}} {}",
]
_ENCODED = [
    "&lt;script&gt;{}&lt;/script&gt;",
    "&#60;script&#62;{}&#60;/script&#62;",
    "&#x3C;script&#x3E;{}&#x3C;/script&#x3E;",
    "%3Cscript%3E{}%3C/script%3E",
    "\\u003cscript\\u003e{}\\u003c/script\\u003e",
    "+ADw-script+AD4-{}+ADw-/script+AD4-",
    "\uff1cscript\uff1e{}\uff1c/script\uff1e",
    "\u202e<script>{}</script>\u202c",
    "<\u200bscript>{}</script>",
    "javascript:{}",
    "javascript:%0A{}",
    "data:text/html,<script>{}</script>",
    "//evil.example/{}",
    "/\\evil.example/{}",
]
# What a spreadsheet would reckon.
FORMULAS = [
    "=1+1",
    '=HYPERLINK("http://evil.example/","alarm")',
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-1+1",
    "@SUM(1;1)",
    "\t=1+1",
    "\r=1+1",
    '="a"&"b"',
    "＝1+1",
]
XSS_STRINGS = [
    *(text.replace("{{", "{").replace("}}", "}").replace("{}", _CALL, 1) for text in _ELEMENTS + _ENDINGS + _ENCODED),
    *(text.format(_CALL) for text in _TEMPLATES),
    *FORMULAS,
]
_LEADING_ELSEWHERE = ("javascript:", "vbscript:", "data:text/html", "//evil.example", "/\\evil.example")


def dangers_in(page: str) -> list[str]:
    """Return what of a page would act: elements, event handlers and addresses that none of the strings may become."""
    found = []
    for node in LexborHTMLParser(page).css("*"):
        attributes = node.attributes or {}
        for name, value in attributes.items():
            told = "".join((value or "").split()).lower()
            if name.startswith("on") or (told.startswith(_LEADING_ELSEWHERE) and name in {"href", "src", "action"}):
                found.append(f"<{node.tag} {name}={value!r}>")
        if node.tag in {"script", "style", "iframe", "object", "embed", "base", "math", "foreignobject"}:
            told = f"{node.text()} {attributes}"
            if MARK in told or "evil.example" in told:
                found.append(f"<{node.tag}> {told[:80]}")
    return found


def assert_harmless(page: str) -> None:
    """Raise AssertionError where a page holds something of the strings that would act."""
    assert dangers_in(page) == []
