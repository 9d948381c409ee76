# %% [markdown] id="title"
# # 05 · Minima, gradients, Hessians
#
# To train a network is to look for a point where the loss is as small as it can be. Before we search, we should be able
# to *recognise* such a point when we stand on it, by nothing but the ground close around us: is it flat here? And if it is
# flat, is this a valley, a summit, or a mountain pass?
#
# **You will be able to**
#
# * tell minima, maxima and points of inflection apart, and say when the second derivative decides nothing;
# * use a gradient as what it is, the best linear factor, and derive from that why it is the steepest way up and why it
#   stands at right angles on the level lines;
# * read a Hessian by its eigenvectors and eigenvalues, and classify a stationary point with them;
# * solve a minimisation in closed form with a pencil, and say when that is impossible.
#
# **You need** derivatives of one variable, partial derivatives, and eigenvectors of a symmetric matrix. No networks yet.
# Take about 70 minutes, with a pencil.

# %% id="imports"
from textwrap import fill

import numpy as np
from IPython.display import display
from scipy.optimize import brentq, minimize_scalar

from mlpkit import MLP, numerical_gradient, sigmoid
from mlpkit.descent import SURFACES, classify_stationary_point, curvatures
from mlpkit.errata import get as erratum
from mlpkit.exercises import check_answer, check_function
from mlpkit.plots import BLUE, ORANGE, Picture, contours, figure, theme
from mlpkit.widgets import Poll, hessian_explorer

# %% [markdown] id="one-variable"
# ## Flat ground, in one dimension
#
# At the bottom of a valley the ground is level: the derivative is 0. Such places are called **stationary** (or critical)
# points. The function $f(x)=\tfrac15x^5-\tfrac13x^3$ has three of them, since its derivative is
# $f'(x)=x^4-x^2=x^2(x-1)(x+1)$. Its second derivative is $f''(x)=4x^3-2x$.
#
# > **Think first.** Where is $f'=0$? What is each of these points? Decide from the *signs* of $f'$ on both sides.
#
# In the picture look at the middle curve first: where does it touch or cross zero, and from which side? Then look up to
# see what $f$ does there, and down to see what $f''$ says about it.

# %% id="three-curves" fold=true
xs = np.linspace(-1.4, 1.4, 281)
curves = {
    "$f$": (xs**5 / 5 - xs**3 / 3, BLUE, "-"),
    "$f'$": (xs**4 - xs**2, ORANGE, "--"),
    "$f''$": (4 * xs**3 - 2 * xs, "#5c3d99", "-."),
}
height, slope, bend = (line for line, _, _ in curves.values())
assert np.allclose(np.gradient(height, xs)[1:-1], slope[1:-1], atol=2e-3)
assert np.allclose(np.gradient(slope, xs)[1:-1], bend[1:-1], atol=2e-3)

with theme():
    drawn, rows = figure(7.0, 5.8, rows=3)
    for axes, (name, (values, colour, style)) in zip(rows, curves.items(), strict=True):
        axes.plot(xs, values, style, color=colour)
        axes.axhline(0, color="#8c959f", linewidth=0.8)
        for place in (-1, 0, 1):
            axes.axvline(place, color="#57606a", linewidth=0.8, linestyle=":")
        axes.set(ylabel=name, xlim=(-1.4, 1.4))
    rows[0].set_title("Three stationary points: a maximum, neither, a minimum")
    rows[2].set(xlabel="$x$")
Picture(
    drawn,
    "f, f' and f'' of x^5/5 - x^3/3. At x = -1 f has a maximum, f' crosses zero downwards and f'' is -2. At x = 0 f is flat but "
    "goes on falling, f' touches zero from below and f'' is 0. At x = 1 f has a minimum, f' crosses zero upwards and f'' is 2.",
)

# %% [markdown] id="sign-changes"
# | | $f'$ before, after | so $f$ | $f''$ there |
# |---|---|---|---|
# | $x=-1$ | plus, minus | goes up, then down: a **maximum** | −2 |
# | $x=0$ | minus, minus | goes down and on down: a **point of inflection** with a horizontal tangent | 0 |
# | $x=1$ | minus, plus | goes down, then up: a **minimum** | 2 |
#
# At a *turning point* $f'$ changes its sign. At 0 it becomes zero without turning. (Points of inflection are where the curve
# changes from bending one way to bending the other, that is, where $f''$ changes its sign. Most are not flat: this curve has two
# more of them, at $\pm0.707$.)
#
# The sign of $f''$ is a quick test, since $f''>0$ means that $f'$ is rising, and a rising $f'$ can cross zero only upwards:
#
# * $f'=0$ and $f''>0$: a minimum;
# * $f'=0$ and $f''<0$: a maximum;
# * $f'=0$ and $f''=0$: **it decides nothing.**
#
# The last line is often got wrong, also in our sources. "If $f''$ is positive it is a minimum, *otherwise* a maximum", says
# one; and that where $f'=0$ there is a turning point. Two functions are enough to refute both, $x^4$ and $x^3$:

# %% id="second-derivative-errata"
for name in ("a-second-derivative-test", "a-turning-point"):
    proof = erratum(name).proof()
    assert not proof.printed_holds and proof.right_holds
    print(fill(proof.evidence, 100), "\n")

# %% id="poll-second-derivative" fold=true
Poll(
    "You know that $f'(2)=0$ and $f''(2)=0$, and nothing else. At 2 the function has",
    ["a minimum.", "a maximum.", "a point of inflection.", "any of these, as far as you know."],
    answer=3,
    reasons=[
        "So it is for $(x-2)^4$, but not for $-(x-2)^4$.",
        "So it is for $-(x-2)^4$, but not for $(x-2)^4$.",
        "So it is for $(x-2)^3$, but not for $(x-2)^4$: a zero of $f''$ is an inflection only if $f''$ changes its sign.",
        "Look at the sign of $f'$ on both sides, or at higher derivatives.",
    ],
    name="Poll: when the second derivative is zero",
)

# %% [markdown] id="gradient"
# ## More variables: the gradient is the best linear factor
#
# Now $f$ depends on several numbers, $x=(x_1,\dots,x_n)$. Each has its own partial derivative, what happens if this one alone is
# moved, and the **gradient** collects them in the shape of $x$:
#
# {formula:gradient}
#
# (The *derivative* is the same numbers as a row, $\nabla f(x)^T$. It will matter from lecture 11 on which of the two is meant; code
# stores gradients.) What is it good for? In one dimension $f(x+\Delta x)-f(x)\approx f'(x)\,\Delta x$: to a small change the
# function answers with a multiple of it. With several variables the answers to the single changes add up:
#
# {formula:total-differential}
#
# Watch how good that is for our bowl $f=x_1^2+x_1x_2+4x_2^2$ at the point $(2,1.5)$, for steps of length $h$ in one fixed
# direction. Look at the last column.

# %% id="linear-factor"
bowl = SURFACES["tilted bowl"]
x = np.array([2.0, 1.5])
g = bowl.gradient_at(x)
assert np.allclose(g, numerical_gradient(bowl, x), atol=1e-7)
print("gradient at (2, 1.5):", g)

v = np.array([0.6, -0.8])
print("\n     h   true change   gradient says   error   error / h²")
for h in (1.0, 0.1, 0.01, 0.001):
    change, linear = bowl(x + h * v) - bowl(x), g @ (h * v)
    print(
        f"{h:6}   {change:11.6f}   {linear:13.6f}   {change - linear:.6f}   {(change - linear) / h**2:8.4f}"
    )

# %% [markdown] id="error-is-quadratic"
# Ten times as small a step makes the error a hundred times as small. That is what *best linear factor* means: no other row of
# numbers does that. What stands in the last column we shall meet again: it is half of a curvature.
#
# So at a stationary point, where the gradient is zero, *no* small step in *any* direction changes $f$ to first order. That is the
# "flat ground" of many dimensions.
#
# ## Which way is steepest?
#
# Fix the length of the step, say 1, and choose only its direction $v$. How fast does $f$ rise that way? By the inner product with
# the gradient:
#
# {formula:directional-derivative}
#
# > **Think first.** For which direction is this largest? For which is it zero?
#
# An inner product of two arrows is the product of their lengths and the cosine of the angle between them,
#
# {formula:inner-product}
#
# so with the length of $v$ fixed, the angle is all that is left. The picture does not use this: for each direction it *measures* the
# slope, by walking a little that way on the bowl and back. Look where the curve is highest, lowest and zero.

# %% id="slope-by-angle" fold=true


def by_angle(values, marks, what, title, alt):
    """A quantity measured in every direction, with some directions marked."""
    with theme():
        drawn, axes = figure(7.6, 3.8)
        axes.plot(degrees, values, color=BLUE)
        axes.axhline(0, color="#8c959f", linewidth=0.8)
        for angle, name in marks.items():
            axes.axvline(angle, color=ORANGE, linestyle="--", linewidth=1.4)
            axes.annotate(
                name,
                (angle, 0.03),
                xycoords=("data", "axes fraction"),
                rotation=90,
                ha="right",
                xytext=(-3, 0),
                textcoords="offset points",
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
            )
        axes.set(
            xlabel="direction, in degrees from the $x_1$ axis",
            ylabel=what,
            xlim=(0, 360),
            xticks=range(0, 361, 45),
        )
        axes.set_title(title)
    return Picture(drawn, alt)


degrees = np.arange(0, 360)
directions = np.stack([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))], axis=1)
h = 1e-5
slopes = np.array([(bowl(x + h * v) - bowl(x - h * v)) / (2 * h) for v in directions])
uphill = np.degrees(np.arctan2(g[1], g[0]))
assert np.allclose(slopes, np.linalg.norm(g) * np.cos(np.radians(degrees - uphill)), atol=1e-6)
by_angle(
    slopes,
    {
        uphill: "gradient",
        uphill + 90: "level line",
        uphill + 180: "minus gradient",
        uphill + 270: "level line",
    },
    "slope of $f$",
    "The slope in every direction is a cosine",
    f"Slope of the bowl at (2, 1.5) in each direction: a cosine, highest {slopes.max():.2f} in the direction of the gradient at "
    f"{uphill:.1f} degrees, lowest {slopes.min():.2f} opposite to it, and zero at right angles to it.",
)

# %% [markdown] id="steepest"
# Highest in the direction of the gradient itself, where the cosine is 1, and there the slope is the gradient's length:
#
# {formula:steepest-ascent}
#
# Lowest exactly opposite, which is the direction that lecture 06 will walk in. And zero at right angles to it: in these two directions
# one walks on the level.

# %% id="steepest-code"
steepest = slopes.argmax()
print(f"measured: slope {slopes[steepest]:.3f} at {degrees[steepest]}°")
print(f"gradient: length {np.linalg.norm(g):.3f} at {uphill:.1f}°")
assert np.isclose(slopes.max(), np.linalg.norm(g), rtol=1e-4)

# %% id="poll-directions" fold=true
Poll(
    "At some point the gradient of $f$ is $(3,4)$. Which statements are true there?",
    [
        "In the direction $(1,0)$ the function rises at the rate 3.",
        "No direction rises faster than 5 per unit of length.",
        "In the direction $(-4,3)$ it neither rises nor falls, to first order.",
        "In the direction $(0,-1)$ it rises at the rate 4.",
    ],
    answer=[0, 1, 2],
    reasons=[
        "The inner product of (3, 4) and (1, 0): the first partial derivative is just that.",
        "The length of the gradient is 5, and the slope is 5 times a cosine.",
        "Their inner product is −12 + 12 = 0: it runs along the level line.",
        "It falls at that rate: the inner product is −4.",
    ],
    name="Poll: slopes in other directions",
)

# %% [markdown] id="level-sets"
# ## Why is the gradient orthogonal to the level set, and how does that give Lagrange multipliers?
#
# A **level set** is where $f$ has one and the same value: on a map of mountains, a contour line. Walk along it on any path $c(t)$.
# By definition the height does not change on the way, so its derivative along the path is 0; and by the formula for slopes, this
# derivative is the gradient times your velocity $c'(t)$:
#
# {formula:orthogonal-to-level-set}
#
# An inner product of 0 is a right angle. That is the whole proof: **the gradient has no component along a level set, because along
# a level set there is nothing to be gained.**
#
# In the widget you can move a point over several landscapes. The level line's direction is found there by looking on a small circle
# for points of the same height, not from the gradient; the angle between the two is printed. Try to find a point where it is not 90°.
# (Arrow keys move the sliders, a click on the picture the point. The two other axes you will need a little later.)

# %% id="level-widget"
level_explorer = hessian_explorer(function="curved valley", x1=-0.5, x2=1.5)
level_explorer.label = "Gradient and level line"
level_explorer

# %% [markdown] id="lagrange"
# ### From there to Lagrange multipliers
#
# Now suppose we may not go everywhere, but only along a line or curve $g(x)=0$: a path across the mountains. Where on this path is the
# lowest point?
#
# As long as $-\nabla f$ has a component *along* the path, we can walk that way and get lower. At the lowest point of the path it can
# have none. So there $\nabla f$ is orthogonal to the path. But the path is itself a level set, that of $g$ at the value 0, so $\nabla g$ is
# orthogonal to it, too. Two vectors at right angles to the same curve are parallel (and in more dimensions: what is orthogonal to
# every direction in which $g$ keeps its value is a multiple of $\nabla g$, if that is not zero):
#
# {formula:lagrange-condition}
#
# The factor $\mu$ is called the **Lagrange multiplier**. Together with $g(x)=0$ these are as many equations as unknowns. (The condition
# is necessary, not sufficient: highest points fulfil it as well.)
#
# An example: the lowest point of our bowl on the line $x_1+x_2=2$. Here $\nabla g=(1,1)$, so both components of $\nabla f$ must be equal:
# $2x_1+x_2=x_1+8x_2$, hence $x_1=7x_2$, and with $x_1+x_2=2$ the point is $(1.75,0.25)$. In the picture compare the two arrows at the
# lowest point, and at the other one.

# %% id="lagrange-picture" fold=true
best, other = np.array([1.75, 0.25]), np.array([0.25, 1.75])
with theme():
    drawn = contours(bowl, x=(-1, 3), y=(-1, 3))
    axes = drawn.axes[0]
    axes.set_aspect("equal")
    axes.plot([-1, 3], [3, -1], color="#1b1f24", linewidth=2)
    axes.annotate("the path $x_1+x_2=2$", (2.05, 0.05), xytext=(1.1, -0.75), arrowprops={"arrowstyle": "-"})
    for point in (best, other):
        # The arrow below is longer and broader, so that both are seen where they agree.
        for vector, colour, long, broad in (
            (bowl.gradient_at(point), ORANGE, 1.1, 6),
            ([1.0, 1.0], BLUE, 0.7, 2.2),
        ):
            tip = point + long * np.array(vector) / np.linalg.norm(vector)
            axes.annotate(
                "", tip, point, arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": broad}
            )
        axes.plot(*point, "o", color="#f2c200", markeredgecolor="#1b1f24", markersize=9)
    axes.plot([], [], color=ORANGE, label=r"direction of $\nabla f$")
    axes.plot([], [], color=BLUE, label=r"direction of $\nabla g$")
    axes.set_title("At the lowest point of the path both arrows agree")
    axes.legend(loc="upper right")
Picture(
    drawn,
    "Level lines of the tilted bowl and the line x1 + x2 = 2. At (1.75, 0.25), the lowest point of the line, the gradients of f and g "
    "point the same way, at right angles to the line. At (0.25, 1.75) they do not: the gradient of f has a component along the line.",
)

# %% [markdown] id="lagrange-check-intro"
# Is it right? Walk along the line and look for the least value, without any gradient. And what does $\mu$ tell? Move the path a little,
# to $x_1+x_2=2+\varepsilon$: the least value changes by $\mu\,\varepsilon$. It is the price of the constraint.

# %% id="lagrange-check"


def on_the_line(total, t):
    return float(bowl([t, total - t]))


found = minimize_scalar(lambda t: on_the_line(2.0, t))
print("found by search along the line: x1 =", round(found.x, 6), "  f =", round(found.fun, 6))
print("gradient of f at (1.75, 0.25):", bowl.gradient_at([1.75, 0.25]), "= 3.75 · (1, 1)")

eps = 1e-3
lowest = [minimize_scalar(lambda t, c=c: on_the_line(c, t)).fun for c in (2 - eps, 2 + eps)]
print("change of the least value per unit of the constraint:", round((lowest[1] - lowest[0]) / (2 * eps), 4))
assert np.isclose(found.x, 1.75) and np.isclose((lowest[1] - lowest[0]) / (2 * eps), 3.75)

# %% [markdown] id="try-lagrange"
# ### Try it: the nearest point
#
# Which point of the line $x_1+2x_2=5$ is nearest to the origin? Take $f=x_1^2+x_2^2$ and $g=x_1+2x_2-5$, write down
# $\nabla f=\mu\nabla g$ and solve with a pencil.

# %% id="try-lagrange-code"
my_point = None  # for example [1.5, 1.75]
my_multiplier = None  # μ

# %% id="check-lagrange" fold=true
nearest = minimize_scalar(lambda t: (5 - 2 * t) ** 2 + t**2).x
nearest = np.array([5 - 2 * nearest, nearest])
display(
    check_answer(
        "the nearest point",
        my_point,
        nearest,
        hint="The point must be a multiple of (1, 2), and on the line.",
        tolerance=1e-5,
    ),
    check_answer(
        "the multiplier",
        my_multiplier,
        2 * nearest[0] / 1,
        hint="Compare the first components of the two gradients.",
        tolerance=1e-5,
    ),
)

# %% id="solution-lagrange" fold=true
# Solution
# (2 x1, 2 x2) = μ (1, 2) gives x1 = μ/2 and x2 = μ; on the line μ/2 + 2 μ = 5, so μ = 2.
mu = 2.0
assert np.allclose([mu / 2, mu], nearest, atol=1e-6)

# %% [markdown] id="hessian"
# ## The Hessian: how the ground bends
#
# On flat ground the gradient says nothing any more, and the question is how $f$ bends: the second derivatives. There are $n^2$ of
# them, each variable's slope differentiated to each variable, in a matrix:
#
# {formula:hessian}
#
# It is symmetric, because the order of two differentiations does not matter (for functions with continuous second derivatives):
#
# {formula:hessian-symmetry}
#
# And it is what the gradient left out above. To second order
#
# {formula:taylor-second-order}
#
# The last column of that first table was $\frac12v^THv$. The number $v^THv$ is the second derivative of $f$ along the direction $v$, its
# **curvature** in that direction:
#
# {formula:curvature-in-a-direction}

# %% id="hessian-code"
H = bowl.hessian_at(x)
v = np.array([0.6, -0.8])
print("Hessian:\n", H)
print("half of vᵀHv:", round(0.5 * v @ H @ v, 6), "- the last column of the table above")
differences = np.stack(
    [(bowl.gradient_at(x + 1e-5 * e) - bowl.gradient_at(x - 1e-5 * e)) / 2e-5 for e in np.eye(2)]
)
assert np.allclose(H, differences, atol=1e-6)

# %% [markdown] id="eigenvectors"
# ## What do Hessian eigenvectors mean?
#
# > **Think first.** A matrix has four entries here, and there are infinitely many directions. In which of them is the bowl bent most,
# > in which least?
#
# Again we measure first: in each direction walk a small step forward and one back, and compare both values with the one in the middle.

# %% id="curvature-by-angle" fold=true
h = 1e-3
bends = np.array([(bowl(x + h * v) - 2 * bowl(x) + bowl(x - h * v)) / h**2 for v in directions])
values, vectors = np.linalg.eigh(H)
axis_angles = np.degrees(np.arctan2(vectors[1], vectors[0])) % 180
assert np.allclose(bends, np.einsum("ni,ij,nj->n", directions, H, directions), atol=1e-4)
by_angle(
    bends,
    {axis_angles[0]: "first eigenvector", axis_angles[1]: "second eigenvector"},
    "curvature of $f$",
    "The curvature is extreme along the eigenvectors",
    f"Curvature of the bowl in each direction: it swings between {bends.min():.3f}, along the first eigenvector at {axis_angles[0]:.1f} "
    f"degrees, and {bends.max():.3f}, along the second at {axis_angles[1]:.1f} degrees, at right angles to it.",
)

# %% [markdown] id="axes-of-curvature"
# The extremes are at right angles to each other, and they lie at the **eigenvectors** of $H$; the values there are the
# **eigenvalues**:
#
# {formula:hessian-axes}
#
# So the eigenvectors are the *axes* of the bowl, the directions in which it is a plain parabola, and the eigenvalues are the curvatures
# along them. In these coordinates everything falls apart into one-dimensional pieces,
#
# {formula:quadratic-in-axes}
#
# and no direction can be bent more than the last axis or less than the first:
#
# {formula:largest-curvature}
#
# {formula:least-curvature}

# %% id="axes-code"
print("eigenvalues:", values.round(4), "  extremes measured:", bends.min().round(4), bends.max().round(4))
print("eigenvectors (columns):\n", vectors.round(4))
assert np.allclose(curvatures(H), [bends.min(), bends.max()], atol=2e-3)

# %% [markdown] id="not-steepest"
# One thing they are **not**. The student's notes among our sources say that the eigenvectors give the directions of greatest increase
# or decrease. Increase is a matter of *first* derivatives, and its direction is the gradient. The simplest function that separates the
# two is $x_1+x_2^2$ at the origin: it rises along $x_1$ and bends along $x_2$.

# %% id="not-steepest-code"
proof = erratum("c-eigenvectors").proof()
assert not proof.printed_holds and proof.right_holds
print(fill(proof.evidence, 100))

# %% [markdown] id="definite"
# ## Valley, summit, pass
#
# Now a stationary point can be read off the signs of the eigenvalues. The linear part is gone, and what is left of $f$ close by is a
# sum of parabolas, one for each axis:
#
# | eigenvalues of $H$ | $H$ is called | the point is |
# |---|---|---|
# | all positive | positive definite | a **minimum**: up in every direction |
# | all negative | negative definite | a **maximum**: down in every direction |
# | some positive, some negative | indefinite | a **saddle**: a mountain pass, up along some axes and down along others |
# | none of the other sign, but some zero | semidefinite | **undecided**: along such an axis look further |
#
# The last line is the many-dimensional twin of $f''=0$. (The notes have it that an eigenvalue of 0 means a point of inflection.
# As $x^4$ shows, it need not.)
#
# Look for all of them in the widget: start at the saddle; find the two valleys of "two minima" and the pass between them. What do the
# axes do on the curved valley when you move the point along its floor?

# %% id="curvature-widget"
axes_explorer = hessian_explorer(function="saddle", x1=0.0, x2=0.0)
axes_explorer.label = "Axes of curvature"
axes_explorer

# %% id="zero-eigenvalue"
proof = erratum("c-zero-eigenvalue").proof()
assert not proof.printed_holds and proof.right_holds
print(proof.evidence)
for name, matrix in {
    "x1² + 3 x2²": [[2, 0], [0, 6]],
    "x1² - 3 x2²": [[2, 0], [0, -6]],
    "x1² + x2⁴": [[2, 0], [0, 0]],
    "x1 x2": [[0, 1], [1, 0]],
}.items():
    print(f"{name:12} at 0: eigenvalues {curvatures(matrix)}, {classify_stationary_point(matrix)}")

# %% [markdown] id="no-diagonal"
# Look at the last line. $x_1x_2$ has zeros on the whole diagonal: along $x_1$ alone and along $x_2$ alone nothing happens. And still it is
# a saddle, because it rises along $(1,1)$ and falls along $(1,-1)$. The diagonal knows the curvatures along the coordinate axes only.

# %% id="poll-hessian" fold=true
Poll(
    "At a stationary point the Hessian has the eigenvalues −1, 2 and 500. The point is",
    [
        "a minimum, since the sum is positive.",
        "a maximum, since one of them is negative.",
        "a saddle.",
        "undecided.",
    ],
    answer=2,
    reasons=[
        "The large ones do not help: along the first axis $f$ falls.",
        "For a maximum all of them must be negative.",
        "Up along two axes and down along one.",
        "Only zeros leave it open, and only if no two of the others differ in sign.",
    ],
    name="Poll: reading eigenvalues",
)

# %% [markdown] id="closed-form"
# ## With a pencil: a minimum in closed form
#
# Put together, there is a recipe: **solve $\nabla f(x)=0$; compute the Hessian there; look at the signs of its eigenvalues.** An example with
# three variables:
#
# {formula:three-variables}
#
# ### Try it: the gradient
#
# Differentiate to each of the three variables, with a pencil, and write the result into the function.

# %% id="try-gradient"


def my_gradient(x):
    """The three partial derivatives at x; x[0] is x1, x[1] is x2, x[2] is x3."""
    derivatives = None  # your line: np.array([..., ..., ...])
    return derivatives


# %% id="check-gradient"
three = SURFACES["three variables"]
check_function(
    "my_gradient",
    my_gradient,
    [([0.0, 0.0, 0.0],), ([1.0, 2.0, 3.0],), ([-0.5, 0.3, 2.0],)],
    lambda x: numerical_gradient(three, np.array(x)),
    hint="Each product of two variables appears in two of the components.",
    tolerance=1e-5,
)

# %% id="solution-gradient" fold=true


# Solution
def gradient_of_three(x):
    x1, x2, x3 = x
    return np.array([2 * x1 + 1 - x2, -x1 + 2 * x2 - x3, -x2 + 2 * x3 + 1])


assert np.allclose(
    gradient_of_three([1.0, 2.0, 3.0]), numerical_gradient(three, np.array([1.0, 2.0, 3.0])), atol=1e-6
)

# %% [markdown] id="solve-three"
# The gradient is
#
# {formula:three-variables-gradient}
#
# and set to zero these are three linear equations. The first gives $x_2=2x_1+1$, the third $x_2=2x_3+1$, so $x_1=x_3$; and the second then
# $2x_2=2x_1$. So all three are equal, and $x_1=2x_1+1$ leaves only
#
# {formula:three-variables-stationary}
#
# The Hessian is the same at every point:
#
# {formula:three-variables-hessian}
#
# In general a quadratic function $\frac12x^THx+c^Tx$ has the gradient $Hx+c$ and, if $H$ is positive definite, its one minimum at
#
# {formula:closed-form-minimum}

# %% id="n1"
A = three.hessian_at(np.zeros(3))
c = three.gradient_at(np.zeros(3))
stationary = np.linalg.solve(A, -c)
print(
    "stationary point:", stationary, " gradient there:", numerical_gradient(three, stationary).round(6) + 0.0
)
print("eigenvalues:", curvatures(A).round(3), " so it is a", classify_stationary_point(A))
assert np.allclose(stationary, [-1, -1, -1])
assert np.array_equal(A, [[2, -1, 0], [-1, 2, -1], [0, -1, 2]])
assert np.allclose(curvatures(A), [0.586, 2, 3.414], atol=5e-4)

# %% [markdown] id="try-misprint"
# ### Try it: the misprint
#
# In the lecture deck from which this example comes, the function is printed with $-x_2^2$ instead of $+x_2^2$, and then the gradient,
# the point and the Hessian above follow. One sign in one place! Take the *printed* function,
# $x_1^2+x_1(1-x_2)-x_2^2-x_2x_3+x_3^2+x_3$, seriously: where is it stationary, and what kind of point is that?
# (`np.linalg.solve` and `curvatures` may help.)

# %% id="try-misprint-code"
my_stationary = None  # three numbers
my_kind = None  # "minimum", "maximum", "saddle" or "inconclusive"

# %% id="check-misprint" fold=true
printed = SURFACES["three variables, misprinted"]
B = printed.hessian_at(np.zeros(3))
display(
    check_answer(
        "the stationary point",
        my_stationary,
        np.linalg.solve(B, -printed.gradient_at(np.zeros(3))),
        hint="Only the second component of the gradient changes, to -x1 - 2 x2 - x3.",
    ),
    check_answer(
        "its kind", my_kind, classify_stationary_point(B), hint="Look at the signs of all three eigenvalues."
    ),
)

# %% id="solution-misprint" fold=true
# Solution
# The gradient is (2 x1 + 1 - x2, -x1 - 2 x2 - x3, -x2 + 2 x3 + 1); again x1 = x3, now x2 = -x1, so 3 x1 = -1.
assert np.allclose(numerical_gradient(printed, np.array([-1, 1, -1]) / 3), 0, atol=1e-8)
assert np.allclose(curvatures([[2, -1, 0], [-1, -2, -1], [0, -1, 2]]), [-2.449, 2, 2.449], atol=5e-4)
assert classify_stationary_point(B) == "saddle"

# %% [markdown] id="misprint-moral"
# A sign turns a valley into a pass, and the "minimum" of the slides is not even a flat place of the printed function. You would not have
# found that by reading; a difference quotient finds it in a second. Make it a habit: **never believe a gradient that you have not
# checked.**

# %% id="misprint-proof"
proof = erratum("a-three-variables-sign").proof()
assert not proof.printed_holds and proof.right_holds
print(fill(proof.evidence, 100))

# %% [markdown] id="no-closed-form"
# ## When there is no closed form
#
# That the equations could be solved was luck: the gradient was linear. Already $f(x)=e^x+x^2$, a perfectly good valley, has
# $f'(x)=e^x+2x$, and no formula in elementary functions solves $e^x=-2x$. The minimum exists; we can enclose it, as closely as we like,
# but not write it down.
#
# The same happens with a single sigmoid unit. The mean cross-entropy of its outputs $y_t=S(wx_t)$ has the derivative
# $\frac1T\sum_t(S(wx_t)-d_t)\,x_t$, in which $w$ stands inside an exponential in every term.

# %% id="no-closed-form-code"
root = brentq(lambda t: np.exp(t) + 2 * t, -1, 0)
print(f"minimum of e^x + x² enclosed: x = {root:.6f}")

inputs, labels = np.array([-2.0, -1.0, 0.5, 1.0, 2.0]), np.array([0.0, 1.0, 0.0, 1.0, 1.0])
weight = brentq(lambda w: np.mean((sigmoid(w * inputs) - labels) * inputs), -5, 5)
print(f"best weight of one sigmoid unit on five instances: w = {weight:.6f}")

# %% [markdown] id="iterate"
# For one weight an interval can be halved again and again. For a thousand weights there are no intervals. What is left is what we know
# about the ground beneath our feet, the gradient: guess a point, go downhill, repeat. That is lecture 06.
#
# ## Is a local minimum a global one?
#
# Everything in this lecture looked at the *neighbourhood* of a point. A **local** minimum is lower than the points near it; a **global**
# one is lower than all. In general the first says nothing about the second:

# %% id="local-global"
valleys = SURFACES["two minima"]
# On x2 = 0 the gradient is zero where x1³ - x1 + 0.1 = 0.
for x1 in np.sort(np.roots([1, 0, -1, 0.1]).real):
    point = np.array([x1, 0.0])
    assert np.allclose(valleys.gradient_at(point), 0, atol=1e-12)
    kind = classify_stationary_point(valleys.hessian_at(point))
    print(f"x1 = {x1:7.4f}: f = {valleys(point):8.5f}, {kind}")

# %% [markdown] id="convex"
# Two minima, at different heights, and a saddle between them; no derivative at the higher one betrays that there is a lower one.
#
# There is one great exception. A **convex** function lies nowhere above its chords (equivalently, where there are second derivatives: its
# Hessian has no negative eigenvalue anywhere). For such a function *every local minimum is global*. Here is why: were there a lower
# point elsewhere, the chord to it would lead downhill right from the start; the function, lying below the chord, would go down as
# well, arbitrarily close by. So we were not at a local minimum.
#
# Is the loss of a network convex?
#
# > **Think first.** Take a trained network and exchange two of its hidden units, with all their weights. What happens to the loss?
#
# Nothing happens: the same sums are added in another order. So the exchanged weights are as good as the old ones. If the loss were
# convex, then *half-way* between the two it could not be higher. Let us look.

# %% id="not-convex"
net = MLP(widths=(2, 2, 1), hidden=sigmoid, output=sigmoid)
corners = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
xor = np.array([[0.0], [1.0], [1.0], [0.0]])
solved = {
    "W1": np.array([[12.0, 12.0], [-12.0, -12.0]]),
    "b1": np.array([-6.0, 18.0]),
    "W2": np.array([[12.0, 12.0]]),
    "b2": np.array([-18.0]),
}
exchanged = {
    "W1": solved["W1"][::-1],
    "b1": solved["b1"][::-1],
    "W2": solved["W2"][:, ::-1],
    "b2": solved["b2"],
}
halfway = {name: (solved[name] + exchanged[name]) / 2 for name in solved}
for name, params in {"one": solved, "exchanged": exchanged, "half-way": halfway}.items():
    print(f"{name:10} loss {net.loss(params, corners, xor):.6f}")
assert np.isclose(net.loss(solved, corners, xor), net.loss(exchanged, corners, xor))
assert net.loss(halfway, corners, xor) > 0.1

# %% [markdown] id="not-convex-meaning"
# Half-way it is much higher: **the loss of a network with hidden units is not convex.** It has many minima (at least one for each order of
# the hidden units, all of the same height) and passes between them, and perhaps valleys that are not as deep. In practice one of the
# many good ones is usually found; a promise there is none.

# %% id="poll-local" fold=true
Poll(
    "At a point the gradient is 0 and all eigenvalues of the Hessian are positive. You know that it is",
    [
        "a local minimum.",
        "a global minimum.",
        "a global minimum if the function is convex.",
        "the only minimum.",
    ],
    answer=[0, 2],
    reasons=[
        "Close by, $f$ is a sum of parabolas that all open upwards.",
        "The neighbourhood says nothing of what is far away.",
        "On a convex function there are no local minima but global ones.",
        "There may be others elsewhere, higher or lower.",
    ],
    name="Poll: local and global",
)

# %% [markdown] id="summary"
# ## Summary
#
# * A minimum of a smooth function is stationary: its gradient is 0. The converse needs second derivatives, and where these are zero,
#   more than that.
# * The gradient is the best linear factor. Hence it points steepest uphill, its length is the slope there, and it stands at right angles
#   on the level set.
# * On a constraint the lowest point has $\nabla f=\mu\nabla g$.
# * Eigenvectors of the Hessian are axes of curvature, eigenvalues the curvatures. All positive: minimum; all negative: maximum; mixed:
#   saddle; zeros: look further.
# * Quadratic functions are solved in closed form. Networks are not, and they are not convex either.
#
# **Next:** [lecture 06](06-gradient-descent.ipynb) walks downhill, and the eigenvalues from here will say how long its steps may be.
# **Practise** with [problem set 1](../assignments/release/ps1/ps1.ipynb): gradients, Hessians and the classification of points.
#
# ### Sources, and where they are wrong
#
# The order of topics and the three-variable example follow a lecture deck on optimisation and the full algorithms (*A*). The questions
# in the headings are from a student's notes on it (*C*), which mark them "clarify"; the derivations that answer them are ours.
#
# * *A* prints the sign of $x_2^2$ wrongly in the three-variable example (above, with its proof).
# * *A* calls every zero of $f'$ a turning point and everything with $f''\le0$ a maximum: $x^3$ and $x^4$.
# * *C* takes eigenvectors of the Hessian for directions of greatest increase, and an eigenvalue of 0 for an inflection.

# %% id="errata-proof"
for name in (
    "a-three-variables-sign",
    "a-second-derivative-test",
    "a-turning-point",
    "c-eigenvectors",
    "c-zero-eigenvalue",
):
    proof = erratum(name).proof()
    assert not proof.printed_holds and proof.right_holds
    print(f"{name}: the printed form does not hold, the right one does")
