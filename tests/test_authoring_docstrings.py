"""Exported from nbs/behind/authoring_docstrings.ipynb: change it there, then export."""

import ast
import io
import pydoc
import runpy
import tempfile
import tokenize
from pathlib import Path
from textwrap import dedent

from fastcore.docments import docments

from spam_rnn.authoring.docstrings import constructors, write_docstrings


SAMPLE = dedent(
    r'''
    """A module."""
    from dataclasses import dataclass, field
    from typing import ClassVar, NamedTuple

    LIMIT = 3  # a comment that is about no parameter


    def plain(x: int, y: "str" = "a") -> int:  # of both
        "Add things.\tHere\\there."
        return x  # a comment inside


    async def bare(
        a,  # has no type; ends in """
        /,
        b: int | None = None,  # type: ignore[x]  # a number \d
        # above c
        # and longer
        c: tuple[int, ...] = (
            1,
            2,
        ),
        *rest: int,  # the others
        flag: bool = False,
        **more: str,  # even more
    ) -> None:
        return None


    def pieces(n: int):  # how many
        """Give numbers.

        In order.
        """  # noqa
        yield from range(n)


    def stream(n: int) -> "Iterator[int]":  # numbers
        yield n


    def listed(n: int) -> list[int]:  # numbers
        "Keep."

        def inner(m: int) -> int:  # stays
            yield m

        return [n]


    def _private(x: int) -> int:  # stays
        return x


    def oneliner(x: int) -> int: return x  # stays


    @dataclass(frozen=True)
    class Record:
        "Some values."

        # the first
        first: int
        second: list[str] = field(default_factory=list)  # the second
        third: int = field(default=3)  # the third
        fourth: int = field(init=False, default=4)  # the fourth
        _fifth: int = 5  # stays
        TABLE: ClassVar[int] = 6  # the sixth

        @property
        def double(self) -> int:  # twice the first
            "Double."
            return 2 * self.first


    class Pair(NamedTuple):
        left: int  # the left one
        right: int = 0  # the right one


    class Machine:
        "A machine."

        speed: float  # metres in a second
        weight: float

        def __init__(
            self,
            speed: float = 1.0,  # at the start
        ):
            "Build."
            self.speed = speed

        def __call__(self, by: float) -> float:  # the new speed
            return by

        @classmethod
        def of(cls, name: str) -> "Machine":  # a new one
            return cls()

        @staticmethod
        def rate(
            of: int,  # a count
        ): return of

        def _hidden(self, x: int) -> int:  # stays
            return x
    '''
)
AFTER = write_docstrings(SAMPLE)


def documentation(source, name):
    "The docstring of a function, class or method."
    nodes = ast.parse(source).body
    for part in name.split("."):
        (node,) = [node for node in nodes if getattr(node, "name", "") == part]
        nodes = node.body
    return ast.get_docstring(node)


def test_functions_are_documented():
    assert documentation(AFTER, "plain") == dedent(
        """\
        Add things.\tHere\\there.

        Returns
        -------
        int
            of both"""
    ).expandtabs()
    assert documentation(AFTER, "bare") == dedent(
        """\
        Parameters
        ----------
        a
            has no type; ends in \"\"\"
        b : int | None, default=None
            a number \\d
        c : tuple[int, ...], default=(1, 2)
            above c and longer
        *rest : int
            the others
        flag : bool, default=False
        **more : str
            even more"""
    )
    assert documentation(AFTER, "pieces") == "Give numbers.\n\nIn order.\n\nParameters\n----------\nn : int\n    how many"
    assert documentation(AFTER, "listed").endswith("Keep.\n\nReturns\n-------\nlist[int]\n    numbers")
    assert documentation(AFTER, "stream") == "Yields\n------\nIterator[int]\n    numbers"
    yields = write_docstrings("def f() -> Iterator[int]:  # numbers\n    yield 1")
    assert documentation(yields, "f") == "Yields\n------\nint\n    numbers"
    yields = write_docstrings("def f() -> Generator[int, str, None]:  # numbers\n    x = yield 1")
    assert documentation(yields, "f") == "Yields\n------\nint\n    numbers"


def test_classes_are_documented():
    assert documentation(AFTER, "Record") == dedent(
        """\
        Some values.

        Parameters
        ----------
        first : int
            the first
        second : list[str], default=list()
            the second
        third : int, default=3
            the third

        Attributes
        ----------
        fourth : int, default=4
            the fourth
        TABLE : ClassVar[int], default=6
            the sixth"""
    )
    assert documentation(AFTER, "Record.double") == "Double.\n\nReturns\n-------\nint\n    twice the first"
    assert documentation(AFTER, "Pair").startswith("Parameters\n----------\nleft : int\n    the left one\nright : int, default=0")
    machine = documentation(AFTER, "Machine")
    assert "Parameters\n----------\nspeed : float, default=1.0\n    at the start\n\nAttributes\n" in machine
    assert machine.endswith("Attributes\n----------\nspeed : float\n    metres in a second\nweight : float")
    assert documentation(AFTER, "Machine.__init__") == "Build."
    assert documentation(AFTER, "Machine.__call__") == "Returns\n-------\nfloat\n    the new speed"
    assert documentation(AFTER, "Machine.of") == "Returns\n-------\nMachine\n    a new one"
    both = "@dataclass\nclass A:\n    x: int  # a field\n    def __init__(self, y: int):  # a parameter\n        self.x = y"
    said = documentation(write_docstrings(both), "A")
    assert said.index("y : int\n    a parameter") < said.index("Attributes") < said.index("x : int\n    a field")


def test_inherited_constructors_are_documented():
    source = dedent(
        """
        @dataclass
        class _Base:
            a: int  # one
            b: int = 2  # two
        class Heir(Mixin, _Base):
            "An heir."
            c: int  # not a parameter
        @dataclass
        class Deep(Heir):
            b: str = "x"  # another two
            d: int = 4  # four
        class Own(Deep):
            def __init__(
                self,
                e,  # five
            ):
                pass
        class Far(there.Imported):
            pass
        """
    )
    known = constructors(source)
    heir, deep = known["Heir"], known["Deep"]
    assert [(entry.name, entry.words) for entry in heir] == [("a", "one"), ("b", "two")]
    assert [(entry.name, entry.words) for entry in deep] == [("a", "one"), ("b", "another two"), ("d", "four")]
    assert [entry.name for entry in known["Own"]] == ["e"] and known["Far"] == []
    written = write_docstrings(source, {"Imported": known["Own"]})
    assert "    a: int  # one\n" in written, "comments of a private class stay"
    assert documentation(written, "Heir").endswith("b : int, default=2\n    two\n\nAttributes\n----------\nc : int\n    not a parameter")
    assert documentation(written, "Far") == "Parameters\n----------\ne\n    five"
    assert write_docstrings(written) == written


def test_nothing_else_changes():
    def meaning(source):
        tree = ast.parse(source)
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                node.body = node.body[ast.get_docstring(node) is not None :]
        return ast.dump(tree)

    assert meaning(AFTER) == meaning(SAMPLE)
    left = [t.string for t in tokenize.generate_tokens(io.StringIO(AFTER).readline) if t.type == tokenize.COMMENT]
    about_nothing = ["# a comment that is about no parameter", "# a comment inside", "# type: ignore[x]", "# noqa"]
    stays = ["# stays"] * 5
    assert sorted(left) == sorted(about_nothing + stays + ["# a count"])
    assert "    b: int | None = None,  # type: ignore[x]\n    c: tuple" in AFTER
    assert "    def __init__(self, speed: float = 1.0):\n" in AFTER
    assert '"""  # noqa\n' in AFTER and "def _private(x: int) -> int:  # stays\n" in AFTER
    assert not any(line != line.rstrip() for line in AFTER.split("\n"))


def test_writing_twice_is_writing_once():
    assert write_docstrings(AFTER) == AFTER
    for plain in ["", "x = 1\n", "def f(): ...\n", "def f(x):\n    return x\n", "if True:\n    x = 1  # one\n"]:
        assert write_docstrings(plain) == plain
    assert '    """Parameters\n    ----------\n    x\n        one\n    """\n' in write_docstrings("def f(x):  # one\n    return x\n")
    own = 'def f(x):  # not this\n    """Do.\n\n    Parameters\n    ----------\n    x\n        mine\n    """\n'
    assert write_docstrings(own) == own


def test_definitions_inside_a_condition_are_found():
    for opening in ("if True:", "try:\n    pass\nfinally:\n    pass\nif 0:\n    pass\nelse:"):
        source = f"{opening}\n    def f(x):  # a number\n        return x\n"
        assert "x\n            a number" in write_docstrings(source)


def test_signatures_are_joined_where_that_means_the_same():
    def signature(*lines):
        written = write_docstrings("\n".join(["def f(", *lines]) + "\n    pass\n")
        return written[: written.index('\n    """')]

    assert signature("    a: int,  # one", "    *,", "    b=2,", "):  # left") == "def f(\n    a: int,\n    *,\n    b=2,\n):  # left"
    assert signature("    a: int,  # one", "    *,", "    b=2,", ") -> int:  # two") == "def f(a: int, *, b=2) -> int:"
    many = [f"    parameter_{i}: dict[str, int] = None,  # {i}" for i in range(5)]
    lines = signature(*many, ") -> None:").split("\n")
    assert len(lines) == 4 and lines[0] == "def f(" and lines[-1] == ") -> None:" and max(map(len, lines)) <= 120
    assert signature("    a: int", "    | None = 1,  # one", "):") == "def f(a: int | None = 1):"
    assert signature("    a=[", "        1, 2", "    ],  # two", "):") == "def f(a=[1, 2]):"
    quotes = "'" * 3
    text = ["    a=" + quotes, "", quotes + ",  # two", "):"]
    assert signature(*text) == "def f(\n" + "\n".join(text).replace("  # two", ""), "a text over several lines stays"
    long = ["    a='" + "x " * 100 + "',  # long", "):"]
    assert signature(*long) == "def f(\n    a='" + "x " * 100 + "',\n):", "so does one that can't be wrapped"
    assert write_docstrings("def f(\n    a,\n):\n    pass\n") == "def f(\n    a,\n):\n    pass\n"


def test_long_lines_are_wrapped_and_words_kept():
    words = " ".join(f"word{i}-and-more" for i in range(40))
    source = f'class A:\n    def f(self, x: int):  # {words}\n        "Say {words}."\n        return "{"x" * 200}"\n'
    written = write_docstrings(source)
    assert max(len(line) for line in written.split("\n") if "xxx" not in line) <= 120
    said = documentation(written, "A.f")
    assert " ".join(said.split()) == f"Say {words}. Parameters ---------- x : int {words}"
    assert "\n    word" in said.partition("----")[2] and "\nword" in said.partition("Param")[0]
    table = 'def f(x):  # a\n    """Two lines.\n\n        a table  of words\n    below\n    """\n'
    assert "\n        a table  of words\n" in write_docstrings(table)


def test_tools_that_read_comments_read_the_same_in_docstrings():
    source = dedent(
        """\
        def f(
            # above it
            a: int,
            b: str = "x",  # beside it
            *,
            c: int,
            d: float = 0.5,  # in a list of words
        ) -> str:  # what comes out
            "Do."
        """
    )
    read = []
    for text in (source, write_docstrings(source)):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "written.py"
            path.write_text(text, encoding="utf-8")
            loaded = runpy.run_path(str(path))
            read.append({name: words and words.strip() for name, words in docments(loaded["f"]).items()})
    words = {"a": "above it", "b": "beside it", "c": "", "d": "in a list of words", "return": "what comes out"}
    assert {name: words or "" for name, words in read[0].items()} == words
    assert {name: words or "" for name, words in read[1].items()} == words


def test_help_shows_it():
    namespace = {"__name__": "sample"}
    exec(AFTER, namespace)
    shown = pydoc.plain(pydoc.render_doc(namespace["Machine"]))
    assert "at the start" in shown and "the new speed" in shown and "class Machine" in shown
