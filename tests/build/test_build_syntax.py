"""Cells are parsed as IPython would run them, in several threads at once."""

import gc
import threading

import pytest

from tools.build_notebooks.syntax import parse, parse_code

MANY = "x = [" + "(1, 2), " * 2000 + "]"


def test_magics_and_top_level_await_parse():
    assert len(parse_code("%matplotlib inline\nawait work()\n").body) == 2


def test_what_does_not_parse_is_a_syntax_error():
    with pytest.raises(SyntaxError):
        parse_code("x = (\n")


@pytest.fixture
def second_thread():
    """A function to call in the middle of one's work: another thread parses, if it can, before it returns."""
    asked, done = threading.Event(), threading.Event()

    def work():
        asked.wait(30)
        parse("y = 2")
        done.set()

    def let_it_parse():
        asked.set()
        done.wait(0.5)

    thread = threading.Thread(target=work)
    thread.start()
    yield let_it_parse
    asked.set()
    thread.join()
    assert done.is_set()


@pytest.fixture
def often_collected():
    """Collect garbage all the time: it runs Python's code, where threads change, in the middle of parsing."""
    before = gc.get_threshold()
    gc.set_threshold(1)
    yield
    gc.set_threshold(*before)


def test_a_second_thread_may_parse_while_the_first_does(second_thread, often_collected):
    assert len(interrupted(second_thread, lambda: parse(MANY)).body) == 1


def interrupted(by, work):
    """Do work, and something else in its middle."""
    rounds = iter(range(1, 1 << 30))

    def call(phase, _):
        if phase == "start" and next(rounds) == 500:
            by()

    gc.callbacks.append(call)
    try:
        return work()
    finally:
        gc.callbacks.remove(call)
        assert next(rounds) > 500
