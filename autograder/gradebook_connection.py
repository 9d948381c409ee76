"""The way to the gradebook: its address without the password, and waiting for it while it is away.

A database server is restarted, a network fails for a moment, somebody else holds SQLite's file. None of this
may cost a night's grading. Each piece of work is a transaction that is in the gradebook or is not, and comes
to the same when it is done again; so `patiently` does it again. What no waiting mends, such as a wrong
password, ends at once with a sentence.

In ``nbgrader_config.py``::

    c.AutograderGradebook.patience = 600  # seconds
"""

from __future__ import annotations

import random
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import quote

from nbgrader.api import Base
from nbgrader.dbutil import ALEMBIC_DIR
from sqlalchemy import create_engine, inspect
from sqlalchemy import text as sql
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from .course import Course
from .errors import CourseError

__all__ = ["GradebookLostError", "connection_url", "may_pass", "patiently", "shown", "tells_problems"]

SECTION = "AutograderGradebook"
_PATIENCE = 120.0
_CLASHES = 20
_SECRETS = ("password", "sslpassword")
# Of PostgreSQL, by SQLSTATE: connection exceptions, an administrator's or a crash's shutdown, too many
# connections and other resources, transactions in each other's way, a lock that somebody else holds.
_AWAY = ("08", "57P", "53", "40", "55P03")
# What a server answers before it gives error codes; waiting mends none of these.
_REFUSED = (
    "authentication failed",
    "does not exist",
    "pg_hba.conf",
    "no password supplied",
    "permission denied",
)
_SAID_TWICE = ("23505", "42P07")
# Half a minute for a server that has vanished without a word, and an end of waiting for somebody's lock.
_TIMES = {
    "connect_timeout": "10",
    "keepalives_idle": "20",
    "keepalives_interval": "5",
    "keepalives_count": "2",
    "tcp_user_timeout": "30000",
    "application_name": "autograder",
    "options": "-c lock_timeout=10s",
}
# What nbgrader asks for by these columns grows with the class, and it has no index for them.
_ASKED_BY = (("submitted_notebook", "assignment_id"), ("grade", "notebook_id"), ("comment", "notebook_id"))
# Any number will do that others hardly use: whoever makes the tables holds it.
_MAKING_TABLES = 0x6E62677261646572

T = TypeVar("T")


class GradebookLostError(CourseError):
    """The gradebook went away in the middle of something; the same may succeed a moment later.

    Parameters
    ----------
    reason : str
        What it said last.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The gradebook was lost ({reason}).", "Run the same command again: what is done is kept."
        )
        self.reason = reason


def shown(url: str) -> str:
    """An address as it may be shown: without its password."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return f"{url.partition(':')[0]}:…"
    hidden = {name: "***" for name in _SECRETS if name in parsed.query}
    text = parsed.update_query_dict(hidden).render_as_string(hide_password=True)
    address, mark, query = text.partition("?")
    return address + mark + query.replace(quote("***"), "***").replace(quote("/", safe=""), "/")


def without_secrets(message: str, url: str) -> str:
    """A message of a database layer, without the password that stands in the address."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return message.replace(url, shown(url))
    secrets = [parsed.password, *(parsed.query.get(name) for name in _SECRETS)]
    for secret in secrets:
        for form in (str(secret), quote(str(secret), safe="")) if secret else ():
            message = message.replace(form, "***")
    return message


def connection_url(url: str) -> str:
    """An address with times after which a silent server counts as lost; SQLite's stays as it is.

    Whatever the address says itself goes before.

    Raises
    ------
    CourseError
        If it is no address, or its driver is not installed.
    """
    parsed = _parsed(url)
    if parsed.get_driver_name() != "psycopg":
        return url
    missing = {name: value for name, value in _TIMES.items() if name not in parsed.query}
    return parsed.update_query_dict(missing).render_as_string(hide_password=False)


def _parsed(url: str) -> URL:
    """Parse an address whose driver can be loaded."""
    wanted = (
        "Write c.CourseDirectory.db_url = 'postgresql+psycopg://user@host/database' in nbgrader_config.py."
    )
    try:
        parsed = make_url(url)
        parsed.get_dialect().import_dbapi()
    except ModuleNotFoundError as problem:
        raise CourseError(
            f"The gradebook {shown(url)} needs {problem.name}, which is not installed.",
            "For PostgreSQL: pip install 'psycopg[binary]', and postgresql+psycopg:// as the address.",
        ) from None
    except (ArgumentError, ValueError, NoSuchModuleError):
        raise CourseError(f"`{shown(url)}` is no address of a gradebook.", wanted) from None
    return parsed


def lost(problem: BaseException) -> str:
    """What the gradebook said if the problem may pass by waiting; "" if it will not."""
    for item in _causes(problem):
        if isinstance(item, GradebookLostError):
            return item.reason
        if isinstance(item, CourseError):
            return ""  # somebody has waited already
        if isinstance(item, DBAPIError):
            return _passing(item)
    return ""


def may_pass(problem: BaseException) -> bool:
    """Whether the same work may succeed when it is done again."""
    return bool(lost(problem)) or _clash(problem)


def _causes(problem: BaseException | None) -> Iterator[BaseException]:
    """The problem, and what it came from: nbgrader raises its own exceptions over those of the database."""
    while problem is not None:
        yield problem
        problem = problem.__cause__ or problem.__context__


def _passing(problem: DBAPIError) -> str:
    said = first_line(problem.orig)
    if isinstance(problem.orig, sqlite3.Error):
        return said if "locked" in said else ""
    state = _state(problem)
    if state:
        return said if state.startswith(_AWAY) or problem.connection_invalidated else ""
    refused = any(words in said for words in _REFUSED)
    away = problem.connection_invalidated or type(problem.orig).__name__ in (
        "OperationalError",
        "ConnectionTimeout",
        "InterfaceError",
    )
    return said if away and not refused else ""


def _clash(problem: BaseException) -> bool:
    """Whether somebody else has added the same row or table a moment before."""
    return any(
        isinstance(item, DBAPIError)
        and (_state(item) in _SAID_TWICE or "UNIQUE constraint failed" in str(item.orig))
        for item in _causes(problem)
    )


def _state(problem: DBAPIError) -> str:
    """PostgreSQL's error code, if there is one."""
    return str(getattr(problem.orig, "sqlstate", None) or "")


def first_line(problem: BaseException | None, limit: int = 160) -> str:
    """What an exception says, cut to a line."""
    line = next(iter(str(problem).strip().splitlines()), "") or type(problem).__name__
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


class _Wait:
    """Waits between two attempts, and says so on stderr: at once if the gradebook is gone, late if busy."""

    def __init__(self, course: Course) -> None:
        self.url = course.gradebook_url
        self.patience = float(course.config.get(SECTION, {}).get("patience", _PATIENCE))
        self.since = 0.0
        self.pause = 0.05
        self.clashes = 0
        self.said = False

    def after(self, problem: Exception) -> None:
        """Wait after a problem that may pass; raise any other."""
        reason = without_secrets(lost(problem), self.url)
        if not reason and _clash(problem) and self.clashes < _CLASHES:
            self.clashes += 1
            time.sleep(random.uniform(0.0, 0.05))  # two who are in each other's way do not meet again
            return
        if not reason:
            raise problem
        now = time.monotonic()
        self.since = self.since or now
        left = self.since + self.patience - now
        if left <= 0:
            raise CourseError(
                f"The gradebook {shown(self.url)} did not answer for {self.patience:g} s ({reason}).",
                "When it can be reached again, run the same command: what is done is kept.",
            ) from problem
        if not self.said and ("locked" not in reason or now - self.since > 5):
            self.said = True
            _say(f"The gradebook does not answer ({reason}). Trying again for up to {left:.0f} s.")
        time.sleep(min(self.pause * random.uniform(0.75, 1.25), left))
        self.pause = min(2 * self.pause, 1.0)

    def over(self) -> None:
        """Say that it goes on."""
        if self.said:
            _say(f"The gradebook answers again after {time.monotonic() - self.since:.1f} s.")


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def patiently(course: Course, work: Callable[[], T]) -> T:
    """Do work on the gradebook; again, as long as the gradebook is away or somebody else is in the way.

    Parameters
    ----------
    course : Course
        Whose gradebook.
    work : callable
        A whole: doing it twice comes to the same as doing it once, and a half of it is never seen.

    Raises
    ------
    CourseError
        If the gradebook stays away longer than ``c.AutograderGradebook.patience``.
    """
    wait = _Wait(course)
    while True:
        try:
            result = work()
        except Exception as problem:
            wait.after(problem)
        else:
            wait.over()
            return result


@contextmanager
def tells_problems(url: str) -> Iterator[None]:
    """Turn problems of the database layer into sentences; one that may pass can be waited for.

    Raises
    ------
    CourseError
        Instead of the database layer's own exception.
    """
    try:
        yield
    except Exception as problem:
        if (reason := lost(problem)) and not isinstance(problem, GradebookLostError):
            raise GradebookLostError(without_secrets(reason, url)) from problem
        if not isinstance(problem, DBAPIError) or _clash(problem):
            raise
        said = without_secrets(first_line(problem.orig), url)
        raise CourseError(
            f"The gradebook {shown(url)} refuses ({said}).",
            "Look at its address (c.CourseDirectory.db_url), its password, and what its user may do.",
        ) from problem


def engine_for(url: str) -> Engine:
    """An engine as nbgrader makes it, with the times of `connection_url`."""
    return create_engine(connection_url(url))


def make_tables(engine: Engine) -> None:
    """Make nbgrader's tables in one transaction, unless they are there; two programs may ask at once.

    nbgrader itself makes them one by one, so that a connection that is lost half-way leaves a gradebook that
    neither works nor can be upgraded.
    """
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sql("select pg_advisory_xact_lock(:key)"), {"key": _MAKING_TABLES})
        if inspect(connection).has_table("alembic_version"):
            return
        Base.metadata.create_all(connection)
        connection.execute(sql("create table alembic_version (version_num varchar(32) not null)"))
        connection.execute(
            sql("insert into alembic_version (version_num) values (:head)"), {"head": schema_head()}
        )


def make_indices(engine: Engine) -> None:
    """Make the indices that nbgrader's tables lack, unless they are there or this user may not make them.

    Without them, writing one submission means looking through the rows of the whole class. nbgrader does not
    notice them; its own changes of the tables leave them alone.
    """
    there = {str(index["name"]) for table, _ in _ASKED_BY for index in inspect(engine).get_indexes(table)}
    for table, column in _ASKED_BY:
        name = f"autograder_{table}_{column}"
        if name in there:
            continue
        try:
            with engine.begin() as connection:  # one at a time: nobody else's locks are waited for in a knot
                connection.execute(sql(f"create index if not exists {name} on {table} ({column})"))
        except DBAPIError as problem:
            if may_pass(problem):
                raise


def has_tables(url: str) -> bool:
    """Whether anybody has made the tables at an address."""
    engine = engine_for(url)
    try:
        return inspect(engine).has_table("assignment")
    finally:
        engine.dispose()


def schema_head() -> Any:
    """The version of the tables that this nbgrader wants."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415  (slow to load, and seldom needed)

    return ScriptDirectory(ALEMBIC_DIR).get_current_head()
