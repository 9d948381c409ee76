"""Copy a gradebook to another database, from SQLite to PostgreSQL or back: all of it, or nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from nbgrader.api import Base
from sqlalchemy import MetaData, func, select
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DataError, IntegrityError

from .course import Course
from .errors import CourseError
from .gradebook import is_there
from .gradebook_connection import (
    connection_url,
    engine_for,
    first_line,
    make_tables,
    schema_head,
    shown,
    tells_problems,
    without_secrets,
)

__all__ = ["Moved", "move_gradebook"]

_ROWS_AT_A_TIME = 1000


@dataclass(frozen=True)
class Moved:
    """What was copied.

    Parameters
    ----------
    source, target : str
        Addresses, without passwords.
    rows : mapping of str to int
        Number of rows by table.
    """

    source: str
    target: str
    rows: Mapping[str, int]


def move_gradebook(course: Course, to: str) -> Moved:
    """Copy the gradebook of a course to another database, and compare before it counts.

    The gradebook that is there stays as it is, and the course goes on using it until its settings say
    otherwise.

    Parameters
    ----------
    course : Course
        The course folder.
    to : str
        The address of a database without grades; its tables are made if they are missing.

    Raises
    ------
    CourseError
        If there is no gradebook, there are grades at the target, one of both has tables of another nbgrader,
        or the target cannot hold what the source has.
    """
    source_url, target_url = course.gradebook_url, course.absolute_url(to)
    if not is_there(course):
        raise CourseError(f"There is no gradebook at {shown(source_url)}.", "Release an assignment first.")
    if connection_url(source_url) == connection_url(target_url):
        raise CourseError(f"The gradebook is at {shown(target_url)} already.", "Name another place.")
    with _engine(source_url) as source, _engine(target_url) as target:
        with tells_problems(source_url), source.connect() as old:
            _require_version(old, source_url)
        with tells_problems(target_url):
            make_tables(target)
            rows = _copy(source, target, target_url)
    return Moved(shown(source_url), shown(target_url), MappingProxyType(rows))


@contextmanager
def _engine(url: str) -> Iterator[Engine]:
    engine = engine_for(url)
    try:
        yield engine
    finally:
        engine.dispose()


def _copy(source: Engine, target: Engine, target_url: str) -> dict[str, int]:
    """Copy all tables in one transaction; returns how many rows each had."""
    found = {}
    with _reading(source) as old, target.begin() as new:
        _require_version(new, target_url)
        _require_no_grades(new, target_url)
        try:
            for table in Base.metadata.sorted_tables:
                for rows in old.execute(select(table)).mappings().partitions(_ROWS_AT_A_TIME):
                    new.execute(table.insert(), [dict(row) for row in rows])
                found[table.name] = _require_same(old, new, table)
        except (DataError, IntegrityError) as problem:
            said = without_secrets(first_line(problem.orig), target_url)
            raise CourseError(
                f"The table `{table.name}` cannot be copied ({said}).",
                "Nothing was copied. Mend the row in the old gradebook, for instance in Formgrader.",
            ) from problem
    return found


@contextmanager
def _reading(source: Engine) -> Iterator[Connection]:
    """A connection that sees the gradebook at one moment, whoever writes meanwhile."""
    if source.dialect.name == "postgresql":
        with source.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
            yield connection
        return
    with source.connect() as connection:
        if source.dialect.name == "sqlite":
            connection.exec_driver_sql("begin")
        yield connection
        connection.rollback()


def _require_version(connection: Connection, url: str) -> None:
    """Both must have the tables of this nbgrader."""
    known = MetaData()
    known.reflect(connection, only=lambda name, _: name == "alembic_version")
    versions = known.tables.get("alembic_version")
    found = None if versions is None else connection.scalar(select(versions.c.version_num))
    if found != schema_head():
        raise CourseError(
            f"The gradebook {shown(url)} has tables of another nbgrader ({found}).",
            "Run: nbgrader db upgrade",
        )


def _require_no_grades(target: Connection, url: str) -> None:
    """Refuse a target that somebody uses; the course's own row comes with opening it."""
    for table in Base.metadata.sorted_tables:
        if table.name == "course":
            continue
        if count := target.scalar(select(func.count()).select_from(table)):
            raise CourseError(
                f"{shown(url)} is in use: its table `{table.name}` has {count} rows.",
                "Name an empty database.",
            )
    target.execute(Base.metadata.tables["course"].delete())


def _require_same(old: Connection, new: Connection, table: Any) -> int:
    """Read a table back and compare; returns its number of rows."""
    before, after = (_digest(connection, table) for connection in (old, new))
    if before != after:
        raise CourseError(
            f"The table `{table.name}` is another one after copying.",
            "Nothing was copied. Does the database have the encoding UTF8?",
        )
    return before[0]


def _digest(connection: Connection, table: Any) -> tuple[int, int]:
    """The number of rows, and a sum over their contents, because databases sort text differently."""
    count = total = 0
    for row in connection.execute(select(table)):
        text = repr(tuple(row)).encode("utf-8", "surrogateescape")
        count, total = count + 1, total + int.from_bytes(hashlib.blake2b(text, digest_size=16).digest())
    return count, total % 2**128
