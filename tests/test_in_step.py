"""The conventions of the course: notebooks and exports say the same, lessons come first, and no arrow points up.

Each rule is a function from a notebook or a module to its complaints. About one chapter: `python -m pytest tests/test_in_step.py -k 04_padding`.
"""
import ast
import inspect
import json
import re
import statistics
from functools import cache
from pathlib import Path

import pytest

from spam_rnn.authoring.export import drift
from spam_rnn.authoring.notebooks import (
    code,
    code_cell,
    directives,
    notebooks,
    read_cells,
    read_source,
    stem,
    write_notebook,
)

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "spam_rnn"
NOTEBOOKS = notebooks(ROOT)
CHAPTERS = [path for path in NOTEBOOKS if path.parent.name == "nbs" and path.name[0].isdigit()]
ROOMS = [path for path in NOTEBOOKS if path.parent.name == "behind"]
SHEETS = [path for path in NOTEBOOKS if path.parent.name == "exercises"]
PROOFS = [path for path in NOTEBOOKS if path.parent.name == "proofs"]

# From the ground up. A module imports modules of its own layer or of lower ones; inside a function, where it is a door, any.
LAYERS = [
    "translation compute storage.files storage.folders storage.records combining near_duplicates tables.* plots.* lab.runs exercises.predictions exercises.checking",
    *"corpus text split vocab padding".split(),
    "encoding transformer pooling token_embedding seen",
    *"baselines models predictor storage.checkpoints training evaluation fitting.*".split(),
    "storage.models storage.cards",
    *"classifier explain".split(),
    "recipe mistakes report scoring terminal lab.*",
    *"assignment collapse decisions experiments speed options telling exam laboratory course archive play learn hand_in referee doctor classroom cli".split(),
    "authoring.* exercises.*",
]
PLOTTING = {"matplotlib", "seaborn", "plotly"}
ANSWERING = "text vocab padding encoding transformer models predictor compute storage.files storage.records storage.models"
LIGHT = {  # modules → libraries that importing them must not bring
    "classifier scoring speed decisions": PLOTTING,
    "cli": PLOTTING | {"torch", "sklearn", "scipy", "pandas", "numpy"},
    ANSWERING: PLOTTING | {"sklearn", "scipy", "pandas"},
}


# ---------------------------------------------------------------------------------------------------------------------
# Reading notebooks


def kind(cell):
    "`export`, `test` or `demonstration`."
    marks = directives(cell)
    return "test" if "exporttest" in marks else "export" if {"export", "exports", "exporti"} & marks.keys() else "demonstration"


def source(cell):
    return "".join(cell["source"])


def lines(cell):
    "Lines of code, without marks and empty ones."
    return [line for line in source(cell).splitlines() if line.strip() and not line.startswith("#|")]


def tree(cell):
    "What a cell says to Python; lines for IPython are left out."
    return ast.parse("\n".join("" if line.lstrip()[:1] in ("%", "!") else line for line in code(cell).split("\n")))


def is_folded(cell):
    return bool(cell["metadata"].get("jupyter", {}).get("source_hidden"))


def codes(notebook):
    "Number, cell and name for people, of each cell of code that holds any."
    for i, cell in enumerate(read_cells(notebook)):
        if cell["cell_type"] == "code" and lines(cell):
            yield i, cell, f"cell {i} ({cell.get('id', '')}: {lines(cell)[0].strip()[:50]})"


def words(notebook):
    return "\n\n".join(source(cell) for cell in read_cells(notebook) if cell["cell_type"] == "markdown")


def number(chapter):
    return int(chapter.stem.split("_")[0])


def is_declaration(cell):
    "Whether a cell holds settings only, one line each: imports, values, and classes of fields."

    def is_setting(node):
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        return is_text or isinstance(node, (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign))

    return all(
        is_setting(node) or (isinstance(node, ast.ClassDef) and all(map(is_setting, node.body))) for node in tree(cell).body
    )


def only_imports(cell):
    body = tree(cell).body
    return bool(body) and all(isinstance(node, (ast.Import, ast.ImportFrom)) for node in body)


def imported(nodes, here=""):
    "Modules of the package that these statements import; `here` is the module that they stand in."
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name == "spam_rnn" or alias.name.startswith("spam_rnn."):
                    yield alias.name.removeprefix("spam_rnn").lstrip("."), alias.asname or alias.name
        elif isinstance(node, ast.ImportFrom):
            start = (node.module or "").split(".")
            if node.level:
                start = ["spam_rnn", *here.split(".")[: -node.level], *filter(None, start)]
            if start[0] == "spam_rnn":
                module = ".".join(start[1:])
                for alias in node.names:
                    inner = f"{module}.{alias.name}".lstrip(".")
                    yield {"SpamClassifier": "classifier", "BEST": "decisions"}.get(inner, inner if inner in MODULES else module), alias.name


# ---------------------------------------------------------------------------------------------------------------------
# Rules of chapters


def small_cells(chapter):
    for _, cell, name in codes(chapter):
        size, most = len(lines(cell)), 40 if kind(cell) == "export" else 25
        hidden = is_folded(cell) and (kind(cell) != "export" or is_declaration(cell))
        if size > most and not hidden:
            yield f"{name}: {size} lines, at most {most}; build the idea small, and move the rest behind the scenes or to a proof"


def folded_imports(chapter):
    for _, cell, name in codes(chapter):
        if only_imports(cell) and not is_folded(cell):
            yield f"{name}: a cell of imports is folded"


def something_shown(chapter):
    open_name = None
    for cell in read_cells(chapter):
        if cell["cell_type"] == "markdown":
            if re.search(r"!\[|<img|<svg|```mermaid", source(cell)):
                open_name = None
        elif cell["cell_type"] == "code" and kind(cell) == "export":
            definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)  # an error that is a name only needs no picture
            defined = [n.name for n in tree(cell).body if isinstance(n, definitions) and len(n.body) > (ast.get_docstring(n) is not None)]
            if defined and open_name:
                yield f"{open_name}: show a value or a picture of it before {defined[0]} is defined"
            open_name = defined[-1] if defined else open_name
        elif cell.get("outputs"):
            open_name = None
    if open_name:
        yield f"{open_name}: show a value or a picture of it before the chapter ends"


def no_look_ahead(chapter):
    before = ""
    for cell in read_cells(chapter):
        if cell["cell_type"] != "code":
            before = source(cell)
            continue
        nodes = tree(cell)
        for module, name in imported(doorless(nodes) if kind(cell) == "export" else ast.walk(nodes)):
            on_loan = module == "classifier" and "loan" in (before + source(cell)).lower()
            cited = name == "verdicts_on"  # rows of the large experiment, at the end of a chapter
            if module and not module.startswith("authoring") and layer(module) > layer(stem(chapter)) and not on_loan | cited:
                yield f"{name} of {module} comes later than this chapter (only the classifier may be had on loan, if the words say so)"


def links(chapter):
    text = words(chapter)
    place = CHAPTERS.index(chapter) if chapter in CHAPTERS else 0
    wanted = [ROOT / "nbs" / "index.ipynb", *CHAPTERS[max(0, place - 1) : place], *CHAPTERS[place + 1 : place + 2]]
    for path in wanted:
        if f"]({path.name})" not in text:
            yield f"no link to {path.name}"


def opening(chapter):
    first = read_cells(chapter)[0]
    title = source(first)
    if not re.match(rf"# {number(chapter)}\. \w", title):
        yield f"the title begins with its number: # {number(chapter)}. …"
    if not re.search(r"(?m)^> \S", title):
        yield "under the title stands a promise in one line: > …"
    head = words(chapter)[:2500].lower()
    if "presume" not in head:
        yield "near the beginning it says what it presumes"
    if not re.search(r"(\d+|a|one|half a|two|three|few) (minute|second)", head):
        yield "near the beginning it says how many minutes (or seconds) it takes to run"


def closing(chapter):
    for title in ("What we decided", "Exercises"):
        if not re.search(rf"(?m)^##+ .*{title}", words(chapter)):
            yield f"no heading {title}"
    if "> **To change the library**" not in words(chapter):
        yield "no box that says how to change the library: edit, export, restart"


def notebook_named_as_module(notebook):
    "Chapters and rooms export to the module of their name; a room may also have nothing to export."
    module = read_source(notebook).module
    if not module and notebook.parent.name == "behind" and not read_source(notebook).exported:
        return
    if module.replace(".", "_") != stem(notebook):
        yield f"exports to {module or 'no module'}, which has another name"
    elif not (ROOT / "tests" / f"test_{stem(notebook)}.py").exists():
        yield f"there is no tests/test_{stem(notebook)}.py; each module has tests"


WRAP_UPS = {"04_table", "08_score", "13_verdict"}  # of a third of the course: one longer task, answered by a number

# Rules of sheets of exercises: whether solutions pass and mistakes are named is proved in their own tests


def sheet_named_as_chapter(sheet):
    "A sheet has the name and the number of its chapter, or is a wrap-up with the number of the last one of a third, and exports its checks."
    if ROOT / "nbs" / sheet.name not in CHAPTERS and sheet.stem not in WRAP_UPS:
        yield "sheets have the name of a chapter: none has this one"
    if read_source(sheet).module != f"exercises.{stem(sheet)}":
        yield f"exports to {read_source(sheet).module or 'no module'}, not to exercises.{stem(sheet)}"
    elif not (ROOT / "tests" / f"test_exercises_{stem(sheet)}.py").exists():
        yield f"there is no tests/test_exercises_{stem(sheet)}.py; the sheet has to prove itself"


def chapter_names_sheet(sheet):
    "The chapter says where its sheet is."
    chapter = next((path for path in CHAPTERS if sheet.stem in WRAP_UPS and number(path) == number(sheet)), ROOT / "nbs" / sheet.name)
    if f"](exercises/{sheet.name})" not in words(chapter):
        yield f"no link to it in {chapter.name}"


def enough_exercises(sheet):
    "Three to five exercises (a wrap-up has one), each of the chapter, and each with two typical mistakes."
    from spam_rnn.exercises.sheets import read_sheet

    found = read_sheet(sheet)
    least, most = (1, 1) if sheet.stem in WRAP_UPS else (3, 5)
    if not least <= len(found.tasks) <= most:
        yield f"{len(found.tasks)} exercises, from {least} to {most}"
    for id in found.tasks:
        if not id.startswith(f"{stem(sheet)}-"):
            yield f"{id}: begins with {stem(sheet)}-"
        if sum(asked == id for asked, *_ in found.wrong) < 2:
            yield f"{id}: fewer than 2 cells #| wrong"


# Rules of all notebooks


def outputs_to_publish(notebook):
    for i, cell in enumerate(read_cells(notebook)):
        outputs = cell.get("outputs", [])
        if outputs and "unsaved" in directives(cell):
            yield f"cell {i} is marked unsaved and holds outputs: clean, then export"
        for output in outputs:
            if output["output_type"] == "error":
                yield f"cell {i} ended in {output['ename']}"
            if output.get("name") == "stderr":
                yield f"cell {i} shows what was written to stderr: {''.join(output['text'])[:60]!r}"


def still_pictures(notebook):
    for i, cell in enumerate(read_cells(notebook)):
        shown = [output.get("data", {}).keys() for output in cell.get("outputs", [])]
        for j, kinds in enumerate(shown):
            near = kinds | (shown[j + 1] if j + 1 < len(shown) else set())
            if "application/vnd.plotly.v1+json" in kinds and "image/png" not in near:
                yield f"cell {i} shows a plotly picture without a still one (image/png) beside it"


def no_list_under_the_title(notebook):
    "nbdev takes a list in the first cell for settings: it stands in a cell of its own."
    first = read_cells(notebook)[0]
    if first["cell_type"] == "markdown" and re.search(r"(?m)^- .*:", source(first)):
        yield "the cell of the title holds a list"


def proof_named_as_notebook(proof):
    if stem(proof) not in {stem(path) for path in CHAPTERS + ROOMS}:
        yield "proofs have the name of a chapter or a room: none has this one"
    for _, cell, name in codes(proof):
        if {"export", "default_exp"} & directives(cell).keys():
            yield f"{name}: a proof exports tests only"


CHAPTER_RULES = [
    small_cells,
    folded_imports,
    something_shown,
    no_look_ahead,
    links,
    opening,
    closing,
    notebook_named_as_module,
    outputs_to_publish,
    still_pictures,
    no_list_under_the_title,
]
ROOM_RULES = [notebook_named_as_module, outputs_to_publish, still_pictures, no_list_under_the_title]
SHEET_RULES = [sheet_named_as_chapter, chapter_names_sheet, enough_exercises, outputs_to_publish, still_pictures]
PROOF_RULES = [proof_named_as_notebook, outputs_to_publish, still_pictures]


def cases(paths, rules, name=lambda path: path.stem):
    return [pytest.param(path, rule, id=f"{name(path)}-{rule.__name__}") for path in paths for rule in rules]


def folder_and_name(path):
    return path.relative_to(ROOT / "nbs").with_suffix("").as_posix()


@pytest.mark.parametrize(
    "notebook, rule",
    [
        *cases(CHAPTERS, CHAPTER_RULES),
        *cases(ROOMS, ROOM_RULES, folder_and_name),
        *cases(SHEETS, SHEET_RULES, folder_and_name),
        *cases(PROOFS, PROOF_RULES, folder_and_name),
        *cases([ROOT / "nbs" / "index.ipynb"], [outputs_to_publish, still_pictures]),
    ],
)
def test_notebook(notebook, rule):
    complaints = list(rule(notebook))
    assert not complaints, "\n".join([f"{notebook.relative_to(ROOT)}: {(rule.__doc__ or rule.__name__)}", *complaints])


def test_chapters_are_numbered_without_a_gap():
    assert [number(path) for path in CHAPTERS] == list(range(len(CHAPTERS)))
    contents = words(ROOT / "nbs" / "index.ipynb")
    missing = [path.name for path in CHAPTERS if not re.search(rf"\b{number(path)}\b.*\]\({path.name}\)", contents)]
    assert not missing, f"the contents in nbs/index.ipynb have no numbered link to {missing}"


def test_other_notebooks_stand_behind():
    assert [path.name for path in NOTEBOOKS if path.parent.name == "nbs" and path not in CHAPTERS] == ["index.ipynb"]


def test_lessons_come_first():
    shares, visible = {"export": 0, "test": 0, "demonstration": 0}, []
    for chapter in CHAPTERS:
        for _, cell, _ in codes(chapter):
            shares[kind(cell)] += len(lines(cell))
            if not is_folded(cell):
                visible.append(len(lines(cell)))
    share = shares["demonstration"] / sum(shares.values())
    assert share >= 0.4, f"{share:.0%} of the chapters' lines of code are demonstration, at least 40 %: {shares}"
    assert statistics.median(visible) <= 8, f"the median visible cell has {statistics.median(visible)} lines, at most 8"


# ---------------------------------------------------------------------------------------------------------------------
# Rules of modules

MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts): path
    for path in sorted(PACKAGE.rglob("*.py"))
    if not path.name.startswith("_")
}


@cache
def parsed(module):
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def layer(module):
    "Height of a module; the most exact entry counts."
    for name in (module, f"{module.rpartition('.')[0]}.*", f"{module}.*"):
        for height, modules in enumerate(LAYERS):
            if name in modules.split():
                return height
    raise LookupError(f"{module} has no place in LAYERS of tests/test_in_step.py: give it one")


def running(node, inside_functions=True):
    "All nodes that ever run: not those for type checkers only."
    for child in ast.iter_child_nodes(node):
        is_for_checkers = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
        is_function = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        if not is_for_checkers and (inside_functions or not is_function):
            yield child
            yield from running(child, inside_functions)


def doorless(node):
    "All nodes that run on import: not those inside functions."
    return running(node, inside_functions=False)


def libraries_named(nodes):
    "Libraries that these statements import, and the statements."
    for node in nodes:
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module] if isinstance(node, ast.ImportFrom) and not node.level and node.module else []
        yield from ((name.split(".")[0], node) for name in names)


def imports_on_top(module):
    return {name for name, _ in imported(doorless(parsed(module)), module) if name in MODULES}


def libraries(module, seen=None):
    "All libraries that importing a module brings."
    seen = set() if seen is None else seen
    if module in seen:
        return set()
    seen.add(module)
    found = {name for name, _ in libraries_named(doorless(parsed(module)))}
    return found.union(*(libraries(other, seen) for other in imports_on_top(module)))


def no_arrow_up(module):
    for other in sorted(imports_on_top(module)):
        if layer(other) > layer(module):
            yield f"imports {other}, which stands above it"


def small_module(module):
    size = len(MODULES[module].read_text(encoding="utf-8").splitlines())
    if size > 400:
        yield f"{size} lines, at most 400"


def small_functions(module):
    "All lines count but the docstring, empty ones, and a signature with one line for each parameter."
    text = MODULES[module].read_text(encoding="utf-8").splitlines()
    for node in ast.walk(parsed(module)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            if body:
                size = sum(bool(line.strip()) for line in text[body[0].lineno - 1 : node.end_lineno])
                if size > 50:
                    yield f"{node.name}: {size} lines of code, at most 50"


@cache
def private_names(module):
    "Private functions, methods, fields and attributes that a module defines."
    names = set()
    for node in ast.walk(parsed(module)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Attribute) and getattr(node.value, "id", "") in ("self", "cls"):
            names.add(node.attr)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return {name for name in names if re.match(r"_[^_]", name)}


def private_names_stay_home(module):
    foreign = set().union(*(private_names(other) for other in MODULES if other != module)) - private_names(module)
    for node in ast.walk(parsed(module)):
        if isinstance(node, ast.ImportFrom) and list(imported([node], module)):
            yield from (f"imports {alias.name}, which is private" for alias in node.names if alias.name[0] == "_")
        if isinstance(node, ast.Attribute) and node.attr in foreign:
            yield f"line {node.lineno} uses {ast.unparse(node)}, which is private elsewhere"


def no_attrs(module):
    for node in ast.walk(parsed(module)):
        if isinstance(node, ast.Attribute) and node.attr == "attrs":
            yield f"line {node.lineno} uses {ast.unparse(node)}; a frozen dataclass says what it holds"


def plots_only_in_plots(module):
    for name, node in libraries_named(running(parsed(module))):
        if name in PLOTTING and not module.startswith("plots."):
            yield f"line {node.lineno} imports {name}; every picture is drawn in plots"


def light(module):
    for modules, banned in LIGHT.items():
        if module in modules.split():
            brought = sorted(libraries(module) & banned)
            if brought:
                yield f"importing it brings {', '.join(brought)}"


def first_line_says_its_idea(module):
    if not (ast.get_docstring(parsed(module)) or "").strip():
        yield "no docstring: give the notebook a title and a line that begins with >"


def docstrings_name_parameters(module):
    "What is public is explained, parameter by parameter."

    def unexplained(function, said, is_method):
        a = function.args
        named = [*a.posonlyargs, *a.args][is_method and "staticmethod" not in map(ast.unparse, function.decorator_list) :]
        named += [*filter(None, [a.vararg]), *a.kwonlyargs, *filter(None, [a.kwarg])]
        return [arg.arg for arg in named if not re.search(rf"\b{arg.arg}\b", said)]

    for node in parsed(module).body:
        is_public = getattr(node, "name", "_")[0] != "_"
        if is_public and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and "Option" not in ast.unparse(node.args):
            said = ast.get_docstring(node) or ""
            missing = unexplained(node, said, False)
            if not said or missing:
                yield f"{node.name}: {'no words about ' + ', '.join(missing) if missing else 'no docstring'}"
        if is_public and isinstance(node, ast.ClassDef):
            class_says = ast.get_docstring(node) or ""
            if not class_says:
                yield f"{node.name}: no docstring"
            for method in node.body:
                if isinstance(method, (ast.FunctionDef, ast.AsyncFunctionDef)) and (method.name[0] != "_" or method.name == "__init__"):
                    said = class_says if method.name == "__init__" else ast.get_docstring(method) or ""
                    if missing := unexplained(method, said, True):
                        yield f"{node.name}.{method.name}: no words about {', '.join(missing)}"


MODULE_RULES = [
    no_arrow_up,
    small_module,
    small_functions,
    private_names_stay_home,
    no_attrs,
    plots_only_in_plots,
    light,
    first_line_says_its_idea,
    docstrings_name_parameters,
]


@pytest.mark.parametrize("module, rule", cases(MODULES, MODULE_RULES, name=str))
def test_module(module, rule):
    complaints = list(rule(module))
    assert not complaints, "\n".join([f"{module}: {(rule.__doc__ or rule.__name__)}", *complaints])


def test_no_circle_of_imports():
    left = {module: imports_on_top(module) for module in MODULES}
    while free := [module for module, needs in left.items() if not needs & left.keys()]:
        for module in free:
            del left[module]
    assert not left, f"these import each other: {left}"


def test_wings_say_what_they_are_for():
    for folder in {path.parent for path in MODULES.values()} - {PACKAGE}:
        text = (folder / "__init__.py").read_text(encoding="utf-8") if (folder / "__init__.py").exists() else ""
        assert ast.get_docstring(ast.parse(text)), f"{folder.name}/__init__.py holds one line that says what the wing is for"


def test_private_names_stay_home_in_notebooks():
    complaints = []
    for notebook in NOTEBOOKS:
        for _, cell, name in codes(notebook):
            for node in ast.walk(tree(cell)):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("spam_rnn"):
                    home = node.module.removeprefix("spam_rnn.").replace(".", "_")
                    private = [alias.name for alias in node.names if alias.name[0] == "_"]
                    if private and home != stem(notebook):
                        complaints.append(f"{folder_and_name(notebook)}, {name}: {', '.join(private)} of {node.module}")
    assert not complaints, "\n".join(complaints)


def test_help_shows_every_keyword():
    from spam_rnn import SpamClassifier

    said = inspect.getdoc(SpamClassifier)
    missing = [name for name in SpamClassifier().get_params() if not re.search(rf"(?m)^{name} : .*\n    \S", said)]
    assert not missing, f"help(SpamClassifier) says nothing about {', '.join(missing)}"


# ---------------------------------------------------------------------------------------------------------------------
# In step


def test_notebooks_and_exports_are_in_step(tmp_path):
    assert drift(ROOT, tmp_path) == []


# ---------------------------------------------------------------------------------------------------------------------
# The rules notice


def shown(text="1"):
    return {"output_type": "stream", "name": "stdout", "text": [text]}


def markdown(text):
    return {"cell_type": "markdown", "metadata": {}, "source": text.splitlines(keepends=True)}


def test_rules_of_chapters_notice(tmp_path):
    long = "x = [\n" + "    1,\n" * 40 + "]"
    plotly = {"output_type": "display_data", "metadata": {}, "data": {"application/vnd.plotly.v1+json": {}}}
    still = {"output_type": "display_data", "metadata": {}, "data": {"image/png": ""}}
    folded = {"metadata": {"jupyter": {"source_hidden": True}}}
    bad = {
        small_cells: [long, "#| export\n" + long, code_cell("#| export\ndef f():\n" + "    1\n" * 40, **folded)],
        folded_imports: ["import os\nimport re", "#| export\nfrom os import path"],
        something_shown: ["#| export\ndef f(): ...", "#| export\nclass A:\n    x = 1", '#| export\nclass B:\n    "B."'],
        no_look_ahead: ["from spam_rnn.models import SpamRNN", "import spam_rnn.cli", "from spam_rnn import SpamClassifier"],
        links: [markdown("[contents](index.html)")],
        opening: [markdown("# Padding")],
        closing: [markdown("What we decided: nothing")],
        notebook_named_as_module: ["#| default_exp padded"],
        outputs_to_publish: [
            code_cell("#| unsaved\nx", [shown()]),
            code_cell("x", [{"output_type": "error", "ename": "KeyError"}]),
            code_cell("x", [{"output_type": "stream", "name": "stderr", "text": "a warning"}]),
        ],
        still_pictures: [code_cell("x", [plotly, shown(), still]), code_cell("y", [plotly])],
        no_list_under_the_title: [markdown("# 4. Padding\n\n- one: 1")],
        proof_named_as_notebook: ["#| export\nx = 1"],
        sheet_named_as_chapter: ["#| default_exp padding"],
        enough_exercises: ["#| exercise own-a easy 2 1\n### BEGIN SOLUTION\na = 1\n### END SOLUTION\ncheck('own-a', a)"],
    }
    least = {small_cells: 3, folded_imports: 2, something_shown: 2, no_look_ahead: 3, links: 2, opening: 4, closing: 3, enough_exercises: 3}
    for rule, cells in bad.items():
        complaints = list(rule(write_notebook(tmp_path / "04_padding.ipynb", cells)))
        assert len(complaints) == least.get(rule, {outputs_to_publish: 3, still_pictures: 2}.get(rule, 1)), (rule, complaints)
    head = "# 4. Padding\n\n> A promise.\n\nPresumes [3](03_vocab.ipynb), takes 2 minutes, [next](05_baselines.ipynb), [contents](index.ipynb)"
    declaration = code_cell("#| export\n" + long, **folded)
    good = [
        markdown(head),
        code_cell("#| default_exp padding", **folded),
        code_cell("#| export\nimport os", **folded),
        declaration,
        "#| export\ndef f():\n    from spam_rnn.cli import main",
        code_cell("f()", [shown()]),
        "#| export\nclass A: ...",
        '#| export\nclass E(Exception):\n    "An error."',
        markdown("![A](a.png)\n\nThe finished classifier, on loan:"),
        "from spam_rnn import SpamClassifier\nfrom spam_rnn.vocab import UNK\nfrom spam_rnn.plots.style import COLOURS",
        code_cell("x", [plotly, still]),
        code_cell("#| unsaved\nx"),
        markdown("## What we decided\n\n### Exercises\n\n> **To change the library**, …"),
    ]
    assert not list(notebook_named_as_module(write_notebook(tmp_path / "behind" / "promises.ipynb", ["x = 1"])))
    assert list(notebook_named_as_module(write_notebook(tmp_path / "behind" / "promises.ipynb", ["#| export\nx = 1"])))
    assert list(chapter_names_sheet(tmp_path / "exercises" / "index.ipynb"))
    path = write_notebook(tmp_path / "04_padding.ipynb", good)
    for rule in [*bad]:
        if rule not in (links, notebook_named_as_module, folded_imports, proof_named_as_notebook, sheet_named_as_chapter, enough_exercises):
            assert not list(rule(path)), rule


def test_rules_of_modules_notice(tmp_path, monkeypatch):
    bad = '"""A module."""\nimport seaborn\nfrom .cli import main\nfrom .text import _private\n\n\ndef f(x, y):\n    "Do with x."\n'
    bad += "    x.attrs\n    y._tokens\n" + "    x\n" * 50 + "\n\nclass A:\n    def __init__(self, z):\n        self._z = z\n"
    complaints = {}
    for text in (bad + "\n" * 400, "x = 1\n"):
        (tmp_path / "predictor.py").write_text(text, encoding="utf-8")
        monkeypatch.setitem(MODULES, "predictor", tmp_path / "predictor.py")
        parsed.cache_clear()
        private_names.cache_clear()
        complaints[text[0]] = {rule: list(rule("predictor")) for rule in MODULE_RULES}
    parsed.cache_clear()
    private_names.cache_clear()
    expected = {no_arrow_up: 1, small_module: 1, small_functions: 1, private_names_stay_home: 2, no_attrs: 1}
    expected |= {plots_only_in_plots: 1, light: 1, first_line_says_its_idea: 0, docstrings_name_parameters: 3}
    assert {rule: len(found) for rule, found in complaints['"'].items()} == expected, complaints['"']
    assert [rule for rule, found in complaints["x"].items() if found] == [first_line_says_its_idea]


def test_layers_know_every_module():
    with pytest.raises(LookupError, match="give it one"):
        layer("somewhere.else")
    assert layer("storage.files") < layer("storage.models") < layer("classifier") < layer("lab.scale") < layer("cli")
    assert layer("lab.runs") < layer("lab.scale") and layer("plots") == layer("plots.style")
