"""Ordinary test code, to be run beside the student's code and across the split with the same verdict.

`STUDENT` is written as students write; `PASSING` holds snippets that pass, `FAILING` snippets that must fail
with the error named. Every snippet runs in a namespace of its own.
"""

STUDENT = '''
from collections import namedtuple
from dataclasses import dataclass
from functools import wraps
import numpy as np
import random

W = np.arange(6.0).reshape(2, 3)
history = [3.0, 2.0, 1.0]
params = {"W1": np.ones((2, 2)), "b1": np.zeros(2), "steps": 0}
Fit = namedtuple("Fit", "loss steps")
calls = 0

class ShapeError(ValueError):
    """Raised for wrong shapes."""

class Stop(Exception):
    pass

def sigmoid(z):
    """The logistic sigmoid."""
    return 1 / (1 + np.exp(-np.asarray(z, dtype=float)))

def softmax(z, axis=-1):
    e = np.exp(z - np.max(z, axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)

def loss():
    return float((W ** 2).sum())

def total():
    return sum(history)

def depth_of(params):
    return {key: np.shape(value) for key, value in params.items()}

def read_params():
    return float(params["W1"].sum() + params["b1"].sum())

def update(params, grads, eta=0.1):
    for key in grads:
        params[key] -= eta * grads[key]

def numerical_gradient(f, x, h=1e-6):
    slopes = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[place] = h
        slopes[place] = (f(x + step) - f(x - step)) / (2 * h)
    return slopes

def compose(*functions):
    def composed(x):
        for function in functions:
            x = function(x)
        return x
    return composed

def make_counter():
    count = 0
    def counter():
        nonlocal count
        count += 1
        return count
    return counter

def counted(function):
    @wraps(function)
    def inner(*args, **kwargs):
        global calls
        calls += 1
        return function(*args, **kwargs)
    return inner

@counted
def square(x):
    """The square."""
    return x * x

def apply(f, *args, **kwargs):
    return f(*args, **kwargs)

def factorial(n):
    return 1 if n <= 1 else n * factorial(n - 1)

def endless_recursion(n):
    return endless_recursion(n + 1)

def checked(x):
    if np.ndim(x) != 2:
        raise ShapeError(f"x must have 2 axes, got {np.ndim(x)}")
    return x

def divide(a, b):
    return a / b

def log(x):
    return np.log(x)

def batches(data, size):
    for start in range(0, len(data), size):
        yield data[start:start + size]

def naturals():
    n = 0
    while True:
        yield n
        n += 1

def report(name, value, digits=3):
    print(f"{name}: {value:.{digits}f}")

def fit():
    return Fit(loss=0.5, steps=10)

def init(rng, shape):
    return rng.normal(size=shape)

def init_global(shape):
    return np.random.randn(*shape)

def pick():
    return random.random()

def norm_of_rows(X):
    return np.linalg.norm(X, axis=1)

def invert(A):
    return np.linalg.inv(A)

def spectrum(x):
    return np.fft.fft(x)

def describe(value):
    return str(value)

def zero_in_place(x):
    x[...] = 0
    return x

def name_of(activation="tanh"):
    return {"tanh": np.tanh, "sigmoid": sigmoid}[activation]

def takes_all(a, b=2, *rest, c, d=4, **more):
    return (a, b, rest, c, d, more)

class Layer:
    """One layer."""
    kind = "dense"
    made = 0

    def __init__(self, width, activation=sigmoid):
        self.W = np.full((width, width), 0.5)
        self.b = np.zeros(width)
        self.activation = activation
        self.trace = []
        Layer.made += 1

    def forward(self, x):
        """Compute the outputs."""
        z = self.W @ x + self.b
        self.trace.append(z)
        return self.activation(z)

    def loss(self, x):
        return float(self.forward(x).sum())

    @property
    def size(self):
        return self.W.size + self.b.size

    @property
    def gain(self):
        return self.W[0, 0]

    @gain.setter
    def gain(self, value):
        self.W[...] = value

    @classmethod
    def narrow(cls):
        return cls(1)

    @staticmethod
    def slope(y):
        return y * (1 - y)

    def __call__(self, x):
        return self.forward(x)

    def __repr__(self):
        return f"Layer({len(self.b)})"

class Wide(Layer):
    def forward(self, x):
        return super().forward(x) * 2

class Net:
    def __init__(self, widths):
        self.layers = [Layer(width) for width in widths]

    def __len__(self):
        return len(self.layers)

    def __getitem__(self, index):
        return self.layers[index]

    def __iter__(self):
        return iter(self.layers)

    def __contains__(self, width):
        return any(len(layer.b) == width for layer in self.layers)

    def __enter__(self):
        self.training = True
        return self

    def __exit__(self, kind, error, trace):
        self.training = False
        return kind is not None and issubclass(kind, ZeroDivisionError)

@dataclass
class Point:
    x: float
    y: float = 0.0

    def norm(self):
        return (self.x ** 2 + self.y ** 2) ** 0.5

class Dual:
    def __init__(self, value, slope=0.0):
        self.value, self.slope = value, slope
    def __add__(self, other):
        other = other if isinstance(other, Dual) else Dual(other)
        return Dual(self.value + other.value, self.slope + other.slope)
    __radd__ = __add__
    def __mul__(self, other):
        other = other if isinstance(other, Dual) else Dual(other)
        return Dual(self.value * other.value, self.value * other.slope + self.slope * other.value)
    __rmul__ = __mul__
    def __neg__(self):
        return self * -1
    def __lt__(self, other):
        return self.value < other

class Text(str):
    pass

class Matrix(np.ndarray):
    pass

def subclasses():
    return Text("ok"), np.arange(3.0).view(Matrix), True, Fit(1, 2)

def parse(text):
    raise Stop(text, 3)
'''

PASSING = {
    "closeness": "np.testing.assert_allclose(sigmoid(np.array([-1.0, 0, 1])).sum(), 1.5, rtol=1e-12)",
    "isclose": "import math\nassert math.isclose(sigmoid(0.0), 0.5) and math.isfinite(sigmoid(3.0))",
    "array equality": "np.testing.assert_array_equal(softmax(np.zeros((2, 4))), np.full((2, 4), 0.25))",
    "type of result": "y = sigmoid(np.ones(3))\nassert isinstance(y, np.ndarray) and y.dtype == float and y.shape == (3,)",
    "scalar result": "y = sigmoid(0.0)\nassert isinstance(y, float) and isinstance(y, np.floating) and np.isscalar(y)",
    "keyword arguments": "np.testing.assert_allclose(softmax(np.ones((3, 2)), axis=0), 1 / 3)",
    "every sort of parameter": """
assert takes_all(1, c=3) == (1, 2, (), 3, 4, {})
assert takes_all(1, 5, 6, 7, c=3, e="x") == (1, 5, (6, 7), 3, 4, {"e": "x"})
""",
    "error by type": """
try:
    divide(1, 0)
except ZeroDivisionError as error:
    assert "division" in str(error)
else:
    raise AssertionError("no error")
""",
    "error with raises": """
with np.testing.assert_raises(TypeError):
    divide(1, "a")
with np.testing.assert_raises(KeyError):
    name_of("relu")
""",
    "error with another tool": "import unittest\nwith unittest.TestCase().assertRaisesRegex(ValueError, 'axes'):\n    checked(np.ones(2))",
    "own error class": """
try:
    checked(np.ones(3))
except ShapeError as error:
    assert isinstance(error, ValueError) and type(error).__name__ == "ShapeError" and "got 1" in str(error)
else:
    assert False
""",
    "own error by its base": "try:\n    checked(1)\nexcept ValueError:\n    pass\nelse:\n    assert False",
    "arguments of an error": "try:\n    parse('a')\nexcept Stop as error:\n    assert error.args == ('a', 3)",
    "NumPy's errors": "try:\n    invert(np.zeros((2, 2)))\nexcept np.linalg.LinAlgError:\n    pass\nelse:\n    assert False",
    "too few arguments": "try:\n    sigmoid()\nexcept TypeError as error:\n    assert 'sigmoid' in str(error)\nelse:\n    assert False",
    "recursion": "assert factorial(20) == 2432902008176640000 and factorial(200) > 10**300",
    "recursion without end": "try:\n    endless_recursion(0)\nexcept RecursionError:\n    pass\nelse:\n    assert False",
    "callback": """
def f(x):
    return float((x ** 3).sum())
x = np.array([1.0, 2.0])
np.testing.assert_allclose(numerical_gradient(f, x), 3 * x ** 2, rtol=1e-6)
""",
    "callback that counts": """
seen = []
def f(x):
    seen.append(x.copy())
    return float(x.sum())
numerical_gradient(f, np.zeros(3))
assert len(seen) == 6 and all(x.shape == (3,) for x in seen)
""",
    "callback that raises": """
class Mine(Exception):
    pass
def f(*args):
    raise Mine("from the test")
try:
    apply(f, 1)
except Mine as error:
    assert str(error) == "from the test"
else:
    assert False
""",
    "callback into student code": "assert apply(lambda x: square(x) + 1, 3) == 10",
    "student function as argument": "np.testing.assert_allclose(apply(sigmoid, np.zeros(2)), 0.5)",
    "NumPy function as argument": "np.testing.assert_allclose(apply(np.tanh, 0.5), np.tanh(0.5))",
    "student method as argument": "layer = Layer(2)\nassert apply(layer.loss, np.zeros(2)) == 1.0",
    "functions that return functions": "assert compose(square, square)(3) == 81 and compose(square, lambda x: x + 1)(2) == 5",
    "closures keep their state": "a, b = make_counter(), make_counter()\nassert [a(), a(), b()] == [1, 2, 1]",
    "decorated function": "before = calls\nsquare(2)\nassert calls == before + 1\nassert square.__name__ == 'square' and square.__doc__ == 'The square.'",
    "chosen function": "assert name_of() is np.tanh and name_of('sigmoid')(0.0) == 0.5",
    "docstring and name": "assert sigmoid.__doc__ and 'logistic' in sigmoid.__doc__ and callable(sigmoid)",
    "signature": """
import inspect
parameters = inspect.signature(softmax).parameters
assert list(parameters) == ["z", "axis"] and parameters["axis"].default == -1
assert list(inspect.signature(Layer.forward).parameters) == ["self", "x"]
assert list(inspect.signature(Layer(1).forward).parameters) == ["x"]
""",
    "global array": "assert W.shape == (2, 3) and W[1, 2] == 5 and isinstance(W, np.ndarray)",
    "in-place writes into a global array": """
slopes = np.zeros_like(W)
for i in range(2):
    for j in range(3):
        W[i, j] += 1e-5
        up = loss()
        W[i, j] -= 2e-5
        down = loss()
        W[i, j] += 1e-5
        slopes[i, j] = (up - down) / 2e-5
np.testing.assert_allclose(slopes, 2 * W, atol=1e-6)
""",
    "augmented assignment to a global array": "W -= W\nassert loss() == 0.0\nW += np.arange(6.0).reshape(2, 3)\nassert loss() == 55.0",
    "writes into a view": "row = W[1]\nrow[0] = 10.0\nchanged = loss()\nrow[0] = 3.0\nassert changed == 55.0 - 9 + 100 and loss() == 55.0",
    "writes into a list": "history.append(4.0)\nassert total() == 10.0\nhistory.pop()\nassert total() == 6.0",
    "writes into an array of a dict": """
A = params["W1"]
before = read_params()
for _ in range(3):
    A[0, 0] += 1
    read_params()
assert read_params() == before + 3
A[0, 0] -= 3
""",
    "weights of a layer": """
layer = Layer(2)
x = np.array([1.0, -1.0])
numeric = np.zeros_like(layer.W)
for place in np.ndindex(layer.W.shape):
    kept = layer.W[place]
    layer.W[place] = kept + 1e-6
    up = layer.loss(x)
    layer.W[place] = kept - 1e-6
    down = layer.loss(x)
    layer.W[place] = kept
    numeric[place] = (up - down) / 2e-6
y = sigmoid(layer.W @ x)
np.testing.assert_allclose(numeric, np.outer(y * (1 - y), x), atol=1e-6)
""",
    "attributes": "layer = Layer(3)\nlayer.b = np.ones(3)\nassert layer.size == 12 and layer.b.sum() == 3 and layer.kind == 'dense'",
    "properties": "layer = Layer(2)\nlayer.gain = 7.0\nassert layer.gain == 7.0 and (layer.W == 7).all()",
    "class and static methods": "assert Layer.narrow().size == 2 and Layer.slope(0.5) == 0.25 and Layer.kind == 'dense'",
    "class attributes": "before = Layer.made\nLayer(1)\nassert Layer.made == before + 1",
    "isinstance": "layer = Wide(2)\nassert isinstance(layer, Wide) and isinstance(layer, Layer) and not isinstance(layer, Net)\nassert not isinstance(3, Layer)",
    "issubclass": "assert issubclass(Wide, Layer) and not issubclass(Layer, Wide) and issubclass(ShapeError, ValueError)",
    "type and its name": "layer = Layer(1)\nassert type(layer) is Layer and type(layer).__name__ == 'Layer' == Layer.__name__ == layer.__class__.__name__",
    "overridden method": "x = np.zeros(2)\nnp.testing.assert_allclose(Wide(2).forward(x), 2 * Layer(2).forward(x))",
    "unbound method": "layer = Layer(2)\nassert Layer.loss(layer, np.zeros(2)) == 1.0",
    "callable object": "layer = Layer(2)\nassert callable(layer) and layer(np.zeros(2)).shape == (2,) and not callable(Net([1]))",
    "text of an object": "assert repr(Layer(2)) == 'Layer(2)' and str(Layer(3)) == 'Layer(3)' and f'{Layer(1)}' == 'Layer(1)'",
    "hasattr": "layer = Layer(1)\nassert hasattr(layer, 'forward') and hasattr(layer, 'W') and not hasattr(layer, 'backward')\nassert getattr(layer, 'x', 3) == 3",
    "vars of an object": "assert set(vars(Point(1.0))) == {'x', 'y'} and Point(3.0, 4.0).norm() == 5.0",
    "length, index, iteration": "net = Net([1, 2])\nassert len(net) == 2 and net[1].size == 6 and [layer.size for layer in net] == [2, 6] and 2 in net and 5 not in net",
    "list of objects": "assert all(isinstance(layer, Layer) for layer in Net([1, 1]).layers) and len(Net([2]).layers) == 1",
    "no length": "try:\n    len(Layer(1))\nexcept TypeError:\n    pass\nelse:\n    assert False",
    "context manager": "net = Net([1])\nwith net as inner:\n    assert inner.training\nassert not net.training",
    "context manager that swallows": "with Net([1]):\n    1 / 0\ntry:\n    with Net([1]):\n        raise KeyError('k')\nexcept KeyError:\n    pass\nelse:\n    assert False",
    "objects as arguments": "layer = Layer(2)\nassert apply(Layer.forward, layer, np.zeros(2)).shape == (2,)\nassert describe(layer) == 'Layer(2)'",
    "objects in containers": "a, b = Layer(1), Layer(2)\nassert [describe(x) for x in (a, b)] == ['Layer(1)', 'Layer(2)']\nassert describe([a, b]) == '[Layer(1), Layer(2)]'",
    "objects in sets": "a, b = Layer(1), Layer(2)\nassert len({a, b, a}) == 2 and a is not None and a == a and a != None",
    "generator": "assert [list(part) for part in batches([1, 2, 3, 4, 5], 2)] == [[1, 2], [3, 4], [5]]",
    "next": "n = naturals()\nassert [next(n) for _ in range(3)] == [0, 1, 2]\nassert next(iter(batches([], 1)), 'none') == 'none'",
    "part of an endless generator": "import itertools\nassert sum(itertools.islice(naturals(), 5)) == 10",
    "zip with a generator": "assert [n for n, _ in zip(naturals(), 'abc')] == [0, 1, 2]",
    "printed text": """
import contextlib, io
out = io.StringIO()
with contextlib.redirect_stdout(out):
    report("loss", 0.12345)
assert out.getvalue() == "loss: 0.123\\n"
""",
    "named tuple": "r = fit()\nassert r.loss == 0.5 and r == (0.5, 10) and r[1] == 10 and isinstance(r, tuple) and r == Fit(0.5, 10) and isinstance(r, Fit)",
    "nested containers": "assert depth_of({'a': np.ones((2, 3)), 'b': [1, 2], 'c': 5.0}) == {'a': (2, 3), 'b': (2,), 'c': ()}",
    "dict of arrays": "assert set(params) == {'W1', 'b1', 'steps'} and params['W1'].shape == (2, 2)",
    "large arrays": "X = np.random.default_rng(0).normal(size=(1000, 1000))\nnp.testing.assert_array_equal(sigmoid(X), 1 / (1 + np.exp(-X)))",
    "arrays that are not contiguous": "X = np.arange(24.0).reshape(4, 6)\nfor part in (X.T, X[::2, ::-1], X[:, 1], np.asfortranarray(X)):\n    np.testing.assert_array_equal(square(part), part ** 2)",
    "arrays without axes": "y = square(np.array(3.0))\nassert y == 9.0 and np.ndim(y) == 0 and np.shape(sigmoid(np.array(0.0))) == ()",
    "empty arrays": "assert softmax(np.zeros((0, 3))).shape == (0, 3) and norm_of_rows(np.zeros((0, 2))).size == 0",
    "NaN and infinity": "assert np.isnan(square(float('nan'))) and square(np.inf) == np.inf and np.isnan(square(np.array([np.nan])))[0]",
    "complex numbers": "np.testing.assert_allclose(spectrum([1.0, 0, 0, 0]), np.ones(4))\nassert spectrum([1.0]).dtype == complex and square(1j) == -1",
    "boolean arrays": "assert square(np.array([True, False])).dtype == bool and apply(np.any, np.array([False])) == False",
    "integer arrays": "assert square(np.array([2, 3])).dtype.kind == 'i' and square(np.int8(3)) == 9 and square(7) == 49",
    "single precision": "assert square(np.ones(2, dtype=np.float32)).dtype == np.float32",
    "text arrays": "assert describe(np.array(['a', 'bc'])) == \"['a' 'bc']\"",
    "subclasses of plain types": "a, b, c, d = subclasses()\nassert a == 'ok' and isinstance(a, str) and b.sum() == 3 and c is True and d == (1, 2)",
    "types and dtypes as arguments": "assert apply(np.zeros, 2, dtype=np.float32).dtype == np.float32 and apply(float, '2') == 2.0 and apply(np.ones, 2, dtype=np.dtype('i4')).dtype == 'i4'",
    "random generator": "a = init(np.random.default_rng(3), (2, 2))\nnp.testing.assert_array_equal(a, np.random.default_rng(3).normal(size=(2, 2)))",
    "random generator used twice": "rng = np.random.default_rng(3)\na, b = init(rng, (2,)), init(rng, (2,))\nassert not np.array_equal(a, b)",
    "global seed": "np.random.seed(5)\na = init_global((2, 2))\nnp.random.seed(5)\nnp.testing.assert_array_equal(a, np.random.randn(2, 2))",
    "global seed goes on": "np.random.seed(5)\na = np.concatenate([init_global((2,)), init_global((2,))])\nnp.random.seed(5)\nnp.testing.assert_array_equal(a, np.random.randn(4))",
    "seed of the standard library": "import random\nrandom.seed(4)\na = pick()\nrandom.seed(4)\nassert a == random.random()",
    "error state": "with np.errstate(all='raise'):\n    try:\n        log(np.array([0.0]))\n    except FloatingPointError:\n        pass\n    else:\n        assert False",
    "error state is over": "with np.errstate(all='raise'):\n    pass\nwith np.errstate(divide='ignore'):\n    assert log(np.array([0.0]))[0] == -np.inf",
    "print options": "with np.printoptions(precision=2):\n    assert describe(np.array([1.23456])) == '[1.23]'\nassert describe(np.array([1.23456])) == '[1.23456]'",
    "warnings as errors": "import warnings\nwith warnings.catch_warnings():\n    warnings.simplefilter('error')\n    try:\n        log(np.array([-1.0]))\n    except RuntimeWarning:\n        pass\n    else:\n        assert False",
    "recorded warnings": "import warnings\nwith warnings.catch_warnings(record=True) as seen:\n    warnings.simplefilter('always')\n    log(np.array([-1.0]))\nassert len(seen) == 1 and seen[0].category is RuntimeWarning and 'invalid' in str(seen[0].message)",
    "copy of an object": "import copy\na = Layer(1)\nb = copy.deepcopy(a)\nb.W[0, 0] = 9.0\nassert a.gain == 0.5 and b.gain == 9.0",
    "names are there": "assert 'sigmoid' in globals() and 'relu' not in globals()",
    "missing name": "try:\n    relu(3)\nexcept NameError as error:\n    assert 'relu' in str(error)\nelse:\n    assert False",
    "binding a name of the student": "set_student(W=np.zeros((2, 3)))\nassert loss() == 0.0\nset_student(W=np.arange(6.0).reshape(2, 3))",
    "helper functions of a test": "def check(name, value, wanted):\n    assert np.shape(value) == np.shape(wanted), name\n    assert np.allclose(value, wanted), name\ncheck('sigmoid', sigmoid(np.zeros((2, 2))), np.full((2, 2), 0.5))\ncheck('W', W, np.arange(6.0).reshape(2, 3))",
    "changes its argument, asked": "assert unchanged(square, np.ones(3)) and not unchanged(zero_in_place, np.ones(3))",
    "changes a marked argument": "x = np.ones(3)\nzero_in_place(in_place(x))\nassert x.sum() == 0",
    "changes a marked dict": "p = {'w': np.ones(2)}\nw = p['w']\nupdate(in_place(p), {'w': np.ones(2)}, eta=0.5)\nassert w.sum() == 1.0",
    "expression of the student's side": "assert student_eval('Layer(n).size + len(history)', n=2) == 9",
    "declared operators": "y = 2 * Dual(3.0, 1.0) * Dual(3.0, 1.0) + 1\nassert (y.value, y.slope) == (19.0, 12.0) and (-y).value == -19.0 and y < 20 and isinstance(y, Dual)",
}

FAILING = {
    "wrong value": ("assert sigmoid(0.0) == 0.6", "AssertionError"),
    "wrong closeness": ("np.testing.assert_allclose(softmax(np.zeros(2)), [0.4, 0.6])", "AssertionError"),
    "no error comes": (
        "with np.testing.assert_raises(ValueError):\n    checked(np.ones((2, 2)))",
        "AssertionError",
    ),
    "error of the student": ("divide(1, 0)", "ZeroDivisionError"),
    "own error": ("checked(1)", "ShapeError"),
    "missing attribute": ("Layer(1).backward", "AttributeError"),
    "missing key": ("params['W9']", "KeyError"),
    "missing name": ("tanh(1)", "NameError"),
}

# What cannot be done across the split, with the error that says so (or the wrong assertion).
CANNOT = {
    "subclass of a student's class": ("class Sub(Layer):\n    pass", "SplitRefusal"),
    "comparison of objects": ("assert Point(1.0) == Point(1.0)", "SplitRefusal"),
    "comparison of an object with a number": ("assert Layer(1) == 3", "SplitRefusal"),
    "arithmetic with an object": ("Layer(1) - 1.0", "SplitRefusal"),
    "arithmetic of an array with an object": ("np.ones(2) * Layer(1)", "SplitRefusal"),
    "object as an array": ("np.asarray(Layer(1))", "SplitRefusal"),
    "closeness of an object": ("np.testing.assert_allclose(Layer(1), 1.0)", "SplitRefusal"),
    "own object as argument": ("class Mine:\n    pass\ndescribe(Mine())", "SplitRefusal"),
    "own generator as argument": ("describe(n for n in range(3))", "SplitRefusal"),
    "pickle of an object": ("import pickle\npickle.dumps(Layer(1))", "SplitRefusal"),
    "object array": ("apply(np.array, [1, 'a'], dtype=object)", "SplitRefusal"),
    "endless generator": ("list(naturals())", "SplitRefusal"),
    "source text": ("import inspect\ninspect.getsource(sigmoid)", "TypeError"),
    "replaced module": (
        "from unittest import mock\nwith mock.patch('numpy.exp', lambda x: x):\n    assert sigmoid(0.0) == 1.0",
        "AssertionError",
    ),
    "identity of data": ("assert W is W", "AssertionError"),
    "binding a student's name without a helper": (
        "W = np.zeros((2, 3))\nassert loss() == 0.0",
        "AssertionError",
    ),
    "change of an argument without mark": (
        "x = np.ones(3)\nzero_in_place(x)\nassert x.sum() == 0",
        "AssertionError",
    ),
}
