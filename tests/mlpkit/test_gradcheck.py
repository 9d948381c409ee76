"""Gradient checks: right on functions with known derivatives, loud on wrong ones, harmless to arguments."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import rosen, rosen_der

from mlpkit import check_gradients, numerical_gradient


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
