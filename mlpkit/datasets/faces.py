"""Generated faces: which way is the head turned?

The original photographs of this task cannot be shipped, so heads are drawn, 120 rows by 128 columns, and
reduced to 30×32 by block means as in the lecture. A head is an ellipsoid whose texture (hair, eyes, brows,
mouth, glasses) consists of ellipses in the head's own coordinates. Turning the head turns the coordinates:
the features move to the side, become narrower and disappear behind the edge, as they do in a photograph.

Head coordinates: X to the right edge of the picture, Y up, Z out of the face; the ellipsoid is the unit
ball. "left" and "right" are meant as seen in the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mlpkit._checks import Array, finite_number, numeric_array, positive_integer
from mlpkit.datasets.dataset import Attribute, Dataset, require_generator

__all__ = [
    "EXPRESSIONS",
    "EYES",
    "FACE_SHAPE",
    "ORIGINAL_SHAPE",
    "POSES",
    "block_means",
    "faces",
    "original_faces",
]

POSES = ("left", "straight", "right", "up")
EXPRESSIONS = ("neutral", "happy", "sad", "angry")
EYES = ("open", "sunglasses")
ORIGINAL_SHAPE = (120, 128)
FACE_SHAPE = (30, 32)
TARGETS = ("pose", "identity", "expression", "eyes")

#: Turn to the side and up, in degrees, of every pose, and by how much a person may deviate from it.
_ANGLES = {"left": (-52.0, 0.0), "straight": (0.0, 0.0), "right": (52.0, 0.0), "up": (0.0, 40.0)}
_DEVIATION = 5.0


def check_target(target: str) -> str:
    """Return `target` if it is one of the attributes of a face, or raise ValueError."""
    if target not in TARGETS:
        raise ValueError(f"target must be one of {', '.join(TARGETS)}, got {target!r}.")
    return target


def pixel_names() -> tuple[str, ...]:
    """Names of the 960 inputs."""
    return tuple(f"pixel {row},{column}" for row in range(FACE_SHAPE[0]) for column in range(FACE_SHAPE[1]))


def block_means(picture: Array, factor: int = 4) -> Array:
    """Reduce a picture: each block of factor×factor pixels becomes its mean.

    Parameters
    ----------
    picture
        Shape (..., rows, columns), both multiples of `factor`.

    Returns
    -------
    array
        Shape (..., rows / factor, columns / factor).
    """
    picture, factor = numeric_array("picture", picture), positive_integer("factor", factor)
    if picture.ndim < 2 or picture.shape[-2] % factor or picture.shape[-1] % factor:
        raise ValueError(f"picture must have sides that are multiples of {factor}, got {picture.shape}.")
    rows, columns = picture.shape[-2] // factor, picture.shape[-1] // factor
    return picture.reshape(*picture.shape[:-2], rows, factor, columns, factor).mean(axis=(-3, -1))


@dataclass(frozen=True)
class _Person:
    """What stays the same in all pictures of one person; grey values 0..1, sizes in parts of the head."""

    skin: float
    hair: float
    hairline: float
    long_hair: float
    width: float
    eye_distance: float
    nose: float
    mouth: float
    brows: float
    beard: float
    clothes: float
    background: float


def _person(rng: np.random.Generator) -> _Person:
    return _Person(
        skin=rng.uniform(0.58, 0.85),
        hair=rng.uniform(0.06, 0.34),
        hairline=rng.uniform(0.42, 0.62),
        long_hair=float(rng.choice([0.0, 0.0, 1.0])),
        width=rng.uniform(0.74, 0.84),
        eye_distance=rng.uniform(0.33, 0.4),
        nose=rng.uniform(1.28, 1.42),
        mouth=rng.uniform(0.2, 0.3),
        brows=rng.uniform(0.035, 0.06),
        beard=float(rng.choice([0.0, 0.0, 0.0, 0.35])),
        clothes=rng.uniform(0.1, 0.9),
        background=rng.uniform(0.25, 0.6),
    )


@dataclass(frozen=True)
class _View:
    """How one picture was taken: rotation (3, 3) from head to picture, place, size, light."""

    rotation: Array
    row: float
    column: float
    height: float
    light: Array
    contrast: float


def _view(rng: np.random.Generator, pose: str) -> _View:
    yaw, pitch = np.radians(np.array(_ANGLES[pose]) + rng.uniform(-_DEVIATION, _DEVIATION, 2))
    turn = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    # Looking up: the face's direction (0, 0, 1) becomes (0, sin, cos).
    nod = np.array([[1, 0, 0], [0, np.cos(pitch), np.sin(pitch)], [0, -np.sin(pitch), np.cos(pitch)]])
    light = np.array([rng.uniform(-0.5, 0.5), rng.uniform(0.2, 0.6), 1.0])
    return _View(
        nod @ turn,
        row=54 + rng.uniform(-3, 3),
        column=64 + rng.uniform(-4, 4),
        height=36 * rng.uniform(0.94, 1.06),
        light=light / np.linalg.norm(light),
        contrast=rng.uniform(0.25, 0.45),
    )


def _blend(picture: Array, grey: Array | float, cover: Array) -> Array:
    return picture + cover * (grey - picture)


def _ellipse(
    u: Array, v: Array, centre: tuple[float, float], axes: tuple[float, float], edge: float, tilt: float = 0.0
) -> Array:
    """How much of each point an ellipse covers: 1 inside, 0 outside, falling over a rim of width `edge`."""
    du, dv = u - centre[0], v - centre[1]
    along, across = du * np.cos(tilt) + dv * np.sin(tilt), dv * np.cos(tilt) - du * np.sin(tilt)
    radius = np.sqrt((along / axes[0]) ** 2 + (across / axes[1]) ** 2)
    return np.clip(0.5 + (1.0 - radius) * min(axes) / edge, 0.0, 1.0)


def _draw(person: _Person, view: _View, expression: str, eyes: str) -> Array:
    """One picture of 120×128 grey values."""
    rows, columns = np.mgrid[0 : ORIGINAL_SHAPE[0], 0 : ORIGINAL_SHAPE[1]]
    v = (view.row - rows) / view.height
    u = (columns - view.column) / (view.height * person.width)
    edge = 1.0 / view.height
    front = view.rotation @ np.array([0.0, 0.0, 1.0])
    picture = np.full(ORIGINAL_SHAPE, person.background) + 0.05 * v
    # Back to front: hair behind the head, neck and shoulders, the head, the nose in front of it.
    picture = _hair_behind(picture, person, u, v, front, edge)
    picture = _body(picture, person, view, u, v, front, edge)
    window = _window(view, person)
    picture[window] = _head(picture[window], person, view, u[window], v[window], expression, eyes, edge)
    picture[window] = _nose(picture[window], person, view, u[window], v[window], edge)
    return picture


def _window(view: _View, person: _Person) -> tuple[slice, slice]:
    """Rows and columns round head and nose: painting these only saves most of the time."""
    tall, wide = 1.05 * view.height, 1.4 * view.height * person.width
    return (
        slice(int(view.row - tall), int(view.row + tall) + 2),
        slice(int(view.column - wide), int(view.column + wide) + 2),
    )


def _hair_behind(picture: Array, person: _Person, u: Array, v: Array, front: Array, edge: float) -> Array:
    back = (-0.24 * front[0], 0.09 - 0.22 * front[1])
    picture = _blend(picture, person.hair, _ellipse(u, v, back, (1.08, 1.06), edge))
    if person.long_hair:
        fall = (-0.3 * front[0], -0.45)
        picture = _blend(picture, person.hair, _ellipse(u, v, fall, (1.05, 0.95), edge))
    return picture


def _body(
    picture: Array, person: _Person, view: _View, u: Array, v: Array, front: Array, edge: float
) -> Array:
    neck = (-0.18 * front[0], -1.1)
    picture = _blend(picture, 0.78 * person.skin, _ellipse(u, v, neck, (0.48, 0.75), edge))
    return _blend(picture, person.clothes, _ellipse(u, v, (-0.1 * front[0], -2.25), (1.75, 0.9), edge))


def _head(
    picture: Array, person: _Person, view: _View, u: Array, v: Array, expression: str, eyes: str, edge: float
) -> Array:
    inside = np.clip(1.0 - u**2 - v**2, 0.0, None)
    normal = np.stack([u, v, np.sqrt(inside)])
    X, Y, Z = np.tensordot(view.rotation.T, normal, axes=1)
    shade = 1.0 - view.contrast * (1.0 - np.clip(np.tensordot(view.light, normal, axes=1), 0.0, 1.0))
    skin = _features(person.skin * shade, person, X, Y, Z, expression, eyes)
    # Hair covers the crown and everything behind the ears, except below the jaw.
    crown = np.clip(0.5 + (Y - person.hairline + 0.3 * (1 - np.abs(Z))) / 0.08, 0, 1)
    behind = np.clip(0.5 + (-0.12 - Z) / 0.08, 0, 1) * np.clip(0.5 + (Y + 0.5) / 0.1, 0, 1)
    ear = _ellipse(Z, Y, (-0.08, 0.0), (0.14, 0.2), 0.06) * (np.abs(X) > 0.5)
    texture = _blend(skin, person.hair * shade, np.maximum(crown * (Y > 0), behind))
    texture = _blend(texture, 0.88 * person.skin * shade, 0.9 * ear * (1.0 - person.long_hair))
    return _blend(picture, texture, _ellipse(u, v, (0.0, 0.0), (1.0, 1.0), edge))


def _features(
    skin: Array, person: _Person, X: Array, Y: Array, Z: Array, expression: str, eyes: str
) -> Array:
    """Paint eyes, brows, mouth, beard and glasses on the side of the head where Z > 0."""
    facing, soft = np.clip(Z / 0.1, 0.0, 1.0), 0.05
    # The far side of the chin and the underside of the jaw are in shadow.
    face = skin * (1.0 - 0.35 * np.clip((-Y - 0.72) / 0.25, 0, 1))
    if person.beard:
        beard = np.clip((-0.38 - Y) / 0.12, 0, 1)
        face = _blend(face, 0.5 * (person.hair + skin), person.beard * 2 * beard * facing)
    for side in (-1.0, 1.0):
        face = _one_eye(face, person, X, Y, facing, soft, side, expression, eyes)
    return _mouth(face, person, X, Y, facing, soft, expression)


def _one_eye(
    face: Array,
    person: _Person,
    X: Array,
    Y: Array,
    facing: Array,
    soft: float,
    side: float,
    mood: str,
    eyes: str,
) -> Array:
    place = side * person.eye_distance
    # Angry brows come down towards the nose, sad ones rise there.
    tilt = side * {"angry": 0.45, "sad": -0.4}.get(mood, 0.0)
    lift = {"angry": -0.04, "happy": 0.02}.get(mood, 0.0)
    brow = _ellipse(X, Y, (place, 0.33 + lift), (0.2, person.brows), soft, tilt)
    face = _blend(face, 0.7 * person.hair, 0.9 * brow * facing)
    if eyes == "sunglasses":
        lens = _ellipse(X, Y, (place, 0.12), (0.27, 0.19), soft)
        bar = _ellipse(X, Y, (place, 0.17), (0.5, 0.035), soft)
        return _blend(face, 0.04, np.maximum(lens, bar) * facing)
    face = _blend(face, 0.92, 0.9 * _ellipse(X, Y, (place, 0.13), (0.15, 0.075), soft) * facing)
    return _blend(face, 0.08, _ellipse(X, Y, (place, 0.13), (0.075, 0.085), soft) * facing)


def _mouth(
    face: Array, person: _Person, X: Array, Y: Array, facing: Array, soft: float, expression: str
) -> Array:
    bend = {"happy": 1.9, "sad": -1.9}.get(expression, 0.0)
    half = person.mouth * {"happy": 1.3, "angry": 0.8}.get(expression, 1.0)
    level = -0.47 - 0.5 * bend * half**2
    lips = _ellipse(X, Y - bend * X**2, (0.0, level), (half, 0.06), soft)
    return _blend(face, 0.3 * person.skin, 0.9 * lips * facing)


def _nose(picture: Array, person: _Person, view: _View, u: Array, v: Array, edge: float) -> Array:
    """The nose as discs from the bridge to the tip, which stands out of the ellipsoid, and the nostrils."""
    bridge, tip = np.array([0.0, 0.12, 0.98]), np.array([0.0, -0.2, person.nose])
    for part in np.linspace(0.0, 1.0, 6):
        place = view.rotation @ (bridge + part * (tip - bridge))
        size = 0.05 + 0.08 * part
        grey = person.skin * (1.0 - 0.5 * view.contrast * (1 - part) + 0.06 * part)
        cover = _ellipse(u, v, (place[0], place[1]), (size, size), edge)
        picture = _blend(picture, min(grey, 0.97), cover)
    for side in (-0.07, 0.07):
        nostril = view.rotation @ np.array([side, -0.3, person.nose - 0.14])
        cover = _ellipse(u, v, (nostril[0], nostril[1]), (0.055, 0.045), edge)
        picture = _blend(picture, 0.3 * person.skin, 0.8 * cover)
    return picture


def faces(
    rng: np.random.Generator,
    people: int = 20,
    per_pose: int = 8,
    target: str = "pose",
    low: float = 0.1,
    high: float = 0.9,
    noise: float = 0.02,
) -> Dataset:
    """Draw generated faces of 30×32 pixels in [0, 1].

    Every person is drawn `per_pose` times in each of the four poses, going through the eight combinations
    of expression and glasses; place, size, exact angle and light differ from picture to picture.

    Parameters
    ----------
    rng
        Generator.
    people, per_pose
        Numbers; the data set has 4·people·per_pose instances, 640 by default.
    target
        "pose", "identity", "expression" or "eyes": what the targets d are about. The others are attributes;
        ``with_targets`` changes the choice.
    low, high
        Targets of the wrong and of the right output unit.
    noise
        Standard deviation of the camera noise of each pixel of the original size.

    Returns
    -------
    Dataset
        x (T, 960), d (T, 4) for the pose.
    """
    check_target(target)
    pictures, attributes = _album(rng, people, per_pose, noise, FACE_SHAPE)
    small = pictures.reshape(len(pictures), -1)
    data = Dataset(
        small,
        np.zeros((len(small), 1)),
        name="faces (generated)",
        description=f"{len(small)} generated pictures of {people} made-up heads turned left, straight, right "
        "or up; drawn, not photographed. 120×128 pixels reduced to 30×32 by block means.",
        generated=True,
        feature_names=pixel_names(),
        attributes=attributes,
        image_shape=FACE_SHAPE,
    )
    return data.with_targets(target, low, high)


def original_faces(
    rng: np.random.Generator, people: int = 1, per_pose: int = 1, noise: float = 0.02
) -> Array:
    """The same pictures as `faces` gives for this generator, before reduction: shape (T, 120, 128)."""
    return _album(rng, people, per_pose, noise, ORIGINAL_SHAPE)[0]


def _album(
    rng: np.random.Generator, people: int, per_pose: int, noise: float, shape: tuple[int, int]
) -> tuple[Array, dict[str, Attribute]]:
    """All pictures reduced to `shape`, (T, *shape), and their attributes."""
    require_generator(rng)
    people, per_pose = positive_integer("people", people), positive_integer("per_pose", per_pose)
    noise = finite_number("noise", noise, low=0.0)
    pictures, labels = [], []
    for who in range(people):
        person = _person(rng)
        for pose, n in np.ndindex(len(POSES), per_pose):
            expression, eyes = n % 4, (n // 4) % 2
            drawn = _draw(person, _view(rng, POSES[pose]), EXPRESSIONS[expression], EYES[eyes])
            drawn = np.clip(drawn + noise * rng.normal(size=drawn.shape), 0.0, 1.0)
            pictures.append(block_means(drawn, ORIGINAL_SHAPE[0] // shape[0]))
            labels.append((pose, who, expression, eyes))
    columns = np.array(labels, dtype=np.intp).T
    names = (POSES, tuple(f"person {n + 1}" for n in range(people)), EXPRESSIONS, EYES)
    attributes = {
        key: Attribute(column, known) for key, column, known in zip(TARGETS, columns, names, strict=True)
    }
    return np.stack(pictures), attributes
