"""Build the course's notebooks from their hand-edited sources.

Lectures become executed notebooks; assignment sources become the instructor copy and the student
copy of nbgrader. Run ``python -m tools.build_notebooks`` from the root of the repository.
"""
