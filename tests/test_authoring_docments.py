"""Exported from nbs/behind/authoring_docments.ipynb: change it there, then export."""

import ast

from spam_rnn.authoring.docments import (
    Comments,
    _default_of_field,
    end_of_signature,
    is_dataclass,
    read_fields,
    read_result,
    read_signature,
)
from spam_rnn.authoring.testing import raises


def test_a_comment_is_taken_once_and_notes_to_tools_stay():
    comments = Comments("a = 1  # one\nb = 2  # type: ignore[x]  # two\nc = 3  # noqa\n# above\n# it\nd = 4\n'#'  # e")
    assert [comments.take(1, 1), comments.take(1, 1)] == ["one", ""]
    assert comments.take(2, 3) == "two" and comments.take(3, 3) == ""
    assert comments.take(6, 6) == "" and comments.take(6, 6, above=True) == "above it"
    assert comments.take(7, 7, above=True) == "e"
    assert comments.left(2, 2) and comments.left(1, 3) and not comments.left(4, 7) and not comments.left(1, 1)
    assert comments.lines == ["a = 1", "b = 2  # type: ignore[x]", "c = 3  # noqa", None, None, "d = 4", "'#'"]


def test_only_lines_of_comment_between_count_as_above():
    comments = Comments("def f(a,  # one\n  # two\n  b): pass")
    assert comments.take(3, 3, above=True) == "two" and comments.take(1, 1) == "one"
    comments = Comments("def f(a,  # one\n  b): pass")
    assert comments.take(2, 2, above=True) == "", "the comment beside another parameter is not above this one"


def entries(source, **options):
    "Name, type, default and words of each parameter of a function."
    found = read_signature(ast.parse(source).body[0], source, Comments(source), **{"is_method": False} | options)
    return [(entry.name, entry.annotation, entry.default, entry.words) for entry in found]


def test_parameters_are_read():
    assert entries("def f(a,  # one\n  b=1, *c: int, d: 'x' = (\n  2,\n  3), **e): pass  # of the body") == [
        ("a", "", "", "one"),
        ("b", "", "1", ""),
        ("*c", "int", "", ""),
        ("d", "x", "(2, 3)", ""),
        ("**e", "", "", "of the body"),
    ]
    assert entries("def f(\n  a, b,  # both?\n): pass") == [("a", "", "", ""), ("b", "", "", "both?")]
    assert entries("def f(\n  a: int\n  | None = 1,  # late\n): pass") == [("a", "int | None", "1", "late")]
    method = "@classmethod\ndef f(cls, a): pass"
    assert [name for name, *_ in entries(method, is_method=True)] == ["a"]
    static = "@staticmethod\ndef f(a, /, b): pass"
    assert [name for name, *_ in entries(static, is_method=True)] == ["a", "b"]


def test_a_signature_ends_at_the_colon_outside_brackets():
    for source, line in {
        "def f(x: int, y={1: 2}): pass": 1,
        "def f(\n  x: int,\n) -> dict[\n  str, int\n]:\n  pass": 5,
        "class A: pass": 1,
        "x: int\nclass A(\n  b): pass": 3,
    }.items():
        assert end_of_signature(ast.parse(source).body[-1], source) == line


def result(source):
    title, found = read_result(ast.parse(source).body[0], source, Comments(source))
    return [title, *((entry.name, entry.annotation, entry.default, entry.words) for entry in found)]


def test_results_are_read():
    assert result("def f() -> int:  # a number\n  return 1") == ["Returns", ("", "int", "", "a number")]
    assert result("def f() -> list[\n  int\n]:  # numbers\n  return []") == ["Returns", ("", "list[int]", "", "numbers")]
    assert result("def f():  # nothing\n  pass") == ["Returns"] == result("def f() -> int:\n  return 1  # of it")
    inner = "def f() -> list[int]:  # numbers\n  def g():\n    yield 1\n  h = lambda: (yield)\n  return list(g())"
    assert result(inner) == ["Returns", ("", "list[int]", "", "numbers")], "what functions inside give doesn't count"
    for annotation, kind in {
        "Iterator[int]": "int",
        "Generator[int, str, None]": "int",
        "'Iterator[int]'": "Iterator[int]",
        "Iterator": "Iterator",
    }.items():
        for way in ("yield 1", "if 1:\n    x = yield", "yield from g()"):
            assert result(f"def f() -> {annotation}:  # numbers\n  {way}") == ["Yields", ("", kind, "", "numbers")]


def test_defaults_of_fields_are_read():
    for value, expected in {
        "3": ("3", True),
        "make()": ("make()", True),
        "field(default=3)": ("3", True),
        "dataclasses.field(default_factory=list)": ("list()", True),
        "field(init=False)": ("", False),
        "field(init=True, default=3)": ("3", True),
        "field(init=other, default=3)": ("3", True),
        "field(kw_only=False, default=3)": ("3", True),
    }.items():
        assert _default_of_field(ast.parse(value, mode="eval").body, value) == expected
    assert _default_of_field(None, "") == ("", True)
    for source, expected in {"class A(NamedTuple): x: int": True, "class A(typing.NamedTuple): x: int": True, "class A(B): x: int": False, "@total\nclass A: x: int": False}.items():
        assert is_dataclass(ast.parse(source).body[0]) == expected


def test_words_above_are_those_between():
    source = "class A:\n  x: int  # one\n  # about y\n  y: int\n  def f(self):  # not about z\n    pass\n  # about z\n  z: int = (\n    1\n  )  # late\n  w: int"
    _, found = read_fields(ast.parse(source).body[0], source, Comments(source))
    assert [entry.words for entry in found] == ["one", "about y", "late", ""]
    assert entries("def f(  # of the whole\n  a,\n  # above b\n  b,\n): pass") == [("a", "", "", ""), ("b", "", "", "above b")]
    assert raises(ValueError, end_of_signature, ast.parse("class A: pass").body[0], "class A")


def test_fields_are_read():
    source = "class A:\n  # above\n  a: int\n  b: str = 'x'  # two\n  _c: int  # mine\n  d.e: int = 1\n"
    for head, expected in {"@dataclass\n": (["a", "b"], []), "@dataclasses.dataclass(frozen=True)\n": (["a", "b"], []), "": ([], ["a", "b"])}.items():
        text = head + source
        parameters, attributes = read_fields(ast.parse(text).body[0], text, Comments(text))
        assert ([entry.name for entry in parameters], [entry.name for entry in attributes]) == expected
        assert [entry.words for entry in parameters + attributes] == ["above", "two"]
