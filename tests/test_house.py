"""The rules of the house that a program can check: arrows, docstrings, sizes, public names, the README's example."""

import ast
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[1]
SCREEN = 60  # lines of code that fit on a screen; docstrings and blank lines are not counted

PACKAGES = ("mlpkit", "autograder")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
NOTEBOOK_SOURCES = sorted([*ROOT.glob("lectures/*.py"), *ROOT.glob("assignments/authoring/ps?.py")])


def name_of(path):
    return str(path.relative_to(ROOT))


def parse(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(tree):
    """Every module that is imported, as (module, name or None)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from ((node.module, alias.name) for alias in node.names)


FORBIDDEN = {
    "mlpkit": ("autograder", "nbgrader", "tools", "lectures", "benchmarks", "torch"),
    "autograder": ("lectures", "tools", "benchmarks", "assignments"),
}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_arrows_between_packages(path):
    package = path.relative_to(ROOT).parts[0]
    for module, _ in imported(parse(path)):
        assert module.split(".")[0] not in FORBIDDEN[package], f"{module} is imported"
        if package == "autograder" and module.startswith("mlpkit"):
            assert module.startswith("mlpkit.diagnosis"), f"{module}: only named hints may come from mlpkit"


@pytest.mark.parametrize("path", sorted((ROOT / "mlpkit").rglob("*.py")), ids=name_of)
def test_mathematics_knows_no_pictures_and_pictures_know_no_widgets(path):
    part = path.relative_to(ROOT / "mlpkit").parts[0]
    drawing = ("mlpkit.diagrams", "mlpkit.plots", "mlpkit.explorers", "matplotlib")
    widgets = ("mlpkit.widgets", "ipywidgets", "anywidget")
    modules = [module for module, _ in imported(parse(path))]
    if part != "widgets":
        assert not [m for m in modules if m.startswith(widgets)]
    if part not in ("widgets", "diagrams", "plots", "explorers"):
        assert not [m for m in modules if m.startswith(drawing)]


@pytest.mark.parametrize("path", NOTEBOOK_SOURCES, ids=name_of)
def test_notebooks_use_public_names_only(path):
    code = "\n".join(
        cell.source
        for cell in nbformat.read(notebook_of(path), as_version=4).cells
        if cell.cell_type == "code"
    )
    for module, name in imported(ast.parse(code)):
        parts = [*module.split("."), name or ""]
        assert not [part for part in parts if part.startswith("_") and part != "__future__"]
        if module.split(".")[0] == "mlpkit" and name:
            exported = __import__(module, fromlist=["__all__"]).__all__
            # A submodule without an underscore is public as well: mlpkit's own text names those imported apart.
            submodule = find_spec(module).submodule_search_locations and find_spec(f"{module}.{name}")
            assert name in exported or submodule, f"{name} is not public in {module}"


def notebook_of(source):
    if source.parent.name == "lectures":
        return source.with_suffix(".ipynb")
    return ROOT / "assignments" / "source" / source.stem / f"{source.stem}.ipynb"


def functions(tree):
    """Every function with its qualified name."""
    for parent in ast.walk(tree):
        for node in ast.iter_child_nodes(parent):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield getattr(parent, "name", ""), node


def length(function, lines):
    """Lines of code of a function without its docstring, blank lines and comments."""
    body = function.body
    if ast.get_docstring(function) is not None:
        body = body[1:]
    if not body:
        return 0
    span = lines[body[0].lineno - 1 : function.end_lineno]
    return sum(bool(line.strip()) and not line.strip().startswith("#") for line in span)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_function_is_longer_than_a_screen(path):
    text = path.read_text(encoding="utf-8")
    too_long = {
        node.name: length(node, text.splitlines())
        for _, node in functions(ast.parse(text))
        if length(node, text.splitlines()) > SCREEN
    }
    assert not too_long


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_public_things_have_docstrings(path):
    tree = parse(path)
    assert ast.get_docstring(tree) or not tree.body, "the module says nothing about itself"
    silent = [
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
        and not any("overload" in ast.unparse(d) for d in node.decorator_list)
    ]
    assert not silent


@pytest.mark.parametrize("package", ["mlpkit"])
def test_every_name_in_all_exists(package):
    module = __import__(package)
    missing = [name for name in module.__all__ if not hasattr(module, name)]
    assert not missing
    assert list(module.__all__) == sorted(set(module.__all__), key=module.__all__.index)


def test_the_readmes_example_runs_and_agrees():
    code = "\n".join(re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL))
    code = "\n".join(line.removeprefix("  ") for line in code.splitlines())
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert run.stdout.startswith("Gradients agree with central differences")


def test_the_readmes_links_and_commands_exist():
    text = (ROOT / "README.md").read_text()
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"make ([a-z][a-z-]*)", text):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), f"make {target}"
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert link.startswith("http") or (ROOT / link).exists(), link


# Written in pieces, so that this file does not find itself.
MACHINE_PATHS = re.compile("/(?:" + "|".join(["wo" + "rk", "ro" + "ot", "ho" + "me"]) + r")/[a-z]")


def test_no_path_of_a_machine_is_committed():
    files = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True, cwd=ROOT, check=False)
    if files.returncode:
        pytest.skip("not a git checkout")
    found = [
        name
        for name in files.stdout.split("\0")
        if name.endswith((".py", ".md", ".toml", ".ipynb", ".js", ".css", ".txt", "Makefile", "run"))
        and MACHINE_PATHS.search((ROOT / name).read_text(encoding="utf-8", errors="replace"))
    ]
    assert not found
