"""The store on a PostgreSQL server, a real one: its address, its refusals, and the way there and back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from advisor.decisions import database, store
from advisor.errors import InputError
from tests import postgres
from tests.advisor.decisions.test_store import decision, evidence

if TYPE_CHECKING:
    import psycopg


@pytest.fixture(autouse=True)
def own_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("FRAMEWORK_ADVISOR_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def refusal(address: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return what adding and listing say of an address; both say the same kind of thing."""
    monkeypatch.setenv("FRAMEWORK_ADVISOR_DATABASE", address)
    told = []
    for call in (lambda: store.add_decision(decision()), store.decision_list):
        with pytest.raises(InputError) as refused:
            call()
        (problem,) = refused.value.problems
        told.append(problem)
    assert store.refusal() is None  # not a matter of folders
    return "\n".join(told)


def test_a_team_keeps_on_its_server_and_nothing_in_a_file(on_server: str, own_home: Path) -> None:
    store.add_decision(decision())

    assert store.decision_list()[0]["made_on"] == "2026-11-20"
    assert not own_home.exists()


def test_the_password_is_in_no_place_and_no_message(
    monkeypatch: pytest.MonkeyPatch, server: int, on_server: str
) -> None:
    assert postgres.PASSWORD not in store.usage().place
    assert store.usage().place == f"postgresql+psycopg://team:***@127.0.0.1:{server}/postgres"
    wrong = refusal(postgres.address(server, password="s3cret!?/@"), monkeypatch)
    assert "s3cret" not in wrong
    assert "password authentication failed" in wrong


def test_a_server_that_is_not_there_is_told_with_a_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    told = refusal("postgresql://team:s3cret@127.0.0.1:1/x", monkeypatch)

    assert "start the server, correct FRAMEWORK_ADVISOR_DATABASE, or unset it" in told
    assert "s3cret" not in told


@pytest.mark.parametrize(
    "address",
    [
        "x",
        "postgresql+psycopg://team:s3cret@host:port/name",
        "postgresql+psycopg://team:s3cret@host",
        "mysql://team:s3cret@host/name",
        "postgresql+psycopg2://team:s3cret@host/name",
        "sqlite:////srv/s3cret.db",
        "://s3cret",
        "postgresql+psycopg://team:s3cret@ho st/na me?connect_timeout=1",
        "postgresql+psycopg://team:s3cret@127.0.0.1:1/name?nosuchoption=s3cret",
        "postgresql+psycopg://team:s3cret@127.0.0.1:1/name?connect_timeout=soon",
        "postgresql+psycopg://team:s3cret@127.0.0.1:999999/name",
    ],
)
def test_an_address_that_cannot_be_used_is_told_without_its_secrets(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    told = refusal(address, monkeypatch)

    assert "FRAMEWORK_ADVISOR_DATABASE" in told
    assert "s3cret" not in told


@pytest.mark.parametrize("package", ["sqlalchemy", "psycopg"])
def test_what_is_not_installed_is_told_with_the_command_that_adds_it(
    monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)

    told = refusal("postgresql://team@127.0.0.1:1/another-name", monkeypatch)

    assert "pip install 'framework-advisor[postgres]'" in told


def test_a_file_needs_no_package_of_the_server(own_home: Path) -> None:
    from tests.advisor.decisions.test_store_file import run

    code = "print(len(store.decision_list()), 'sqlalchemy' in sys.modules, 'psycopg' in sys.modules)"

    assert run(code, FRAMEWORK_ADVISOR_DATABASE="").stdout.split() == ["0", "False", "False"]


def test_a_server_of_a_later_program_is_left_alone(on_server: str, server: int) -> None:
    import psycopg

    store.add_decision(decision())
    with psycopg.connect(
        host="127.0.0.1", port=server, user=postgres.USER, password=postgres.PASSWORD, dbname="postgres"
    ) as connection:
        connection.execute("UPDATE framework_advisor.version SET number = 99")
    for call in (store.decision_list, lambda: store.add_evidence(evidence()), lambda: store.remove([1])):
        with pytest.raises(
            InputError, match=r"stores of version 99.*name another database in FRAMEWORK_ADVISOR_DATABASE"
        ):
            call()


def test_who_writes_for_too_long_is_told(monkeypatch: pytest.MonkeyPatch, on_server: str) -> None:
    monkeypatch.setattr(database, "PATIENCE", 0.2)
    number = store.add_decision(decision())
    with database.here().writing():
        assert store.decision_document(number) == decision()
        with pytest.raises(InputError, match="another program has been writing"):
            store.add_evidence(evidence())
    assert store.add_evidence(evidence()) == number + 1


def test_who_may_only_read_reads(monkeypatch: pytest.MonkeyPatch, on_server: str, server: int) -> None:
    import psycopg

    store.add_decision(decision())
    with psycopg.connect(
        host="127.0.0.1", port=server, user=postgres.USER, password=postgres.PASSWORD, dbname="postgres"
    ) as connection:
        connection.execute("DROP ROLE IF EXISTS reader")
        connection.execute("CREATE ROLE reader LOGIN PASSWORD 'only'")
        connection.execute("GRANT USAGE ON SCHEMA framework_advisor TO reader")
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA framework_advisor TO reader")
    reader = postgres.address(server, user="reader", password="only")
    monkeypatch.setenv("FRAMEWORK_ADVISOR_DATABASE", reader)

    assert store.decision_document(1) == decision()
    with pytest.raises(InputError, match=r"permission denied.*GRANT"):
        store.add_decision(decision("2026-11-21"))


def test_a_server_that_nobody_has_written_to_is_empty(on_server: str) -> None:
    assert store.decision_list() == []
    assert store.usage().evidence == 0
    assert store.damage() == ([], [])
    with pytest.raises(InputError, match="nothing yet"):
        store.document(1)


@pytest.mark.parametrize("account", ["u:p@ss", "u:se@kr/et:", "u:p@kr/et?x=y", "kr/et:p", "kr/et", "u@kr:et@ss"])
def test_a_password_that_an_address_cannot_hold_so_is_told_without_it(
    monkeypatch: pytest.MonkeyPatch, account: str
) -> None:
    told = refusal(f"postgresql+psycopg://{account}@127.0.0.1:1/x", monkeypatch)

    assert "write @ as %40" in told
    assert not any(part in told for part in ("ss@", "kr", "et:", "127.0.0.1"))


def test_a_password_with_a_slash_or_a_colon_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "127.0.0.1:1/x: not written" in refusal("postgresql+psycopg://u:k/r:s3cret@127.0.0.1:1/x", monkeypatch)


def test_a_short_password_is_not_told_by_what_hides_it(monkeypatch: pytest.MonkeyPatch) -> None:
    told = refusal("postgresql+psycopg://u:re@127.0.0.1:1/x", monkeypatch)

    assert "refused" in told
    assert "*fused" not in told


@pytest.mark.parametrize("letter", ["%00", "%0a", "\n"])
def test_an_address_with_a_control_character_is_no_address(monkeypatch: pytest.MonkeyPatch, letter: str) -> None:
    assert "control character" in refusal(f"postgresql+psycopg://u:{letter}@127.0.0.1:1/x", monkeypatch)


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_database_of_another_encoding_keeps_what_it_can_and_says_what_it_cannot(
    monkeypatch: pytest.MonkeyPatch, server: int, encoding: str
) -> None:
    with _as_keeper(server) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {encoding}_x".encode())
        connection.execute(f"CREATE DATABASE {encoding}_x ENCODING '{encoding}' TEMPLATE template0".encode())
    monkeypatch.setenv("FRAMEWORK_ADVISOR_DATABASE", postgres.address(server, database=f"{encoding}_x".lower()))
    foreign = {**evidence(), "machine": {"cpu": "甲"}}

    assert store.decision_list() == []
    if encoding == "SQL_ASCII":
        assert store.evidence_document(store.add_evidence(foreign))["machine"]["cpu"] == "甲"
        return
    assert store.evidence_document(store.add_evidence(evidence()))
    with pytest.raises(InputError, match="name a database of the encoding UTF8"):
        store.add_evidence(foreign)


def test_a_server_whose_version_is_gone_is_told_with_the_way_out(on_server: str, server: int) -> None:
    store.add_decision(decision())
    with _as_keeper(server) as connection:
        connection.execute("DELETE FROM framework_advisor.version")

    for call in (store.decision_list, lambda: store.add_evidence(evidence())):
        with pytest.raises(InputError, match=r"version is empty.*write the number 1 into it"):
            call()


def _as_keeper(server: int) -> psycopg.Connection[tuple[object, ...]]:
    import psycopg

    return psycopg.connect(
        host="127.0.0.1",
        port=server,
        user=postgres.USER,
        password=postgres.PASSWORD,
        dbname="postgres",
        autocommit=True,
    )
