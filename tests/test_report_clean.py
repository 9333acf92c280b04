"""Nothing that a notebook puts out can run or load on a page; text, tables and pictures stay as they were."""

import re

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from workbench import charts
from workbench.report.clean import clean

ATTACKS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    '<img src="x" onerror="alert(1)">',
    '<img src="https://evil.example/pixel.png">',
    '<a href="javascript:alert(1)">x</a>',
    '<a href="java&#115;cript:alert(1)">x</a>',
    '<a href=" \\tjavascript:alert(1)">x</a>',
    '<a href="//evil.example">x</a>',
    '<iframe src="https://evil.example"></iframe>',
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    "<svg><script>alert(1)</script></svg>",
    '<svg onload="alert(1)"><use xlink:href="https://evil.example/x.svg#a"></use></svg>',
    '<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>',
    '<svg><animate onbegin="alert(1)" attributeName="x"></animate></svg>',
    '<svg><rect style="fill: url(https://evil.example/x)" fill="url(\'//evil.example\')"></rect></svg>',
    "<svg><foreignObject><body onload=alert(1)></body></foreignObject></svg>",
    '<math><mtext><style><img src onerror="alert(1)"></style></mtext></math>',
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>',
    "<style>@import 'https://evil.example/x.css'; body { background: url(https://evil.example) }</style>",
    '<div style="background: url(https://evil.example)">x</div>',
    '<form action="https://evil.example"><input><button>x</button></form>',
    '<meta http-equiv="refresh" content="0; url=https://evil.example"><base href="https://evil.example">',
    '<link rel="stylesheet" href="https://evil.example/x.css">',
    '<object data="https://evil.example"></object><embed src="https://evil.example">',
    "<!--[if IE]><script>alert(1)</script><![endif]--><![CDATA[<script>alert(1)</script>]]>",
    '<video src="https://evil.example" autoplay></video>',
    "<img src=x onerror=alert(1)//",
]


def runs_or_loads(html):
    """What a browser would run or fetch, as this simple reader sees it."""
    found = []
    for tag in BeautifulSoup(html, "html.parser").find_all(True):
        found += (
            [tag.name] if tag.name in {"script", "style", "iframe", "object", "embed", "link", "meta", "base"} else []
        )
        found += [name for name in tag.attrs if name.startswith("on") or name in {"srcdoc", "action"}]
        found += [value for value in map(str, tag.attrs.values()) if re.search(r"//evil|javascript:", value)]
    return found


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_runs_and_nothing_is_loaded(attack):
    assert runs_or_loads(clean(f"<p>before</p>{attack}<p>after</p>").decode()) == []


@pytest.mark.parametrize("attack", ATTACKS)
def test_cleaning_twice_changes_nothing_more(attack):
    once = str(clean(attack))
    assert str(clean(once)) == once


@given(
    st.lists(st.sampled_from([*ATTACKS, "</p>", "<", ">", '"', "'", "&lt;script&gt;", "</svg>", "<svg>"]), max_size=6)
)
def test_no_mixture_of_attacks_gets_through(parts):
    assert runs_or_loads(str(clean("".join(parts)))) == []


def test_a_picture_of_ours_stays_as_it_is():
    ax = charts.axes()
    ax.scatter([1, 2], [3, 4])
    ax.fill_between([1, 2], [3, 4])
    html = charts.figure(ax, "A & B")._repr_html_()
    before, after = BeautifulSoup(html, "html.parser"), clean(html)
    assert [(tag.name, tag.attrs) for tag in after.find_all(True)] == [
        (tag.name, tag.attrs) for tag in before.find_all(True)
    ]
    assert after.get_text() == before.get_text()


def test_links_within_the_page_and_to_other_reports_stay():
    html = '<a href="#limits">below</a> <a href="../france/churn.html">France</a>'
    assert str(clean(html)) == html


def test_the_address_of_an_outside_link_is_written_out():
    assert str(clean('<a href="https://a.example">https://a.example</a>')) == "https://a.example"


def test_unknown_elements_leave_their_text():
    assert str(clean("<font color=red>a &lt; b</font>")) == "a &lt; b"
