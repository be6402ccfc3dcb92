"""What all chapters repeat around their text, so that each can be read without scripts, is the same in each."""

import re

from checks_book import PUBLIC
from support import check

TOPIC_STYLES = re.compile(r'  <link rel="stylesheet" href="\.\./styles/(slabs|virtual|high|context)\.css">\n')
ENTRY = re.compile(r'<li><a href="book/(\w+)\.html"><b>(\d+)\. (.+?)</b> <span>(.+?)</span></a></li>')


@check
def chapters_differ_in_their_text_only(browser, base):
    contents = ENTRY.findall((PUBLIC / "index.html").read_text())
    assert [number for _, number, *_ in contents] == [str(index + 1) for index in range(len(contents))]
    assert {name for name, *_ in contents} == {path.stem for path in (PUBLIC / "book").glob("*.html")}
    frames = {}
    for index, (name, number, title, about) in enumerate(contents):
        html = (PUBLIC / "book" / f"{name}.html").read_text()
        back, on = neighbours(contents, index)
        for own in (f"<title>{title} · kmemlab</title>", f'content="{about}"', f'src="{name}.js"', f'data-chapter="{name}"', f"Chapter {number} of {len(contents)}",
                    f"<h1>{title}</h1>", f'<p class="lede">{about}</p>', back, on):
            assert html.count(own) == 1, f"{name}: {own} is there {html.count(own)} times"
            html = html.replace(own, "…")
        frames[name] = frame_of(html)
    (first, expected), *others = frames.items()
    for name, frame in others:
        wrong = [(one, other) for one, other in zip(expected, frame) if one != other]
        assert not wrong and len(frame) == len(expected), f"{name} is not framed as {first}: {wrong[:1]}"


def neighbours(contents, index):
    """The links that lead on from a chapter."""
    back = "" if index == 0 else contents[index - 1]
    on = "" if index + 1 == len(contents) else contents[index + 1]
    return (f'<a rel="prev" href="{back[0]}.html">← {back[2]}</a>' if back else '<a rel="prev" href="../">← The book</a>',
            f'<a rel="next" href="{on[0]}.html">{on[2]} →</a>' if on else '<a rel="next" href="../lab.html">The lab →</a>')


def frame_of(html):
    """The lines of a chapter without its text and its figures."""
    html = TOPIC_STYLES.sub("", html)
    html = cut(html, '<p class="waiting">', "<noscript>")
    html = cut(html, '<h2 id="figure-title">', "</h2>")
    html = cut(html, '<div class="picture">\n', '        </div>\n        <div class="panel doing">')
    html = cut(html, "  <main>\n", '    <section class="stage"')
    html = cut(html, "    </section>\n\n", '    <nav class="pager"')
    return html.replace("<context-bar></context-bar>", "").split("\n")


def cut(html, begin, end):
    """The text without what is between the first `begin` and the next `end`."""
    before, found, rest = html.partition(begin)
    assert found, f"there is no {begin!r}"
    _, found, after = rest.partition(end)
    assert found, f"there is no {end!r} behind {begin!r}"
    return before + begin + end + after
