"""Data sets of the course: what is real and what is generated is said in every description.

>>> from mlpkit import datasets
>>> datasets.xor()
Dataset(XOR: 4 instances, 2 inputs, 1 outputs, 2 classes, generated)
"""

from mlpkit.datasets.dataset import Attribute, Dataset, Scaler, Split, one_hot
from mlpkit.datasets.digits import digit_or_not, digits, digits_or_none
from mlpkit.datasets.faces import (
    EXPRESSIONS,
    EYES,
    FACE_SHAPE,
    ORIGINAL_SHAPE,
    POSES,
    block_means,
    faces,
    original_faces,
)
from mlpkit.datasets.pgm import FaceName, PGMError, load_faces, parse_face_name, read_pgm
from mlpkit.datasets.plane import (
    CURVES,
    L_SHAPE,
    PENTAGON,
    circles,
    curve,
    gate,
    half_planes,
    moons,
    polygon,
    regions,
    spirals,
    xor,
)
from mlpkit.datasets.vowels import FORMANTS, VOWELS, vowel_scaler, vowels

__all__ = [
    "CURVES",
    "EXPRESSIONS",
    "EYES",
    "FACE_SHAPE",
    "FORMANTS",
    "L_SHAPE",
    "ORIGINAL_SHAPE",
    "PENTAGON",
    "POSES",
    "VOWELS",
    "Attribute",
    "Dataset",
    "FaceName",
    "PGMError",
    "Scaler",
    "Split",
    "block_means",
    "circles",
    "curve",
    "digit_or_not",
    "digits",
    "digits_or_none",
    "faces",
    "gate",
    "half_planes",
    "load_faces",
    "moons",
    "one_hot",
    "original_faces",
    "parse_face_name",
    "polygon",
    "read_pgm",
    "regions",
    "spirals",
    "vowel_scaler",
    "vowels",
    "xor",
]
