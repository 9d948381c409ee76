"""The checks of all problem sets. A cell marked given="checks" part="checks" gets the text below.

Students see and may use these functions, so they know nothing of solutions. Test cells may run in a process
of their own where a student's functions are stand-ins that take and give copies (docs/splitting-tests.md):
no check relies on identity, and only `check_keeps_input` asks whether an argument was changed.
"""

import warnings

import numpy as np


def call(function, *arguments):
    """Call `function` on copies of the arguments, with floating-point warnings silenced."""
    copies = [copied(argument) for argument in arguments]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return function(*copies)


def copied(value):
    """Copy arrays, also those within dicts, lists and tuples."""
    if isinstance(value, np.ndarray):
        return np.array(value, order="K")
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    return type(value)(copied(item) for item in value) if type(value) in (list, tuple) else value


def check_array(name, value, shape, hint=""):
    """Check type, shape and finiteness, in this order; return `value` as an array of floats."""
    assert value is not None, f"{name} gives None. Is there a return in your function?"
    kind = type(value).__name__
    is_number = isinstance(value, (np.ndarray, np.generic, int, float)) and not isinstance(value, bool)
    assert is_number, f"{name} should be a NumPy array of numbers, yours is a {kind}."
    array = np.array(value, subok=False)
    assert array.dtype.kind in "fiu", f"{name} should hold real numbers, yours holds {array.dtype}."
    assert array.shape == shape, f"{name} should have shape {shape}, yours has {array.shape}. {hint}"
    array = array.astype(float)
    odd = array[~np.isfinite(array)]
    assert odd.size == 0, f"{name} should be finite, yours contains {odd[0]}. {hint}"
    return array


def check_values(name, value, wanted, hint="", tolerance=1e-7, mistakes=None):
    """Check that `value` has the shape of `wanted` and its values.

    `mistakes` maps a description to the wrong value that it gives. When `value` is one of these, the
    message says so instead of giving the general hint.
    """
    wanted = np.asarray(wanted, dtype=float)
    hint = describe_mistake(value, wanted, mistakes, tolerance) or hint
    value = check_array(name, value, wanted.shape, hint)
    excess = np.abs(value - wanted) - tolerance * (1 + np.abs(wanted))
    worst = np.unravel_index(np.argmax(excess), excess.shape)
    place = str([int(index) for index in worst]) if worst else ""
    if place and not name.endswith(")"):
        name, place = name.rstrip(","), f", entry {place},"
    assert excess[worst] <= 0, (
        f"{name}{place} should be {wanted[worst]:.6g}, yours is {value[worst]:.6g}. {hint}"
    )


def describe_mistake(value, wanted, mistakes, tolerance=1e-7):
    """Say which of the known wrong values `value` equals; nothing if it is none of them."""
    for mistake, wrong in (mistakes or {}).items():
        if close(value, wrong, max(tolerance, 1e-6)) and not close(wrong, wanted, tolerance):
            return f"Yours equals {mistake}."
    return ""


def close(a, b, tolerance):
    """Tell whether two arrays of real numbers have one shape and nearly the same entries."""
    try:
        a, b = (np.array(array, subok=False) for array in (a, b))
    except Exception:  # a strange object, which no check will accept
        return False
    if a.dtype.kind not in "fiu" or a.shape != b.shape:
        return False
    return np.allclose(a.astype(float), b.astype(float), rtol=tolerance, atol=tolerance, equal_nan=True)


def check_dict(name, value, wanted, hint="", tolerance=1e-7, mistakes=None):
    """Check a dict of arrays: its keys, then shape and values of every entry.

    `mistakes` maps a description to a dict with the entries that it makes wrong.
    """
    assert value is not None, f"{name} gives None. Is there a return in your function?"
    assert isinstance(value, dict), f"{name} should be a dict, yours is a {type(value).__name__}."
    missing, extra = (
        sorted(map(str, a)) for a in (wanted.keys() - value.keys(), value.keys() - wanted.keys())
    )
    assert not missing, (
        f"{name} should have the keys {', '.join(wanted)}; {', '.join(missing)} missing in yours."
    )
    assert not extra, (
        f"{name} should have the keys {', '.join(wanted)} only; yours also has {', '.join(extra)}."
    )
    for key, right in wanted.items():
        known = {mistake: wrong[key] for mistake, wrong in (mistakes or {}).items() if key in wrong}
        check_values(f'{name}["{key}"]', value[key], right, hint, tolerance, known)


def differences(name, function, z, shape, h=1e-5):
    """Derivative of the sum of function(z) to each entry of z, by central differences."""
    z = np.asarray(z, dtype=float)
    slopes = np.zeros(z.shape)
    for place in np.ndindex(z.shape):
        step = np.zeros(z.shape)
        step[place] = h
        up = check_array(name, call(function, z + step), shape)
        down = check_array(name, call(function, z - step), shape)
        slopes[place] = (up - down).sum() / (2 * h)
    return slopes


def check_slopes(name, slopes, own_name, own, z, shape, moving=True, mistakes=None):
    """Check derivatives against central differences of the student's own function.

    A function that never changes has the derivative zero, and the two agree; so the derivative must
    also be different from zero where `moving` is true, and not the same everywhere.
    """
    known = describe_mistake(slopes, np.full(z.shape, np.nan), mistakes)
    slopes = check_array(name, slopes, z.shape, known)
    still = np.broadcast_to(moving, z.shape) & (np.abs(slopes) < 1e-3)
    assert not still.any(), (
        f"{name} is 0, or nearly so, in {still.sum()} places where {own_name} must change. {known}"
    )
    assert np.ptp(slopes) > 1e-3, (
        f"{name} is the same everywhere; {own_name} must not be a straight line. {known}"
    )
    wanted = differences(own_name, own, z, shape)
    known = known or describe_mistake(slopes, wanted, common_mistakes(wanted), 1e-6)
    hint = f"The first number is the central difference of your own {own_name}: one of the two is wrong."
    check_values(name, slopes, wanted, f"{hint} {known}".strip(), tolerance=1e-6)


def common_mistakes(wanted):
    """Wrong values that any derivative may have, by description."""
    return {
        "the central differences with the opposite sign": -wanted,
        "twice the central differences": 2 * wanted,
        "half the central differences": wanted / 2,
    }


def check_between(name, value, low, high, hint=""):
    """Check a single number that may lie anywhere between two others."""
    number = float(check_array(name, value, (), hint))
    assert low <= number <= high, (
        f"{name} should be between {low:g} and {high:g}, yours is {number:.6g}. {hint}"
    )


def check_keeps_input(name, function, *arguments):
    """Check that `function` does not change the arrays that it is given."""
    given = copied(arguments)
    asked = getattr(type(function), "unchanged", None)  # a stand-in knows what happened on the other side
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        kept = asked(function, *given) if asked else (function(*given), same(given, arguments))[1]
    assert kept, f"{name} changes the array that it is given. Compute a new one instead."


def same(now, before):
    """Tell whether two pieces of data are equal, arrays within dicts, lists and tuples included."""
    if isinstance(before, dict):
        return now.keys() == before.keys() and all(same(now[key], before[key]) for key in before)
    if isinstance(before, (list, tuple)):
        return len(now) == len(before) and all(map(same, now, before))
    return np.array_equal(now, before)


def check_tuple(name, value, length):
    """Check that a function returns so many things; return them."""
    assert value is not None, f"{name} gives None. Is there a return in your function?"
    kind = type(value).__name__
    assert isinstance(value, tuple) and len(value) == length, (
        f"{name} should return {length} things, as in `return a, b`; yours returns a {kind}"
        f"{f' of {len(value)}' if isinstance(value, (tuple, list)) else ''}."
    )
    return value


def check_word(name, answer, wanted, allowed, hint="", mistakes=None):
    """Check that an answer is the right word; `mistakes` maps a wrong word to what it forgets."""
    assert answer is not None, f"{name} gives None. Is there a return in your function?"
    known = (mistakes or {}).get(answer, hint) if isinstance(answer, str) else hint
    words = ", ".join(f'"{word}"' for word in allowed)
    assert isinstance(answer, str) and answer in allowed, (
        f"{name} should be one of the words {words}, yours is {answer!r}. {known}"
    )
    assert answer == wanted, f'{name} should be "{wanted}", yours is "{answer}". {known}'


def check_letters(name, answer, allowed):
    """Check that an answer of the poll is made of allowed letters; return them in order."""
    is_set = isinstance(answer, (set, frozenset, list, tuple, str))
    letters = {letter for letter in answer if isinstance(letter, str)} if is_set else set()
    assert letters and letters <= set(allowed), (
        f"{name} should be a set with one or more of the letters {allowed}, such as {{'{allowed[1]}'}}."
    )
    return "".join(sorted(letters))


def check_choice(name, chosen, wanted):
    """Check the letters of an answer without telling which of them are right."""
    assert chosen == wanted, f"{name} gives {chosen}: a letter is wrong, or one is missing."


def visible_checks_passed(hidden):
    """Say what has been checked, and how much has not."""
    some = f"{hidden} hidden checks run" if hidden != 1 else "1 hidden check runs"
    print(f"The visible checks of this cell passed; {some} at grading.")
