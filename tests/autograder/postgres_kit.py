"""A PostgreSQL server of the tests' own: in a temporary folder, reached through a socket in it, removed at the end."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import make_url, text

from autograder import Course, release
from autograder.gradebook import open_gradebook

OWNER = "teacher"
# PostgreSQL refuses to run as root: whom root starts it as, the first who exists.
OTHERS = ("postgres", "nobody")
SECRET = "s3cret/pass word%40"


def find_tools():
    """The folder of PostgreSQL's programs; Debian keeps them off the PATH. ``None`` without any."""
    places = [Path("/usr/lib/postgresql"), Path("/usr/pgsql")]
    folders = [path / "bin" for place in places if place.is_dir() for path in place.iterdir()]
    on_path = shutil.which("pg_ctl")
    found = [folder for folder in folders if (folder / "initdb").exists()]
    if found:
        return max(found, key=lambda folder: (len(folder.parent.name), folder.parent.name))
    return Path(on_path).resolve().parent if on_path else None


def require_tools():
    """The same, or a test that is skipped with the reason; with REQUIRE_POSTGRES=1 that is a failure."""
    tools = find_tools()
    if tools is None:
        reason = "no PostgreSQL server on this machine (Debian: apt-get install postgresql)"
        if os.environ.get("REQUIRE_POSTGRES") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return tools


class Server:
    """Starts, stops and asks one server.

    Parameters
    ----------
    tools : Path
        The folder of PostgreSQL's programs.
    folder : Path
        Where its data and its socket go; short, because the name of a socket has at most 107 bytes.
    durable : bool
        Whether a commit waits for the disk, as everywhere but in tests.
    """

    def __init__(self, tools, folder, durable=False):
        self.tools, self.folder, self.durable = tools, folder, durable
        self.data = folder / "data"
        self.as_other = {}
        if os.getuid() == 0:
            names = {entry.pw_name for entry in pwd.getpwall()}
            other = pwd.getpwnam(next(name for name in OTHERS if name in names))
            os.chown(folder, other.pw_uid, other.pw_gid)
            self.as_other = {"user": other.pw_uid, "group": other.pw_gid, "extra_groups": []}
        self._run(
            "initdb", "--no-sync", "--auth=trust", f"--username={OWNER}", "--encoding=UTF8", "--locale=C"
        )
        # One role must say its password; everybody else is believed.
        rules = "local all secretive scram-sha-256\nlocal all all trust\n"
        (self.data / "pg_hba.conf").write_text(rules, "utf-8")

    def _run(self, tool, *arguments):
        command = [str(self.tools / tool), "-D", str(self.data), *arguments]
        done = subprocess.run(
            command,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            **self.as_other,
        )
        assert done.returncode == 0, f"{tool}: {done.stdout}{done.stderr}"

    def start(self):
        options = f"-c listen_addresses='' -k {self.folder} -c max_connections=40"
        options += "" if self.durable else " -c fsync=off"
        self._run("pg_ctl", "start", "-w", "-t", "60", "-l", str(self.folder / "log"), "-o", options)

    def stop(self, how="immediate"):
        """Stop it; "immediate" is what a crash is: connections break, nothing is tidied up."""
        self._run("pg_ctl", "stop", "-w", "-m", how)

    def start_if_stopped(self):
        if not (self.data / "postmaster.pid").exists():
            self.start()

    def ask(self, sql, values=None, database="postgres"):
        """Run a statement by itself; returns its rows, if it gives any."""
        with psycopg.connect(
            host=str(self.folder), user=OWNER, dbname=database, autocommit=True
        ) as connection:
            cursor = connection.execute(sql, values)
            return cursor.fetchall() if cursor.description else []

    def url(self, database, user=OWNER, password=""):
        """The address for ``c.CourseDirectory.db_url``."""
        who = f"{user}:{password}" if password else user
        return f"postgresql+psycopg://{who}@/{database}?host={self.folder}"

    def terminate(self, database):
        """End the connections of graders to a database, as an administrator does; returns how many there were."""
        return len(
            self.ask(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s and pid <> pg_backend_pid()",
                (database,),
            )
        )


@contextmanager
def running_server(*, durable=False):
    """A server that is started, and gone afterwards."""
    tools = require_tools()
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    server = Server(tools, folder, durable)
    server.start()
    try:
        yield server
    finally:
        with suppress(AssertionError):  # a test may have left it stopped
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def release_there(released, server, folder):
    """A released course with its gradebook on a server, as database ``released``; both are to be copied."""
    server.ask("create database released")
    course = Course(shutil.copytree(released.root, folder / "course"))
    (course.root / "gradebook.db").unlink()
    course = set_url(course, server.url("released"))
    release(course, "ps9")
    return course


def copy_there(released_there, server, folder):
    """A copy of what `release_there` made, with a database of its own."""
    name = f"course_{uuid4().hex}"
    server.ask(f"create database {name} template released")
    return set_url(Course(shutil.copytree(released_there.root, folder / "there")), server.url(name))


def set_url(course, url, more=""):
    """Write the gradebook's address into a course's settings."""
    with (course.root / "nbgrader_config.py").open("a", encoding="utf-8") as stream:
        stream.write(f"\nc.CourseDirectory.db_url = {url!r}\n{more}\n")
    return type(course)(course.root)


def rows(course):
    """Everything that grading writes, without ids: student, time, notebook, cell, comment, penalty, points."""
    query = """select a.student_id, n.name, c.name, m.auto_comment, s.late_submission_penalty, g.auto_score,
               g.manual_score, g.needs_manual_grade from grade g
               join submitted_notebook s on g.notebook_id = s.id
               join submitted_assignment a on s.assignment_id = a.id
               join notebook n on s.notebook_id = n.id join base_cell c on g.cell_id = c.id
               left join comment m on m.notebook_id = s.id and m.cell_id = c.id order by 1, 2, 3"""
    with open_gradebook(course) as book:
        return [(*row[:-1], bool(row[-1])) for row in book.db.execute(text(query)).all()]


def database_of(course):
    """The name of a course's database."""
    return make_url(course.gradebook_url).database
