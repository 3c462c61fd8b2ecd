"""Where the store is: one SQLite file in the user's own data folder, or the PostgreSQL server that a team names.

Both take the same statements (see ``rows``), and in both who writes is alone, all of it or nothing. SQLAlchemy, which
takes longer to load than a list of documents, is loaded for a server only. A password appears in no message.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from advisor.decisions import rows
from advisor.errors import InputError
from probes.system import data_folders

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine, TextClause

VARIABLE = "FRAMEWORK_ADVISOR_DATABASE"
"""The address of a server, ``postgresql+psycopg://user:password@host/name``; unset for a file."""

FILE_NAME = "advisor.sqlite3"

_ANOTHER = f"name another directory in {data_folders.VARIABLE}"
"""The way out that a file always leaves."""

_NEW_ONE = f"restore a copy, move the file away, and a new one is made, or {_ANOTHER}"
"""The way out of a file in which nothing can be read."""

_MAGIC, _HEAD = b"SQLite format 3\0", 100
"""What a file of SQLite begins with, and the bytes of its header (https://www.sqlite.org/fileformat.html, 1.3)."""

PATIENCE = 10.0
"""Seconds to wait for another program that is writing, or for a server."""

LIMIT = 4 * 10**9
"""Bytes of the file at which no more is taken: tens of thousands of sessions, and a backup is still quick."""

VERSION = 1
"""Of the tables, kept as SQLite's ``user_version``. 0: the store of 0.1.0, each document whole in one ``body``."""

SHORT = 4
"""Letters below which a password is looked for as a whole word only."""

_SCHEMA = "framework_advisor"
"""Of a server's database, which may hold other tables."""

_LOCK = 4_662_114_207
"""Any number that no other program of the team uses: whoever holds this lock of the server writes."""


class Unkept(InputError):
    """Nothing can be kept here, which takes nothing from what was to be kept.

    Attributes:
        why: the reason, by language ("en", "zh").
    """

    def __init__(self, why: Mapping[str, str]) -> None:
        super().__init__([data_folders.not_kept(why, "en")])
        self.why = why

    def told(self, lang: str) -> str:
        """Return the one line for a reader of ``lang``."""
        return data_folders.not_kept(self.why, lang)


class Database(Protocol):
    """A place of the store."""

    @property
    def place(self) -> str:
        """Return what a message calls it."""

    @property
    def limit(self) -> int | None:
        """Return how many bytes it may take, None where its keeper decides."""

    def writing(self) -> contextlib.AbstractContextManager[rows.Session]:
        """Write: all of it or nothing.

        Raises:
            Unkept: there is no place to write to.
            InputError: the place refuses it, or another program writes for too long.
        """

    def reading(self) -> contextlib.AbstractContextManager[rows.Session | None]:
        """Read from one state; None where nothing was ever kept and nothing can be.

        Raises:
            InputError: it is locked for too long, damaged, gone or a later program's.
        """

    def size(self, session: rows.Session) -> int:
        """Return how many bytes it takes."""

    def faults(self, session: rows.Session) -> list[str]:
        """Return what is damaged beside the rows."""

    def shrink(self) -> None:
        """Release the room of what was removed, where that is ours to do."""

    def try_writing(self) -> None:
        """Raise what keeps anything from being written here, as far as that is known beforehand.

        Raises:
            Unkept: there is no place to write to.
            InputError: it is damaged, or a later program's.
        """


def here() -> Database:
    """Return the place of the store: the server that a variable names, else a file.

    Raises:
        InputError: the variable holds no address of a server that can be used.
    """
    address = os.environ.get(VARIABLE)
    if address:
        return Server(_engine(address))
    try:
        return File(data_folders.data() / FILE_NAME)
    except data_folders.Nowhere as nowhere:
        return Nowhere(Unkept(nowhere.why))


def _later(place: str, version: int, another: str) -> InputError:
    from advisor import __version__

    return InputError(
        [
            f"{place}: written by a later version of framework-advisor; it needs one that knows stores of version "
            f"{version}, this one ({__version__}) knows them up to {VERSION}: update framework-advisor, or {another}"
        ]
    )


# ---------------------------------------------------------------- no place


@dataclass(frozen=True)
class Nowhere:
    """The store of a user who has no folder: empty, and it stays so."""

    unkept: Unkept
    place: str = ""
    limit: int | None = None

    @contextmanager
    def writing(self) -> Iterator[rows.Session]:
        """Refuse to write."""
        raise self.unkept
        yield  # a context needs one

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Read nothing."""
        yield None

    def size(self, session: rows.Session) -> int:
        """Return 0."""
        return 0

    def faults(self, session: rows.Session) -> list[str]:
        """Return nothing."""
        return []

    def shrink(self) -> None:
        """Leave nothing as it is."""

    def try_writing(self) -> None:
        """Raise why nothing is kept."""
        raise self.unkept


# ---------------------------------------------------------------- a file


class _FileSession:
    """A connection that runs the common statements."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def execute(self, statement: str, values: Mapping[str, Any] | None = None) -> Sequence[Sequence[Any]]:
        try:
            return self._connection.execute(statement, values or {}).fetchall()
        except sqlite3.DatabaseError as error:
            if _code(error) == sqlite3.SQLITE_CORRUPT:
                raise rows.Unreadable(str(error)) from error
            raise


@dataclass(frozen=True)
class File:
    """The store in one file of SQLite."""

    path: Path

    @property
    def limit(self) -> int:
        """Return how many bytes it may take."""
        return LIMIT

    @property
    def place(self) -> str:
        """Return the file's path."""
        return str(self.path)

    @contextmanager
    def writing(self) -> Iterator[rows.Session]:
        """Write to the file (see ``Database``)."""
        with contextlib.closing(self._opened()) as connection, self._told("not written"), _all_or_nothing(connection):
            yield _FileSession(connection)

    @contextmanager
    def reading(self) -> Iterator[rows.Session | None]:
        """Read from the file (see ``Database``)."""
        with self._told("not read"):
            connection = self._to_read()
            if connection is None:
                yield None
                return
            with contextlib.closing(connection):
                connection.execute("BEGIN")
                yield _FileSession(connection)

    def size(self, session: rows.Session) -> int:
        """Return how many bytes the documents take in the file; removed ones leave room in it."""
        pages, free, page = (
            session.execute(f"PRAGMA {name}")[0][0] for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * page)

    def faults(self, session: rows.Session) -> list[str]:
        """Return what SQLite finds damaged in the file."""
        try:
            found = [str(line) for (line,) in session.execute("PRAGMA quick_check(10)")]
        except rows.Unreadable as error:
            found = [str(error)]
        return [] if found == ["ok"] else found

    def shrink(self) -> None:
        """Release the room of what was removed."""
        with contextlib.closing(self._opened()) as connection:
            _shrink(connection)

    def try_writing(self) -> None:
        """Open the file as for writing."""
        self._opened().close()

    @contextmanager
    def _told(self, what: str, *, exports: bool = True) -> Iterator[None]:
        """Raise what SQLite refuses in words, with the way out, which may be to export what can be read."""
        try:
            yield
        except (sqlite3.DatabaseError, rows.Unreadable) as error:
            raise InputError([f"{self.path}: {what} ({error}); {_way_out(error, exports=exports)}"]) from error

    def _opened(self, *, exports: bool = True) -> sqlite3.Connection:
        """Open the file, made where it is missing and brought to this version's tables.

        Raises:
            Unkept: the folder cannot be written.
            InputError: the file is no store, or a later program's.
        """
        directory = self.path.parent
        try:
            if self.path.exists() and not self.path.is_file():
                raise InputError([f"{self.path}: is no regular file, which the store is; move it away, or {_ANOTHER}"])
            directory.mkdir(parents=True, exist_ok=True)
            if not all(os.access(place, os.W_OK) for place in (directory, self.path) if place.exists()):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        except OSError as error:
            raise Unkept(data_folders.unwritable(directory, error)) from error
        with self._told("cannot keep documents here", exports=exports):
            connection = _connected(str(self.path))
            try:
                if self._outdated(connection):
                    connection.execute("PRAGMA temp_store=MEMORY")  # a killed process would leave SQLite's own files
                    connection.execute("PRAGMA journal_mode=WAL")  # who reads need not wait for who writes
                    self._update(connection)
            except BaseException:
                connection.close()
                raise
        return connection

    def _to_read(self) -> sqlite3.Connection | None:
        """Open the file as it can be read: what another user, or an earlier day, has left in a place now closed."""
        try:
            return self._opened(exports=False)
        except Unkept:
            if not _is_file(self.path):
                return None
        except InputError:
            if (cut := self._cut_short()) is None:
                raise
            return cut
        # Where another process has it open, what is newest stands in the log beside it; else SQLite, which may make no
        # such log here, reads the file only as one that nobody changes.
        way = "mode=ro" if self.path.with_name(f"{self.path.name}-wal").exists() else "immutable=1"
        if way != "mode=ro" and (cut := self._cut_short()) is not None:
            return cut
        closed = _connected(f"{self.path.absolute().as_uri()}?{way}", uri=True)
        try:
            if not self._outdated(closed):
                return closed
            copy = _connected(":memory:")  # an earlier program's: brought up to date here, since it cannot be there
            closed.backup(copy)
        except BaseException:
            closed.close()
            raise
        closed.close()
        self._update(copy)
        return copy

    def _cut_short(self) -> sqlite3.Connection | None:
        """Open what is left of a file that lost its end, zeros in its place; None where it is as long as it says.

        SQLite refuses such a file as a whole; so read, it costs the rows that are gone.

        Raises:
            InputError: too little is left to know what was in it.
        """
        if not _is_file(self.path):  # opening a pipe would wait for ever
            return None
        try:
            with self.path.open("rb") as file:
                head = file.read(_HEAD)
                length = os.fstat(file.fileno()).st_size
                pages, page = int.from_bytes(head[28:32], "big"), int.from_bytes(head[16:18], "big")
                whole = pages * (page if page > 1 else 65536)
                if not head.startswith(_MAGIC) or (len(head) == _HEAD and length >= whole):
                    return None
                left = bytearray(head + file.read())
        except OSError:  # whoever opens it next says so
            return None
        left[18:20] = b"\1\1"  # a log beside the file cannot be kept for a copy in memory
        copy = _connected(":memory:")
        try:
            copy.deserialize(bytes(left.ljust(whole, b"\0")))
            if self._outdated(copy):
                self._update(copy)
            copy.execute("SELECT count(*) FROM document").fetchone()
        except sqlite3.Error:
            copy.close()
            raise InputError(
                [
                    f"{self.path}: cut short, of {whole} bytes {length} are left, and too little of them to read a "
                    f"document; {_NEW_ONE}"
                ]
            ) from None
        return copy

    def _outdated(self, connection: sqlite3.Connection) -> bool:
        """Return whether the tables are missing or an earlier program's.

        Raises:
            InputError: they are a later program's, which this one would spoil.
        """
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > VERSION:
            raise _later(self.place, version, _ANOTHER)
        return bool(version < VERSION)

    def _update(self, connection: sqlite3.Connection) -> None:
        """Make the tables and move an earlier program's documents into them: all of them, or nothing is changed."""
        with _all_or_nothing(connection):
            if not self._outdated(connection):  # another process was faster
                return
            there = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'document'"
            earlier = connection.execute(there).fetchone()
            if earlier:
                connection.execute("ALTER TABLE document RENAME TO earlier")
            for table in rows.tables():
                connection.execute(table)
            if earlier:
                rows.take_over(_FileSession(connection))
                connection.execute("DROP TABLE earlier")
            connection.execute(f"PRAGMA user_version = {VERSION}")
        if earlier:
            _shrink(connection)


def _connected(place: str, *, uri: bool = False) -> sqlite3.Connection:
    connection = sqlite3.connect(place, uri=uri, timeout=PATIENCE, isolation_level=None)
    # Letters that a damaged disk made of others cost their row, which its digest tells, and not the whole list.
    connection.text_factory = lambda written: written.decode(errors="replace")
    return connection


@contextmanager
def _all_or_nothing(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def _shrink(connection: sqlite3.Connection) -> None:
    with contextlib.suppress(sqlite3.OperationalError):  # somebody reads, or the disk is full: it only stays large
        connection.execute("VACUUM")


def _is_file(path: Path) -> bool:
    """Return whether there is a file; what lies in a folder that may not be entered counts as none."""
    try:
        return path.is_file()
    except OSError:
        return False


def _code(error: BaseException) -> int:
    """Return SQLite's own number of an error, without what it adds to it; 0 where there is none."""
    return int(getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF


def _way_out(error: BaseException, *, exports: bool = True) -> str:
    code, another = _code(error), _ANOTHER
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return f"another program has been writing to it for {PATIENCE:.0f} s; try again when it has ended"
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return f"the disk may be full: free some of it ('framework-advisor evidence remove'), or {another}"
    if code == sqlite3.SQLITE_NOTADB or isinstance(error, rows.NothingReadable):
        return _NEW_ONE
    if code == sqlite3.SQLITE_CORRUPT or isinstance(error, rows.Unreadable):
        if not exports:
            return _NEW_ONE
        return (
            "what can still be read is written by 'framework-advisor evidence export --all -o FOLDER'; then move the "
            f"file away, and a new one is made, or {another}"
        )
    return another


# ---------------------------------------------------------------- a server


class _ServerSession:
    """A connection to a server that runs the common statements."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def execute(self, statement: str, values: Mapping[str, Any] | None = None) -> Sequence[Sequence[Any]]:
        found = self._connection.execute(_prepared(statement), values or {})
        return found.all() if found.returns_rows else ()


@cache
def _prepared(statement: str) -> TextClause:
    from sqlalchemy import text

    return text(statement)


@dataclass(frozen=True)
class Server:
    """The store in a schema of its own in a database of PostgreSQL."""

    engine: Engine
    limit: int | None = None

    @property
    def place(self) -> str:
        """Return the server's address without its password."""
        url = self.engine.url
        return url.set(query={"host": url.query["host"]} if "host" in url.query else {}).render_as_string()

    @contextmanager
    def writing(self) -> Iterator[rows.Session]:
        """Write to the server (see ``Database``)."""
        with self._told("not written"), self.engine.begin() as connection:
            session = _begun(connection)
            session.execute("SELECT pg_advisory_xact_lock(:lock)", {"lock": _LOCK})
            self._prepare(session)
            yield session

    @contextmanager
    def reading(self) -> Iterator[rows.Session | None]:
        """Read from the server (see ``Database``)."""
        with self._told("not read"), self.engine.connect() as connection:
            one_state = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            session = _begun(one_state)
            yield session if self._version(session) else None

    def size(self, session: rows.Session) -> int:
        """Return how many bytes the tables take."""
        parts = "SELECT pg_total_relation_size('document') + pg_total_relation_size('basis')"
        return int(session.execute(parts)[0][0])

    def faults(self, session: rows.Session) -> list[str]:
        """Return nothing: a server looks after its own files."""
        return []

    def shrink(self) -> None:
        """Leave that to the server, which does it by itself."""

    def try_writing(self) -> None:
        """Leave that to whoever writes: asking a server takes as long as telling it."""

    def _version(self, session: rows.Session) -> int:
        """Return the version of the tables, 0 where there are none.

        Raises:
            InputError: they are a later program's, which this one would spoil.
        """
        if session.execute(f"SELECT to_regclass('{_SCHEMA}.version')")[0][0] is None:
            return 0
        ((version,),) = session.execute("SELECT max(number) FROM version")
        if version is None:
            raise InputError(
                [
                    f"{self.place}: the table {_SCHEMA}.version is empty, so nothing tells which tables these are; "
                    f"restore it from a copy, or write the number {VERSION} into it where no later program wrote here"
                ]
            )
        if version > VERSION:
            raise _later(self.place, version, f"name another database in {VARIABLE}")
        return int(version)

    def _prepare(self, session: rows.Session) -> None:
        """Make the tables where they are missing. The first of them was version 1; who raises it moves them here."""
        if self._version(session):
            return
        session.execute(f"CREATE SCHEMA IF NOT EXISTS {_SCHEMA}")
        for table in rows.tables('TEXT COLLATE "C"'):
            session.execute(table)
        session.execute("CREATE TABLE version (number INTEGER NOT NULL)")
        session.execute("INSERT INTO version VALUES (:number)", {"number": VERSION})

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """Raise what the server refuses in words, with the way out."""
        from sqlalchemy.exc import SQLAlchemyError

        try:
            yield
        except SQLAlchemyError as error:
            reason = getattr(error, "orig", None) or error
            code = getattr(reason, "sqlstate", None)
            said = _without_password(str(reason), self.engine.url)
            if code == "55P03":  # lock_not_available
                said = f"another program has been writing to it for {PATIENCE:.0f} s; try again when it has ended"
            elif code == "42501":  # insufficient_privilege
                said += "; have the server's keeper grant it (GRANT CREATE ON DATABASE, or USAGE and the tables of the "
                said += f"schema {_SCHEMA}), or name another database in {VARIABLE}"
            elif code in ("22P05", "22021"):  # untranslatable_character, character_not_in_repertoire
                said += f"; name a database of the encoding UTF8 in {VARIABLE}"
            elif code is None:
                said += f"; start the server, correct {VARIABLE}, or unset it to keep documents in a file"
            raise InputError([f"{self.place}: {what}: {said}"]) from None


def _begun(connection: Connection) -> _ServerSession:
    session = _ServerSession(connection)
    session.execute(f"SET LOCAL search_path TO {_SCHEMA}")
    session.execute(f"SET LOCAL lock_timeout TO {round(PATIENCE * 1000)}")
    return session


def _without_password(said: str, url: URL) -> str:
    """Return a server's words on one line; drivers may repeat what they were given."""
    secrets = [url.password, *(value for key, value in url.query.items() if "password" in key)]
    for secret in filter(None, map(str, secrets)):
        # A short one also stands inside other words, where taking it out would tell it.
        whole = re.escape(secret) if len(secret) >= SHORT else rf"(?<!\w){re.escape(secret)}(?!\w)"
        said = re.sub(whole, "***", said)
    return " ".join(said.split())


@cache
def _engine(address: str) -> Engine:
    """Return what connects to a server. Connections are not kept: the app forks, and a server may be started again.

    Raises:
        InputError: it is no address of a server that can be used, or what speaks to one is missing.
    """
    try:
        from sqlalchemy import create_engine, make_url
        from sqlalchemy.exc import ArgumentError
        from sqlalchemy.pool import NullPool
    except ImportError:
        raise InputError([_missing("SQLAlchemy")]) from None
    if told := _misread(address):
        raise InputError([_no_address(told)])
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        raise InputError([_no_address()]) from None
    if url.drivername not in ("postgresql", "postgresql+psycopg"):
        raise InputError([_no_address(f"'{url.drivername}' is not known; ")])
    if not url.database:
        raise InputError([_no_address("it names no database; ")])
    url = url.set(drivername="postgresql+psycopg")
    # A server of any encoding then says what it cannot keep, in place of handing out bytes.
    asked: dict[str, str | int] = {"client_encoding": "utf8"}
    if "connect_timeout" not in url.query:
        asked["connect_timeout"] = round(PATIENCE)
    try:
        return create_engine(url, poolclass=NullPool, connect_args=asked)
    except ImportError:
        raise InputError([_missing("psycopg")]) from None


def _misread(address: str) -> str:
    """Return why an address would be cut elsewhere than was meant, and half a password taken for a host; "" if not."""
    if re.search(r"[\x00-\x1f\x7f]|%[01][0-9a-f]|%7f", address, re.IGNORECASE):
        return "it holds a control character; "
    begin = address.partition("?")[0].partition("://")[2].partition("@")
    if address.count("@") > 1 or (begin[1] and "/" in begin[0].partition(":")[0]):
        return "it holds an @ or a / in the name or the password; write @ as %40 and / as %2F; "
    return ""


def _no_address(why: str = "") -> str:
    return f"{VARIABLE}: {why}expected postgresql+psycopg://USER:PASSWORD@HOST/DATABASE; unset it to keep in a file"


def _missing(package: str) -> str:
    return (
        f"{VARIABLE} names a server, and {package}, which speaks to one, is not installed; "
        "pip install 'framework-advisor[postgres]', or unset the variable to keep documents in a file"
    )
