"""The faces of problem set 7, drawn once: ``python assignments/authoring/ps7_faces.py`` writes faces.npz.

The file lies beside the notebook, so that students, nbgrader and the grading engine find it there. Grey
values are whole numbers from 0 to 255, as a camera gives them; scaling them is the first exercise.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from mlpkit.datasets import FACE_SHAPE, faces

SEED = 1997  # the year of the book in which this task became famous
PEOPLE, PER_POSE = 16, 8
PATH = Path(__file__).parents[1] / "source" / "ps7" / "faces.npz"


def drawn() -> dict[str, np.ndarray]:
    """Pictures (512, 30, 32) of whole numbers, and for each picture pose, person, and sunglasses or not."""
    data = faces(np.random.default_rng(SEED), people=PEOPLE, per_pose=PER_POSE)
    pictures = np.round(255 * data.x).astype(np.uint8).reshape(-1, *FACE_SHAPE)
    labels = {"poses": "pose", "people": "identity", "sunglasses": "eyes"}
    columns = {name: data.attributes[key].labels.astype(np.int64) for name, key in labels.items()}
    return {"pictures": pictures} | columns


if __name__ == "__main__":
    PATH.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(PATH, **drawn())
