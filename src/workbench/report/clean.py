"""What a notebook's HTML may hold on a page that people open: text, tables, pictures; nothing that runs or loads.

In: HTML of prose and outputs.   Out: a tree with only the elements and attributes named here.
"""

import re

from bs4 import BeautifulSoup, Tag
from bs4.element import PreformattedString


def _names(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_TEXT = _names(
    "a abbr b blockquote br caption code col colgroup dd del details div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 "
    "hr i img ins li mark ol p pre s small span strong sub summary sup table tbody td tfoot th thead tr u ul"
)
_DRAWING = _names(
    "svg g defs path rect circle ellipse line polyline polygon text tspan use image clippath lineargradient "
    "radialgradient stop mask marker pattern"
)
_GONE_WITH_CONTENT = _names(
    "script style template noscript iframe object embed applet math foreignobject title textarea select button noembed "
    "noframes xmp plaintext audio video metadata link meta base input"
)
_TEXT_ATTRIBUTES = _names(
    "id class role title alt lang dir scope colspan rowspan start open width height tabindex aria-label "
    "aria-labelledby aria-describedby aria-hidden"
)
_DRAWING_ATTRIBUTES = _names(
    "clip-path clip-rule clippathunits cx cy d dominant-baseline dx dy fill fill-opacity fill-rule font-size "
    "font-style font-weight fx fy gradienttransform gradientunits letter-spacing marker-end marker-mid marker-start "
    "mask offset opacity patterntransform patternunits points preserveaspectratio r rx ry stop-color stop-opacity "
    "stroke stroke-dasharray stroke-dashoffset stroke-linecap stroke-linejoin stroke-miterlimit stroke-opacity "
    "stroke-width style text-anchor transform version viewbox x x1 x2 xmlns xmlns:xlink y y1 y2"
)

_REACHES_OUT = re.compile(r"url\(\s*['\"]?\s*(?!['\"#])|expression|@|\\", re.IGNORECASE)
_WITHIN_THE_PAGE = re.compile(r"#\S*")
_TO_ANOTHER_REPORT = re.compile(r"#\S*|(?!//)[\w./-]+(#\S*)?")
_EMBEDDED_IMAGE = re.compile(r"data:image/(png|jpeg|gif|webp);base64,[\w+/=\s]*")
_ADDRESSES = {"a": _TO_ANOTHER_REPORT, "img": _EMBEDDED_IMAGE, "image": _EMBEDDED_IMAGE}


def clean(html: str) -> BeautifulSoup:
    """Parse HTML and keep what may stand on the page; the address of a link to elsewhere is written out instead.

    >>> str(clean('<p onclick="x()">Hello <script>alert(1)</script><a href="https://doi.org/1">paper</a></p>'))
    '<p>Hello paper (https://doi.org/1)</p>'
    """
    tree = BeautifulSoup(html, "html.parser")
    for remark in tree.find_all(string=lambda text: isinstance(text, PreformattedString)):
        remark.extract()
    for tag in tree.find_all(list(_GONE_WITH_CONTENT)):
        tag.decompose()
    for tag in tree.find_all(True):
        if tag.name in _TEXT or tag.name in _DRAWING:
            address = tag.get("href")
            tag.attrs = {name: value for name, value in tag.attrs.items() if _allowed(tag, name, value)}
            if tag.name == "a" and "href" not in tag.attrs:
                _write_out(tag, str(address))
        else:
            tag.unwrap()
    return tree


def _write_out(link: Tag, address: str) -> None:
    if re.match("https?://", address) and address != link.get_text():
        link.insert_after(f" ({address})")
    link.unwrap()


def _allowed(tag: Tag, name: str, value: object) -> bool:
    text = str(value).strip()
    if name in ("href", "src", "xlink:href"):
        return _ADDRESSES.get(tag.name, _WITHIN_THE_PAGE).fullmatch(text) is not None
    if name in _DRAWING_ATTRIBUTES and tag.name in _DRAWING:
        return not _REACHES_OUT.search(text)
    return name in _TEXT_ATTRIBUTES
