"""Reads what a person typed into a query.

Words side by side mean "and"; a word or a text alone is looked for anywhere.
"""

import math
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, cast

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedInput, UnexpectedToken, v_args

from backend.errors import InvalidQuery
from backend.store.find import fields
from backend.store.find.query import (
    And,
    Compare,
    Field,
    Has,
    LastDays,
    Listing,
    Node,
    Not,
    Number,
    Operand,
    Operator,
    Or,
    Position,
    Single,
    Text,
    Unit,
    Words,
)

LONGEST, MOST_CONDITIONS, DEEPEST = 4000, 100, 30  # letters, conditions, brackets inside each other

GRAMMAR = r"""
    start: any
    any: all (_OR all)*
    all: one (_AND? one)*
    ?one: _NOT one -> negation
        | "(" any ")" -> inner
        | WORD -> word
        | STRING -> text
        | WORD OPERATOR value -> compare
        | WORD CONTAINS value -> compare
        | WORD IN value -> within
        | WORD NOT_IN value -> without
        | STRING IN WORD -> element
        | STRING NOT_IN WORD -> no_element
    ?value: single | list
    ?single: WORD -> single
        | STRING -> quoted
        | SPAN -> span
    list: "[" (single ("," single)*)? "]" | "(" single ("," single)* ")"

    SPAN.4: /last\s+(\d{1,6}\s+)?(minute|hour|day|week|month|year)s?(?![^\s"'`()\[\],=!<>])/i
    NOT_IN.3: /not\s+in(?![^\s"'`()\[\],=!<>])/i
    _AND.2: /and(?![^\s"'`()\[\],=!<>])/i
    _OR.2: /or(?![^\s"'`()\[\],=!<>])/i
    _NOT.2: /not(?![^\s"'`()\[\],=!<>])/i
    IN.2: /in(?![^\s"'`()\[\],=!<>])/i
    CONTAINS.2: /contains(?![^\s"'`()\[\],=!<>])/i
    OPERATOR: "==" | "!=" | "<=" | ">=" | "<" | ">" | "="
    STRING: /"(\\.|[^"\\])*"|'(\\.|[^'\\])*'/s
    WORD: /`(?:[^`]|``)+`|(?!(and|or|not|in|contains)(?![^\s"'`()\[\],=!<>]))[^\s"'`()\[\],=!<>]+/i
    %ignore /\s+/
"""
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_SPAN = re.compile(r"last\s+(?:(\d{1,6})\s+)?(minute|hour|day|week|month|year)s?", re.IGNORECASE | re.ASCII)
_QUOTED = re.compile(
    r"""(?P<closed>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`(?:[^`]|``)*`)|(?P<open>["'`])|(?P<bracket>[()\[\]])""",
    re.DOTALL,
)


def parse(text: str) -> Node | None:
    """Reads a query; None of an empty one, which every run matches.

    Raises:
        InvalidQuery: it cannot be read; says where and why.
    """
    if len(text) > LONGEST:
        raise InvalidQuery(
            f"A query has at most {LONGEST:,} letters; this one has {len(text):,}.", LONGEST, len(text) - LONGEST
        )
    if not text.strip():
        return None
    _check_brackets(text)
    try:
        query = cast(Node, _parser().parse(text))
    except UnexpectedInput as error:
        raise _unexpected(text, error) from None
    _check_size(query)
    return query


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr", lexer="contextual", transformer=_Tree())


def _check_brackets(text: str) -> None:
    """Says where a quote or a bracket is that has no other end: a parser knows only where it noticed."""
    opened: list[tuple[str, int]] = []
    for mark in _QUOTED.finditer(text):
        if mark["open"]:
            raise InvalidQuery(f"The quote {mark['open']} is never closed.", mark.start(), 1)
        bracket = mark["bracket"]
        if bracket in ("(", "["):
            opened.append((bracket, mark.start()))
            if len(opened) > DEEPEST:
                raise InvalidQuery(f"Brackets can stand in each other {DEEPEST} deep, no deeper.", mark.start(), 1)
        elif bracket and (not opened or opened.pop()[0] != {")": "(", "]": "["}[bracket]):
            raise InvalidQuery(f"There is no bracket open that this {bracket} could close.", mark.start(), 1)
    if opened:
        raise InvalidQuery(f"The bracket {opened[-1][0]} is never closed.", opened[-1][1], 1)


def _check_size(query: Node) -> None:
    """Bounds what a database has to take; without recursion, for what is too deep is what this is about."""
    waiting: list[tuple[Node, int]] = [(query, 0)]
    conditions = 0
    while waiting:
        node, depth = waiting.pop()
        if depth > 2 * DEEPEST:
            raise InvalidQuery(
                f"Conditions can stand in each other {2 * DEEPEST} deep, no deeper.",
                node.at.start,
                max(1, node.at.length),
            )
        if isinstance(node, And | Or):
            waiting += [(part, depth + 1) for part in reversed(node.parts)]
        elif isinstance(node, Not):
            waiting.append((node.part, depth + 1))
        else:
            value = node.value if isinstance(node, Compare) else None
            conditions += max(1, len(value.values)) if isinstance(value, Listing) else 1
            if conditions > MOST_CONDITIONS:
                said = f"A query has at most {MOST_CONDITIONS} conditions, a list's values counted."
                raise InvalidQuery(said, node.at.start, max(1, node.at.length))


def _unexpected(text: str, error: UnexpectedInput) -> InvalidQuery:
    """Says in words what does not fit, and where."""
    if isinstance(error, UnexpectedCharacters):
        at = error.pos_in_stream or 0
        return InvalidQuery(f"“{text[at]}” does not fit here.", at, 1)
    token = error.token if isinstance(error, UnexpectedToken) else None
    before = text[: (token.start_pos or 0) if token is not None and token.type != "$END" else len(text)].rstrip()
    last = before.split()[-1] if before.split() else ""
    if token is None or token.type == "$END":
        after = f" after “{last}”" if last else ""
        return InvalidQuery(f"Something is missing{after}.", len(before), 1)
    at, length = token.start_pos or 0, len(token)
    if token.type in ("OPERATOR", "CONTAINS", "IN", "NOT_IN"):
        why = "A field stands before it, without quotes" if before else "A field is missing before it"
        return InvalidQuery(f"“{token}” does not fit here. {why}, such as state or params.lr.", at, length)
    if token.type in ("RPAR", "RSQB") and last:
        return InvalidQuery(f"Something is missing after “{last}”.", at, length)
    return InvalidQuery(f"“{token}” does not fit here.", at, length)


def _place(token: Token) -> Position:
    start = token.start_pos or 0
    return Position(start, (token.end_pos or start + len(token)) - start)


def span_of(text: str) -> tuple[int, Unit] | None:
    """Returns count and unit of "last 7 days"; None where it is none."""
    match = _SPAN.fullmatch(text.strip())
    return (int(match[1] or 1), cast(Unit, match[2].lower())) if match else None


def _name(token: Token) -> Field:
    name = token[1:-1].replace("``", "`") if token.startswith("`") else str(token)
    return Field(name, at=_place(token))


def _literal(token: Token) -> Single:
    if _NUMBER.fullmatch(token) and math.isfinite(float(token)):
        return Number(float(token), at=_place(token))
    return Text(_name(token).name, at=_place(token))


def _unquoted(token: Token) -> Text:
    return Text(_ESCAPED.sub(r"\1", token[1:-1]), at=_place(token))


def _is_bare(value: Operand) -> bool:
    return isinstance(value, Text) and value.at.length == len(value.value)


def _all_of(parts: Iterable[Node], kind: type[And] | type[Or]) -> Node:
    nodes = tuple(parts)
    return nodes[0] if len(nodes) == 1 else kind(nodes, at=nodes[0].at)


@v_args(inline=True)
class _Tree(Transformer[Token, Any]):
    """Makes the tree while the text is read; a method for each name in the grammar."""

    def start(self, query: Node) -> Node:
        return query

    def any(self, *parts: Node) -> Node:
        return _all_of(parts, Or)

    def all(self, *parts: Node) -> Node:
        return _all_of(parts, And)

    def inner(self, part: Node) -> Node:
        return part

    def negation(self, part: Node) -> Node:
        return Not(part, at=part.at)

    def word(self, token: Token) -> Node:
        field = _name(token)
        return Has(field, at=field.at) if fields.can_stand_alone(field.name) else Words(field.name, at=field.at)

    def text(self, token: Token) -> Node:
        return Words(_unquoted(token).value, at=_place(token))

    def compare(self, left: Token, operator: Token, value: Operand) -> Node:
        field, said = _name(left), operator.lower()
        if isinstance(value, Listing):
            raise InvalidQuery(f"A list goes with “in”: {field} in {value}.", operator.start_pos or 0, len(operator))
        return Compare(field, cast(Operator, "==" if said == "=" else said), value, at=field.at)

    def within(self, left: Token, _in: Token, value: Operand) -> Node:
        if isinstance(value, Text) and _is_bare(value) and fields.is_many(value.value):
            return Compare(Field(value.value, at=value.at), "contains", _literal(left), at=_place(left))
        return Compare(_name(left), "in", value, at=_place(left))

    def without(self, left: Token, _in: Token, value: Operand) -> Node:
        return Not(self.within(left, _in, value), at=_place(left))

    def element(self, left: Token, _in: Token, right: Token) -> Node:
        return Compare(_name(right), "contains", _unquoted(left), at=_place(left))

    def no_element(self, left: Token, _in: Token, right: Token) -> Node:
        return Not(self.element(left, _in, right), at=_place(left))

    def single(self, token: Token) -> Single:
        return _literal(token)

    def quoted(self, token: Token) -> Single:
        return _unquoted(token)

    def span(self, token: Token) -> Single:
        count, unit = span_of(token) or (1, "day")
        return LastDays(count, unit, at=_place(token))

    def list(self, *values: Single) -> Listing:
        first, last = (values[0].at, values[-1].at) if values else (Position(), Position())
        return Listing(values, at=Position(first.start, last.start + last.length - first.start))
