"""Gradient checks: right on functions with known derivatives, loud on wrong ones, harmless to arguments."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import rosen, rosen_der

from mlpkit import check_gradients, numerical_gradient
from mlpkit.gradcheck import TOLERANCE, default_step, step_sizes_errors


@given(st.lists(st.floats(-2, 2), min_size=2, max_size=5).map(np.array))
def test_rosenbrock(x):
    exact = rosen_der(x)
    assert np.abs(numerical_gradient(rosen, x) - exact).max() <= 1e-7 * max(1, np.abs(exact).max())
    by_complex_step = numerical_gradient(rosen, x, method="complex")
    np.testing.assert_allclose(by_complex_step, exact, rtol=1e-12, atol=1e-12)


def test_shapes_and_keys_follow_the_point():
    gradient = numerical_gradient(
        lambda p: (p["A"] ** 2).sum() + p["c"], {"A": np.ones((2, 3)), "c": np.array(1)}
    )
    np.testing.assert_allclose(gradient["A"], np.full((2, 3), 2.0), rtol=1e-9)
    assert gradient["c"].shape == ()
    assert gradient["c"] == pytest.approx(1.0)


def test_nothing_is_changed_not_even_by_a_function_that_writes():
    def rude(p):
        value = float((p["w"] ** 3).sum())
        p["w"][:] = 0
        return value

    w, other = np.array([1.0, 2.0]), np.array([3.0])
    gradients = numerical_gradient(rude, {"other": other, "w": w})
    assert w.tolist() == [1.0, 2.0]
    assert gradients["w"] == pytest.approx([3.0, 12.0])


def test_integers_are_read_as_floats():
    assert numerical_gradient(lambda p: (p**2).sum(), np.array([3, 4])) == pytest.approx([6, 8])


def test_a_wrong_entry_is_named_with_both_numbers():
    w = np.arange(6.0).reshape(2, 3)
    wrong = 2 * w
    wrong[1, 0] += 0.5
    report = check_gradients(lambda p: (p["w"] ** 2).sum(), {"w": w}, {"w": wrong})
    assert not report
    assert report.parameters[0].worst == (1, 0)
    text = str(report)
    assert "differ" in text
    assert "[1, 0]" in text
    assert "given 6.5, numerical 6" in text
    assert "1 of 6 entries" in text
    assert "<strong>differs in 1 of 6" in report._repr_html_()


def test_nan_is_wrong_and_not_an_exception():
    report = check_gradients(lambda p: p["w"].sum(), {"w": np.ones(2)}, {"w": np.array([1.0, np.nan])})
    assert not report
    assert report.parameters[0].worst == (1,)


@pytest.mark.parametrize(
    ("f", "p", "options", "words"),
    [
        (lambda p: p, np.ones(2), {}, "one number"),
        (lambda p: np.log(p[0] - 1), np.ones(1), {}, "finite number near p"),
        (lambda p: p.sum(), np.ones(2), {"h": 0}, "positive"),
        (lambda p: p.sum(), np.ones(2), {"method": "forward"}, "central"),
        (lambda p: p.sum(), np.array([1.0, np.nan]), {}, "p must be finite"),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_bad_arguments_are_named(f, p, options, words):
    with pytest.raises(ValueError, match=words):
        numerical_gradient(f, p, **options)


def test_gradients_of_the_wrong_shape_are_refused():
    with pytest.raises(ValueError, match=r"gradients\['w'\] must have shape \(2,\)"):
        check_gradients(lambda p: p["w"].sum(), {"w": np.ones(2)}, {"w": np.ones((2, 1))})


def square(p):
    return (p["w"] ** 2).sum()


def test_several_worst_entries_are_named_worst_first():
    w = np.arange(1.0, 11.0)
    wrong = 2 * w
    wrong[[7, 2, 4]] += [1.0, -3.0, 2.0]
    report = check_gradients(square, {"w": w}, {"w": wrong})
    entries = report.parameters[0].entries
    assert [entry.index for entry in entries[:3]] == [(2,), (4,), (7,)]
    assert [entry.given for entry in entries[:3]] == [3.0, 12.0, 17.0]
    assert entries[0].absolute == pytest.approx(3.0)
    assert entries[0].relative == pytest.approx(0.5)
    lines = str(report).splitlines()
    assert len(lines) == 4  # the headline, the parameter with its worst entry, two more wrong entries
    assert "[4] given 12, numerical 10, error 2.0e+00, relative 1.7e-01" in lines[2]
    assert "<li><code>w</code>[7] given 17" in report._repr_html_()


def test_errors_of_every_entry_are_kept():
    w = np.array([[1.0, 0.0], [3.0, -1.0]])
    report = check_gradients(square, {"w": w}, {"w": 2 * w + [[0, 0], [0.5, 0]]}).parameters[0]
    assert report.absolute.shape == report.relative.shape == (2, 2)
    assert report.absolute[1, 0] == pytest.approx(0.5)
    assert report.relative[1, 0] == pytest.approx(0.5 / 6.5)
    assert report.wrong_entries.tolist() == [[False, False], [True, False]]


@pytest.mark.parametrize(("error", "ok"), [(0.5, True), (2.0, False)])
def test_the_tolerance_is_taken_of_the_largest_entry_or_one(error, ok):
    # Gradients 2 and 2000: both entries are measured against the larger.
    w = np.array([1.0, 1000.0])
    wrong = 2 * w
    wrong[0] += error * TOLERANCE * 2000
    assert check_gradients(square, {"w": w}, {"w": wrong}, method="complex").ok is ok


def test_the_page_explains_itself_and_escapes_names():
    page = check_gradients(lambda p: p["<w>"].sum(), {"<w>": np.ones(2)}, {"<w>": np.ones(2)})._repr_html_()
    assert "How to read this" in page
    assert "&lt;w&gt;" in page
    assert "<w>" not in page


def test_decisions_excuse_only_what_crosses():
    w = np.array([0.0, 1.0])
    given = {"w": np.array([1.0, 3.0])}  # at the kink of |w| a subderivative; beside it a wrong slope
    report = check_gradients(lambda p: np.abs(p["w"]).sum(), {"w": w}, given, decisions=lambda p: p["w"] > 0)
    assert not report
    assert report.excused == 1
    assert report.worst.worst == (1,)
    assert [entry.excused for entry in report.parameters[0].entries] == [False, True]


def test_excused_entries_are_named_before_those_that_agree():
    w = np.arange(10.0)
    report = check_gradients(
        lambda p: np.abs(p["w"]).sum(), {"w": w}, {"w": np.ones(10)}, decisions=lambda p: p["w"] > 0
    )
    assert report
    assert report.parameters[0].entries[0].index == (0,)
    assert report.parameters[0].entries[0].excused
    assert report.parameters[0].worst != (0,)
    assert "[0] given 1, numerical 0" in report._repr_html_()
    assert "(a kink within the step)" in report._repr_html_()


def test_without_decisions_nothing_is_excused():
    assert not check_gradients(lambda p: np.abs(p["w"]).sum(), {"w": np.zeros(1)}, {"w": np.ones(1)})


@pytest.mark.parametrize(("method", "near"), [("forward", 1.5e-8), ("central", 6e-6), ("complex", 1e-30)])
def test_default_steps(method, near):
    assert default_step(method) == pytest.approx(near, rel=0.05)


def test_default_steps_of_differences_grow_with_the_entry():
    assert default_step("central", -1000.0) == 1000 * default_step("central")
    assert default_step("central", 1e-9) == default_step("central")


def test_the_v_curve_has_its_known_slopes_and_its_bottom_near_the_default_step():
    hs = 10.0 ** np.arange(-14, 0.0)
    errors = step_sizes_errors(np.sin, 1.0, np.cos(1.0), hs)
    # Truncation: h·|f''|/2 and h²·|f'''|/6.
    assert errors["forward"][-3] == pytest.approx(1e-3 * np.sin(1) / 2, rel=1e-2)
    assert errors["central"][-2] == pytest.approx(1e-4 * np.cos(1) / 6, rel=1e-2)
    assert 1e-9 <= hs[np.argmin(errors["forward"])] <= 1e-7
    assert 1e-7 <= hs[np.argmin(errors["central"])] <= 1e-4
    # Round-off makes the left branch rise again; the complex step has none.
    assert errors["central"][0] > 1e4 * errors["central"].min()
    assert errors["complex"][0] < 1e-15


def test_error_curves_of_several_variables_take_the_worst_entry():
    x = np.array([0.3, -1.2, 2.0])
    errors = step_sizes_errors(rosen, x, rosen_der(x), [1e-5], ("central",))
    single = np.abs(numerical_gradient(rosen, x, h=1e-5) - rosen_der(x)).max()
    assert errors["central"].tolist() == [single]


def test_a_step_lost_in_rounding_has_no_error():
    errors = step_sizes_errors(lambda p: (p**2).sum(), np.array([1.0, 1e6]), [2.0, 2e6], [1e-14])
    assert np.isnan(errors["forward"]).all()
    assert np.isnan(errors["central"]).all()
    assert errors["complex"][0] == 0


def test_exact_gradients_must_fit():
    with pytest.raises(ValueError, match=r"exact must have the shape of p, \(2,\), got \(1,\)"):
        step_sizes_errors(np.sum, np.ones(2), np.ones(1), [0.1])
