"""What the tests of problem sets share is shown in full where it fails, like the tests themselves."""

import shutil
from functools import cache
from pathlib import Path

import pytest

from autograder.course import Course

ASSIGNMENTS = Path(__file__).parents[2] / "assignments"

pytest.register_assert_rewrite("laws")


@pytest.fixture(scope="session")
def released(tmp_path_factory):
    """Release a problem set in a course of its own, to be copied, because releasing takes many seconds."""

    @cache
    def release_once(name):
        from autograder import release

        folder = tmp_path_factory.mktemp(f"released-{name}")
        for part in ("source", "authoring"):
            shutil.copytree(ASSIGNMENTS / part, folder / part)
        shutil.copyfile(ASSIGNMENTS / "nbgrader_config.py", folder / "nbgrader_config.py")
        course = Course(folder)
        release(course, name)
        return course

    return release_once
