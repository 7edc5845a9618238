"""The style sheets of a site without rules that none of its pages uses: a slow line carries them first."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import tinycss2
from tinycss2.ast import Node

_NESTED = ("media", "supports")


def prune(site: Path) -> None:
    """Rewrites every style sheet of a site, one rule a line, each as it was.

    A rule stays where one of its selectors names no class but such as stand in a page or a script, in
    whatever place: scripts set classes too. Comments go but for notices of licences.
    """
    texts = (path.read_text(encoding="utf-8") for kind in ("html", "js") for path in site.rglob(f"*.{kind}"))
    words = {word for text in texts for word in re.findall(r"[\w-]+", text, re.ASCII)}
    for path in site.rglob("*.css"):
        rules = _parsed(path.read_text(encoding="utf-8"))
        path.write_text("\n".join([*_kept(rules, words), ""]), encoding="utf-8", newline="\n")


def parse_ahead() -> None:
    """Parses the style sheets of the theme, nearly all of the work, before there is a site."""
    theme = find_spec("pydata_sphinx_theme").submodule_search_locations[0]
    for path in sorted(Path(theme).rglob("*.css")):
        _parsed(path.read_text(encoding="utf-8"))


@cache
def _parsed(sheet: str) -> list[Node]:
    return tinycss2.parse_stylesheet(sheet, skip_whitespace=True)


def _kept(rules: Iterable[Node], words: Collection[str]) -> Iterator[str]:
    """The rules to keep, as they were.

    >>> sheet = ".a .b,.c{x:1}.d{y:2}@media print{.d{z:3}.a{z:4}}/*! MIT *//* a note */"
    >>> [*_kept(tinycss2.parse_stylesheet(sheet), {"a", "c"})]
    ['.a .b,.c{x:1}', '@media print{', '.a{z:4}', '}', '/*! MIT */']
    """
    for rule in rules:
        if rule.type == "comment":
            yield from [rule.serialize()] * rule.value.startswith("!")
        elif rule.type == "qualified-rule":
            yield from [rule.serialize()] * _is_used(rule.prelude, words)
        elif rule.type == "at-rule" and rule.content is not None and rule.lower_at_keyword in _NESTED:
            inner = [*_kept(tinycss2.parse_rule_list(rule.content, skip_whitespace=True), words)]
            head = f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{"
            yield from [head, *inner, "}"] if inner else []
        elif rule.type != "whitespace":
            yield rule.serialize()


def _is_used(prelude: Iterable[Node], words: Collection[str]) -> bool:
    """Whether all classes of one of the selectors are among the words; what stands in brackets is let be."""
    selectors: list[list[Node]] = [[]]
    for node in prelude:
        if node == ",":
            selectors.append([])
        else:
            selectors[-1].append(node)
    return any(all(name.value in words for dot, name in zip(one, one[1:], strict=False)
                   if dot == "." and name.type == "ident") for one in selectors)
