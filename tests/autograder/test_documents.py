"""What the documents say exists: commands, options, files, tests, links, and what is used of nbgrader."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from typer.testing import CliRunner

from autograder.cli import app

ROOT = Path(__file__).parents[2]
DOCUMENTS = ("CONTRIBUTING.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")))
document = pytest.mark.parametrize("name", DOCUMENTS)
PLAIN = {"COLUMNS": "200", "TERM": "dumb"}


def text_of(name):
    return (ROOT / name).read_text("utf-8")


def said_commands(text):
    """Every ``autograder`` command of a text, in blocks and in lines, as (command, its options)."""
    blocks = re.findall(r"^ *```\w*\n(.*?)^ *```$", text, re.DOTALL | re.MULTILINE)
    # In a block three spaces part a command from what is said of it.
    lines = [
        line.strip().removeprefix("$ ").split("   ")[0] for block in blocks for line in block.splitlines()
    ]
    lines += [" ".join(span.split()) for span in re.findall(r"(?<!`)`([^`]+)`(?!`)", text)]
    for line in lines:
        said = re.fullmatch(r"autograder ([a-z][a-z-]*)\b(.*)", line)
        if said:
            yield said[1], re.findall(r"(?<!\S)--[a-z-]+", said[2])


@cache
def options_of(command):
    """The options of a command, which must exist."""
    shown = CliRunner().invoke(app, [command, "--help"], env=PLAIN)
    assert shown.exit_code == 0, f"there is no command `{command}`"
    return set(re.findall(r"--[a-z-]+", re.sub(r"\x1b\[[0-9;]*m", "", shown.output)))


@document
def test_every_command_and_option_exists(name):
    for command, options in said_commands(text_of(name)):
        assert set(options) <= options_of(command), command


def test_commands_are_found_in_blocks_and_in_lines():
    text = "`autograder todo --page`\n\n```\n$ autograder check ps3\nautograder grade ps2 --why    says why\n```\n"
    found = [("check", []), ("grade", ["--why"]), ("todo", ["--page"])]
    assert list(said_commands(text)) == found


@document
def test_every_link_leads_to_a_heading_or_a_file(name):
    for target in re.findall(r"\]\(([^)\s]+)\)", text_of(name)):
        if target.startswith("https://"):
            continue
        file, _, heading = target.partition("#")
        path = (ROOT / name).parent / file if file else ROOT / name
        assert path.exists(), target
        assert not heading or heading in headings(path), target


def headings(path):
    """Names by which the headings of a document are linked to."""
    titles = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@document
def test_every_test_and_make_target_exists(name):
    text, makefile = text_of(name), text_of("Makefile")
    tests = {path.name for path in (ROOT / "tests").rglob("test_*.py")}
    assert set(re.findall(r"\b(test_\w+\.py)", text)) <= tests
    for target in re.findall(r"`make ([a-z-]+)", text):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_table_for_a_new_nbgrader_names_what_the_code_imports():
    imported = {
        (node.module.removeprefix("nbgrader."), alias.name)
        for path in (ROOT / "autograder").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("nbgrader.")
        for alias in node.names
    }
    said = {
        (module, name)
        for module, names in re.findall(r"`([\w.]+)`: ((?:`\w+`(?:, )?)+)", text_of("docs/maintaining.md"))
        for name in re.findall(r"\w+", names)
    }
    assert said == imported
