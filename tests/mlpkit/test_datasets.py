"""Data sets: what is in them, that they are divided and scaled fairly, and that bad files are found out."""

import itertools
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.path import Path as Outline

from mlpkit import MLP, SGD, datasets, sigmoid
from mlpkit.datasets import Attribute, Dataset, Scaler, one_hot, read_pgm
from mlpkit.training import accuracy, train


def generator(seed=0):
    return np.random.default_rng(seed)


MAKERS = {
    "AND": lambda rng: datasets.gate("AND"),
    "XOR": lambda rng: datasets.xor(),
    "circles": datasets.circles,
    "spirals": datasets.spirals,
    "moons": datasets.moons,
    "polygon": datasets.polygon,
    "regions": datasets.regions,
    "sine": lambda rng: datasets.curve(rng, "sine"),
    "step": lambda rng: datasets.curve(rng, "step"),
    "bump": lambda rng: datasets.curve(rng, "bump"),
    "vowels": lambda rng: datasets.vowels(rng, per_vowel=5),
    "faces": lambda rng: datasets.faces(rng, people=2, per_pose=3),
    "digits": lambda rng: datasets.digits(),
    "2 or not 2": lambda rng: datasets.digit_or_not(2),
    "eleven": lambda rng: datasets.digits_or_none(rng, 30),
}
REAL = {"digits", "2 or not 2"}


@pytest.mark.parametrize("name", MAKERS)
def test_a_data_set_says_whether_it_is_generated(name):
    data = MAKERS[name](generator())
    assert data.generated is (name not in REAL)
    assert ("generated" in data.description.lower()) is data.generated
    assert ("generated" if data.generated else "real") in repr(data)


@pytest.mark.parametrize("name", MAKERS)
def test_a_data_set_is_a_function_of_its_seed(name):
    first, second, other = (MAKERS[name](generator(seed)) for seed in (1, 1, 2))
    assert first.x.tobytes() == second.x.tobytes()
    assert first.d.tobytes() == second.d.tobytes()
    if name not in REAL | {"AND", "XOR"}:
        assert first.x.tobytes() != other.x.tobytes()


@pytest.mark.parametrize("name", MAKERS)
def test_columns_and_classes_have_names(name):
    data = MAKERS[name](generator())
    assert len(data.feature_names) == data.x.shape[1]
    if data.labels is not None:
        assert set(np.unique(data.labels)) == set(range(len(data.target_names)))
        assert sum(data.class_counts.values()) == len(data)


@pytest.mark.parametrize("name", MAKERS)
def test_arrays_cannot_be_written_to(name):
    data = MAKERS[name](generator())
    for array in (data.x, data.d):
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 7


# -- the record ------------------------------------------------------------------------------------------


def small(rows=30, classes=3):
    labels = np.arange(rows) % classes
    x = np.column_stack([np.arange(rows), np.arange(rows) ** 2]).astype(float)
    return Dataset(x, one_hot(labels, classes), labels, "small", "counting", True, ("a", "b", "c")[:classes])


def test_the_callers_array_is_copied():
    x = np.zeros((2, 1))
    data = Dataset(x, x)
    x[0, 0] = 5
    assert data.x[0, 0] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": np.zeros((0, 2)), "d": np.zeros((0, 1))}, "at least one row"),
        ({"x": np.zeros((3, 2)), "d": np.zeros((2, 1))}, "one row of targets"),
        ({"x": np.zeros((3, 2)), "d": np.zeros(3)}, "d must have shape"),
        ({"x": np.full((3, 2), np.nan), "d": np.zeros((3, 1))}, "finite"),
        ({"x": np.zeros((3, 2)), "d": np.zeros((3, 1)), "labels": [0, 1]}, "one for every row"),
        ({"x": np.zeros((3, 2)), "d": np.zeros((3, 1)), "labels": [0, 1, 5], "target_names": "ab"}, "0..1"),
        ({"x": np.zeros((3, 2)), "d": np.zeros((3, 1)), "labels": [0.5, 1, 0]}, "whole numbers"),
        ({"x": np.zeros((3, 2)), "d": np.zeros((3, 1)), "feature_names": ["one"]}, "name the 2 columns"),
        ({"x": np.zeros((3, 2)), "d": np.zeros((3, 1)), "image_shape": (3, 3)}, "2 pixels"),
        (
            {"x": np.zeros((3, 2)), "d": np.zeros((3, 1)), "attributes": {"k": Attribute([0], ["z"])}},
            "one label for every row",
        ),
    ],
)
def test_an_impossible_data_set_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Dataset(**arguments)


def test_one_hot_targets():
    assert one_hot([1, 0], 3, 0.1, 0.9).tolist() == [[0.1, 0.9, 0.1], [0.9, 0.1, 0.1]]


@pytest.mark.parametrize(("labels", "options"), [([3], {}), ([-1], {}), ([0], {"low": 1.0, "high": 0.0})])
def test_impossible_one_hot_targets_are_refused(labels, options):
    with pytest.raises(ValueError, match="must"):
        one_hot(labels, 3, **options)


def test_rows_by_number_and_by_mask_are_the_same():
    mask = np.arange(30) % 7 == 2
    by_mask, by_number = small().rows(mask), small().rows(np.flatnonzero(mask))
    assert (by_mask.x == by_number.x).all()
    assert by_mask.x[:, 0].tolist() == [2, 9, 16, 23]


def test_rows_that_do_not_exist_are_refused():
    with pytest.raises(IndexError, match=r"0\.\.29"):
        small().rows([30])


def test_a_data_set_survives_being_stored():
    data = datasets.faces(generator(), people=1, per_pose=1)
    again = pickle.loads(pickle.dumps(data))
    assert again.x.tobytes() == data.x.tobytes()
    assert not again.x.flags.writeable
    assert not again.attributes["pose"].labels.flags.writeable
    assert again.attributes["pose"].names == data.attributes["pose"].names


def test_html_is_escaped():
    assert "<script>" not in Dataset([[0.0]], [[0.0]], name="<script>", description="<script>")._repr_html_()


# -- dividing and scaling --------------------------------------------------------------------------------


@given(
    rows=st.integers(6, 60),
    seed=st.integers(0, 2**32 - 1),
    shares=st.sampled_from([(0.6, 0.2, 0.2), (0.5, 0.5, 0.0), (0.8, 0.0, 0.2), (1.0, 0.0, 0.0)]),
    stratify=st.booleans(),
)
def test_a_split_gives_every_row_to_exactly_one_part(rows, seed, shares, stratify):
    split = small(rows).split(generator(seed), *shares, stratify=stratify)
    parts = [part for part in (split.train, split.validation, split.test) if part is not None]
    assert sorted(itertools.chain(*(part.x[:, 0] for part in parts))) == list(range(rows))
    for part, share in zip((split.train, split.validation, split.test), shares, strict=True):
        assert (part is None) == (share == 0)
        assert part is None or abs(len(part) - share * rows) <= 2


@given(seed=st.integers(0, 2**32 - 1))
def test_a_stratified_split_keeps_the_classes_in_proportion(seed):
    split = small(90).split(generator(seed), 0.6, 0.2, 0.2)
    assert list(split.train.class_counts.values()) == [18, 18, 18]
    assert list(split.test.class_counts.values()) == [6, 6, 6]


@given(seed=st.integers(0, 2**32 - 1), counts=st.lists(st.integers(1, 30), min_size=2, max_size=3))
def test_a_stratified_split_is_within_a_row_of_its_share_in_every_class(seed, counts):
    labels = np.repeat(np.arange(len(counts)), counts)
    x = np.arange(len(labels), dtype=float)[:, np.newaxis]
    data = Dataset(x, x, labels, target_names=tuple("abc"[: len(counts)]))
    split = data.split(generator(seed), 0.7, 0.0, 0.3) if sum(counts) > 6 else None
    if split is not None and split.test is not None:
        for name, count in zip("abc", counts, strict=False):
            assert abs(split.test.class_counts[name] - 0.3 * count) <= 1


def test_inputs_targets_and_labels_stay_together():
    part = small().split(generator()).train
    assert (part.x[:, 0] % 3 == part.labels).all()
    assert (part.d.argmax(axis=1) == part.labels).all()


def test_the_parts_are_shuffled():
    assert small().split(generator()).train.x[:, 0].tolist() != sorted(
        small().split(generator()).train.x[:, 0]
    )


@pytest.mark.parametrize("shares", [(0.6, 0.2, 0.1), (0.6, 0.3, 0.2), (0.0, 0.5, 0.5), (1.2, -0.1, -0.1)])
def test_impossible_shares_are_refused(shares):
    with pytest.raises(ValueError, match="must be"):
        small().split(generator(), *shares)


def test_a_part_without_rows_is_refused():
    with pytest.raises(ValueError, match="less than one row"):
        small(3).split(generator(), 0.9, 0.05, 0.05)


def test_a_split_needs_a_generator():
    with pytest.raises(TypeError, match="default_rng"):
        small().split(3)


def test_standardising_uses_the_training_part_only():
    split = small().split(generator())
    scaled = split.standardise()
    np.testing.assert_allclose(scaled.train.x.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(scaled.train.x.std(axis=0), 1, rtol=1e-12)
    expected = (split.test.x - split.train.x.mean(axis=0)) / split.train.x.std(axis=0)
    np.testing.assert_allclose(scaled.test.x, expected, rtol=1e-12)


def test_scaling_agrees_with_scikit_learn():
    from sklearn.preprocessing import StandardScaler

    data = datasets.digits()
    found = Scaler.fitted_on(data).apply(data).x
    np.testing.assert_allclose(found, StandardScaler().fit_transform(data.x), atol=1e-12)


@given(seed=st.integers(0, 2**32 - 1))
def test_scaling_can_be_undone(seed):
    x = generator(seed).normal(3, 5, size=(8, 3))
    scaler = Scaler.fitted_on(Dataset(x, x))
    np.testing.assert_allclose(scaler.inverse(scaler(x)), x, atol=1e-10)


# -- the plane and the line ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("AND", lambda a, b: a and b),
        ("OR", lambda a, b: a or b),
        ("NAND", lambda a, b: not (a and b)),
        ("XOR", lambda a, b: a != b),
    ],
)
def test_gates(name, rule):
    data = datasets.gate(name, 0.1, 0.9)
    assert data.d.ravel().tolist() == [0.9 if rule(bool(a), bool(b)) else 0.1 for a, b in data.x]


def test_an_unknown_gate_is_refused():
    with pytest.raises(ValueError, match="AND, OR, NAND, XOR"):
        datasets.gate("MAYBE")


def test_a_polygon_is_what_matplotlib_says():
    data = datasets.polygon(generator())
    assert (Outline(datasets.PENTAGON).contains_points(data.x) == (data.labels == 1)).all()


def test_a_region_is_the_union_of_its_polygons():
    data = datasets.regions(generator())
    inside = np.any([Outline(part).contains_points(data.x) for part in datasets.L_SHAPE], axis=0)
    assert (inside == (data.labels == 1)).all()


def test_the_default_region_is_not_convex():
    # The middle between two points of the two arms lies outside.
    arms = np.array([[-0.4, 0.6], [0.6, -0.4]])
    W_b = [datasets.half_planes(part) for part in datasets.L_SHAPE]

    def inside(p):
        return any((W @ p + b >= 0).all() for W, b in W_b)

    assert all(map(inside, arms))
    assert not inside(arms.mean(axis=0))


def test_half_planes_measure_the_distance_from_each_side():
    W, b = datasets.half_planes([(0, 0), (2, 0), (2, 2), (0, 2)])
    assert (W @ [0.5, 1.5] + b).tolist() == [1.5, 1.5, 0.5, 0.5]


@pytest.mark.parametrize(
    "corners",
    [
        [(0, 0), (0, 1), (1, 1), (1, 0)],
        [(0, 0), (2, 0), (1, 0.5), (1, 2)],
        [(0, 0), (1, 0)],
        [(0, 0), (0, 0), (1, 1)],
    ],
)
def test_what_is_no_convex_polygon_is_refused(corners):
    with pytest.raises(ValueError, match="corners must"):
        datasets.half_planes(corners)


def test_circles_are_apart_without_noise():
    data = datasets.circles(generator(), noise=0.0)
    radius = np.linalg.norm(data.x, axis=1)
    assert radius[data.labels == 1].max() <= 0.4
    np.testing.assert_allclose(radius[data.labels == 0], 1.0, rtol=1e-12)


def test_the_spirals_are_each_other_turned_by_half():
    data = datasets.spirals(generator(), n=400, noise=0.0)
    radius, angle = np.linalg.norm(data.x, axis=1), np.arctan2(data.x[:, 1], data.x[:, 0])
    offset = np.exp(1j * (angle - 2 * np.pi * 1.5 * radius - np.pi * data.labels))
    np.testing.assert_allclose(offset, 1.0, atol=1e-9)


@pytest.mark.parametrize(("name", "value"), [("sine", 1.0), ("step", 1.0), ("bump", np.exp(-3.125))])
def test_curves_at_one_half(name, value):
    assert datasets.CURVES[name](np.array(0.5)) == pytest.approx(value)


def test_curve_noise_has_the_deviation_asked_for():
    data = datasets.curve(generator(), "sine", n=20000, noise=0.3)
    assert np.std(data.d - np.sin(np.pi * data.x)) == pytest.approx(0.3, rel=0.02)


@pytest.mark.parametrize(
    "call",
    [
        lambda: datasets.circles(generator(), n=1),
        lambda: datasets.circles(generator(), noise=-1.0),
        lambda: datasets.curve(generator(), "zigzag"),
        lambda: datasets.curve(generator(), n=0),
        lambda: datasets.regions(generator(), polygons=()),
        lambda: datasets.vowels(generator(), groups=("robots",)),
        lambda: datasets.vowels(generator(), groups=()),
        lambda: datasets.digit_or_not(10),
        lambda: datasets.digits_or_none(generator(), 0),
        lambda: datasets.faces(generator(), people=0),
        lambda: datasets.faces(generator(), target="mood"),
    ],
)
def test_impossible_requests_are_refused(call):
    with pytest.raises(ValueError, match="must"):
        call()


# -- vowels ----------------------------------------------------------------------------------------------


def test_vowels_lie_round_the_published_means():
    data = datasets.vowels(generator(), per_vowel=4000, groups=("women",), scaled=False)
    for n, mean in enumerate(datasets.FORMANTS["women"]):
        np.testing.assert_allclose(data.x[data.labels == n].mean(axis=0), mean, rtol=0.005)


def test_a_few_formants_of_the_table():
    table = {
        group: dict(zip(datasets.VOWELS, pairs, strict=True)) for group, pairs in datasets.FORMANTS.items()
    }
    assert table["men"]["heed"] == (270, 2290)
    assert table["women"]["hawed"] == (590, 920)
    assert table["children"]["who'd"] == (430, 1170)


def test_scaled_vowels_are_the_same_sounds():
    hertz = datasets.vowels(generator(), per_vowel=3, scaled=False)
    scaled = datasets.vowels(generator(), per_vowel=3)
    np.testing.assert_allclose(datasets.vowel_scaler().inverse(scaled.x), hertz.x, rtol=1e-12)
    assert np.abs(scaled.x).max() < 4


def test_vowels_of_all_groups():
    data = datasets.vowels(generator(), per_vowel=3)
    assert len(data) == 90
    assert np.bincount(data.attributes["group"].labels).tolist() == [30, 30, 30]


# -- digits ----------------------------------------------------------------------------------------------


def test_digits_are_those_of_scikit_learn():
    from sklearn.datasets import load_digits

    data, bundle = datasets.digits(), load_digits()
    assert data.x.shape == (1797, 64)
    assert (data.x * 16 == bundle.data).all()
    assert (data.d.argmax(axis=1) == bundle.target).all()
    assert (data.images()[3] * 16 == bundle.images[3]).all()


def test_two_or_not_two():
    data = datasets.digit_or_not(2)
    assert data.d.shape == (1797, 1)
    assert ((data.d[:, 0] == 1) == (data.attributes["digit"].labels == 2)).all()


def test_the_eleventh_class_is_generated_and_said_so():
    data = datasets.digits_or_none(generator(), 30)
    assert data.d.shape == (1827, 11)
    assert ((data.labels == 10) == (data.attributes["origin"].labels == 1)).all()
    assert data.class_counts["none of the above"] == 30
    assert data.x.min() >= 0
    assert data.x.max() <= 1


def test_none_of_the_above_is_no_copy_of_a_digit():
    data = datasets.digits_or_none(generator(), 60)
    digits, made = data.x[:1797], data.x[1797:]
    nearest = np.abs(digits[:, np.newaxis] - made).mean(axis=2).min(axis=0)
    assert nearest.min() > 0.05


# -- faces -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def album():
    return datasets.faces(generator(3), people=6, per_pose=8)


def test_faces_are_small_pictures_with_all_attributes(album):
    assert album.x.shape == (192, 960)
    assert album.image_shape == (30, 32)
    assert album.x.min() >= 0
    assert album.x.max() <= 1
    assert set(np.unique(album.d)) == {0.1, 0.9}
    assert {name: len(a.names) for name, a in album.attributes.items()} == {
        "pose": 4,
        "identity": 6,
        "expression": 4,
        "eyes": 2,
    }


def test_poses_expressions_and_glasses_are_balanced(album):
    columns = [album.attributes[name].labels for name in ("pose", "identity", "expression", "eyes")]
    assert len(set(zip(*columns, strict=True))) == 192


def test_pictures_are_reduced_by_block_means(album):
    originals = datasets.original_faces(generator(3), people=1, per_pose=2)
    assert originals.shape == (8, 120, 128)
    by_hand = originals[5, 40:44, 60:64].mean()
    assert datasets.block_means(originals)[5, 10, 15] == pytest.approx(by_hand, rel=1e-12)
    small = datasets.faces(generator(3), people=1, per_pose=2).images()
    np.testing.assert_allclose(datasets.block_means(originals), small, rtol=1e-12)


def test_a_picture_that_does_not_divide_is_refused():
    with pytest.raises(ValueError, match="multiples of 4"):
        datasets.block_means(np.zeros((10, 12)))


def test_left_is_the_mirror_image_of_right(album):
    pose = album.attributes["pose"].labels
    left, straight, right, _ = (album.images()[pose == n].mean(axis=0) for n in range(4))
    middle = slice(4, 28)  # the head's rows and the columns round it

    def away(a, b):
        return np.abs(a - b)[middle].mean()

    assert away(left[:, ::-1], right) < 0.25 * away(left, right)
    assert away(straight[:, ::-1], straight) < 0.25 * away(left, right)


def test_the_face_is_bright_on_the_side_it_is_turned_to(album):
    bare = album.rows(album.attributes["eyes"].labels == 0)
    pose, images = bare.attributes["pose"].labels, bare.images()[:, 8:20]
    sides = images[:, :, 10:16].mean(axis=(1, 2)) - images[:, :, 16:22].mean(axis=(1, 2))
    assert sides[pose == 0].mean() > 0.04
    assert sides[pose == 2].mean() < -0.04
    assert abs(sides[pose == 1].mean()) < 0.02


def test_looking_up_hides_the_dark_hair_of_the_crown(album):
    pose = album.attributes["pose"].labels
    crown = album.images()[:, 6:10, 13:19].mean(axis=(1, 2))
    assert crown[pose == 3].mean() > crown[pose == 1].mean() + 0.1


def test_sunglasses_are_dark(album):
    pose, eyes = album.attributes["pose"].labels, album.attributes["eyes"].labels
    band = album.images()[:, 10:14, 11:21].mean(axis=(1, 2))
    assert band[(pose == 1) & (eyes == 1)].mean() < band[(pose == 1) & (eyes == 0)].mean() - 0.08


def test_other_targets(album):
    eyes = album.with_targets("eyes", 0.0, 1.0)
    assert eyes.d.shape == (192, 2)
    assert (eyes.d.argmax(axis=1) == eyes.attributes["eyes"].labels).all()
    assert eyes.target_names == datasets.EYES
    with pytest.raises(KeyError, match="pose, identity, expression, eyes"):
        album.with_targets("hat")


def held_out_accuracy(data, batch_size, units=3):
    split = data.split(generator(1), 0.6, 0.2, 0.2)
    net = MLP((960, units, data.d.shape[1]), sigmoid, sigmoid)
    start = net.init(generator(0))
    result = train(net, start, split.train, SGD(0.3, 0.3), 100, batch_size=batch_size, rng=generator(0))
    return accuracy(net.forward(result.params, split.test.x).output, split.test.d)


def test_three_hidden_units_learn_the_pose():
    assert held_out_accuracy(datasets.faces(generator(0), people=10), batch_size=5) > 0.9


@pytest.mark.exhaustive
def test_three_hidden_units_learn_the_pose_row_by_row():
    assert held_out_accuracy(datasets.faces(generator(0)), batch_size=1) > 0.95


# -- PGM files -------------------------------------------------------------------------------------------


def write_p5(path, pixels, largest=255):
    kind = ">u2" if largest > 255 else "u1"
    path.write_bytes(
        b"P5\n# made for a test\n%d %d\n%d\n" % (*pixels.shape[::-1], largest) + pixels.astype(kind).tobytes()
    )


def write_p2(path, pixels, largest=255):
    text = "\n".join(" ".join(map(str, row)) for row in pixels)
    path.write_text(f"P2 # plain\n{pixels.shape[1]} {pixels.shape[0]}\n{largest}\n{text}\n")


@pytest.mark.parametrize("write", [write_p2, write_p5])
@pytest.mark.parametrize("largest", [100, 255, 65535])
def test_pgm_files_are_read(tmp_path, write, largest):
    pixels = generator().integers(0, largest + 1, size=(5, 7))
    write(tmp_path / "a.pgm", pixels, largest)
    np.testing.assert_allclose(read_pgm(tmp_path / "a.pgm"), pixels / largest, rtol=1e-12)


def test_a_first_pixel_that_looks_like_white_space_or_a_comment_is_kept(tmp_path):
    pixels = np.array([[10, 35], [32, 13]])
    write_p5(tmp_path / "a.pgm", pixels)
    assert (read_pgm(tmp_path / "a.pgm") * 255 == pixels).all()


def test_pgm_files_agree_with_another_reader(tmp_path):
    from PIL import Image

    pixels = generator().integers(0, 256, size=(30, 32)).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.pgm")
    assert (read_pgm(tmp_path / "a.pgm") * 255 == pixels).all()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no PGM file"),
        (b"P6\n1 1\n255\nxxx", "no PGM file"),
        (b"P5\n2 2\n255\nabc", "must hold 4 grey values, got 3"),
        (b"P2\n2 2\n255\n1 2 3", "must hold 4 grey values, got 3"),
        (b"P2\n2 1\n255\n1 x", "must hold 2 grey values, got 0"),
        (b"P2\n2 1\n10\n1 11", "above its largest"),
        (b"P5\n0 4\n255\n", "sides from 1"),
        (b"P5\n99999999999 99999999999\n255\n", "sides from 1"),
        (b"P5\n2 2\n70000\nabcd", "below 65536"),
    ],
)
def test_broken_pgm_files_are_refused(tmp_path, content, message):
    path = tmp_path / "broken.pgm"
    path.write_bytes(content)
    with pytest.raises(datasets.PGMError, match=message):
        read_pgm(path)


def test_face_names_are_parsed():
    assert datasets.parse_face_name("an2i_left_angry_open_4.pgm") == datasets.FaceName(
        "an2i", "left", "angry", "open", 4
    )
    assert datasets.parse_face_name("glickman_up_sad_sunglasses.pgm").scale == 1


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("portrait.pgm", "must be named"),
        ("a_down_sad_open.pgm", "pose 'down'"),
        ("a_up_bored_open.pgm", "expression 'bored'"),
        ("a_up_sad_shut.pgm", "eyes 'shut'"),
        ("a_up_sad_open_3.pgm", "scale '3'"),
        ("_up_sad_open.pgm", "must be named"),
    ],
)
def test_other_names_are_refused(name, message):
    with pytest.raises(ValueError, match=message):
        datasets.parse_face_name(name)


def test_a_folder_of_photographs(tmp_path):
    rng = generator()
    full = rng.integers(0, 256, size=(120, 128))
    (tmp_path / "an2i").mkdir()
    write_p5(tmp_path / "an2i" / "an2i_left_angry_open.pgm", full)
    write_p2(tmp_path / "bob_up_sad_sunglasses_4.pgm", rng.integers(0, 256, size=(30, 32)))
    data = datasets.load_faces(tmp_path)
    assert not data.generated
    assert data.target_names == datasets.POSES
    assert data.attributes["identity"].names == ("an2i", "bob")
    assert data.labels.tolist() == [0, 3]
    np.testing.assert_allclose(data.images()[0], datasets.block_means(full / 255), rtol=1e-12)
    assert data.d.tolist() == [[0.9, 0.1, 0.1, 0.1], [0.1, 0.1, 0.1, 0.9]]


def test_a_photograph_in_several_sizes_counts_once(tmp_path):
    full = generator().integers(0, 256, size=(120, 128))
    write_p5(tmp_path / "a_left_sad_open.pgm", full)
    write_p5(tmp_path / "a_left_sad_open_2.pgm", np.zeros((60, 64)))
    write_p5(tmp_path / "a_left_sad_open_4.pgm", np.zeros((30, 32)))
    data = datasets.load_faces(tmp_path)
    assert len(data) == 1
    assert data.x.max() > 0


def test_unusable_files_are_skipped_and_recorded(tmp_path):
    write_p5(tmp_path / "a_left_sad_open_4.pgm", np.zeros((30, 32)))
    write_p5(tmp_path / "b_left_sad_open_4.pgm", np.zeros((31, 32)))
    (tmp_path / "c_left_sad_open_4.pgm").write_bytes(b"P5\n32 30\n255\nshort")
    (tmp_path / "holiday.pgm").write_bytes(b"")
    with pytest.warns(UserWarning, match="3 of the PGM files were skipped"):
        data = datasets.load_faces(tmp_path)
    assert len(data) == 1
    assert [any(name in note for note in data.notes) for name in ("b_left", "c_left", "holiday")] == [
        True
    ] * 3


def test_a_broken_large_picture_gives_way_to_a_smaller_one(tmp_path):
    (tmp_path / "a_left_sad_open.pgm").write_bytes(b"P5\n128 120\n255\nshort")
    write_p5(tmp_path / "a_left_sad_open_4.pgm", np.full((30, 32), 51))
    with pytest.warns(UserWarning, match="1 of the PGM files"):
        data = datasets.load_faces(tmp_path)
    np.testing.assert_allclose(data.x, 0.2)


def test_other_targets_of_photographs(tmp_path):
    for name in ("a_left_sad_open_4", "b_left_sad_sunglasses_4"):
        write_p5(tmp_path / f"{name}.pgm", np.zeros((30, 32)))
    assert datasets.load_faces(tmp_path, "eyes", 0.0, 1.0).d.tolist() == [[1, 0], [0, 1]]


def test_a_folder_without_pictures_is_an_error(tmp_path):
    with pytest.raises(ValueError, match=r"no file with the ending \.pgm"):
        datasets.load_faces(tmp_path)
    (tmp_path / "holiday.pgm").write_bytes(b"")
    with pytest.raises(ValueError, match="holiday"):
        datasets.load_faces(tmp_path)


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(NotADirectoryError, match="folder must be"):
        datasets.load_faces(tmp_path / "nowhere")
