"""Numbers of one's own. A cell marked given="variants" part="variants" gets the text below.

It comes after a plain cell with id="identity" that says IDENTITY = "". Visible checks draw from
`variant_rng`, hidden ones from `hidden_rng`. A grading engine may put a COURSE_KEY into the namespace of the
tests; without one, as with nbgrader, hidden numbers are the same for every course. A right answer passes
whatever the numbers are, so neither name decides on points.
"""

import hashlib

import numpy as np


def variant_rng(label):
    """Random numbers for a visible check: always the same ones for you, other ones for others."""
    return named_rng(globals().get("IDENTITY"), label)


def hidden_rng(label):
    """Random numbers for a hidden check."""
    return named_rng(globals().get("COURSE_KEY"), label)


def named_rng(name, label):
    """Random numbers that depend on a name and a label, and on nothing else."""
    name = name.strip().lower() if isinstance(name, str) else ""
    digest = hashlib.sha256(f"{name}\n{label}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))


def whose_numbers():
    """Say whose numbers the visible checks use."""
    name = globals().get("IDENTITY")
    if isinstance(name, str) and name.strip():
        return f"The visible checks use the numbers of {name.strip()}."
    return "IDENTITY is empty, so the visible checks use everybody's numbers. Those are as good for grading."


print(whose_numbers())
