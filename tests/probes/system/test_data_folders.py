"""One function says where things are kept, whatever the home is called and whether there is one."""

from __future__ import annotations

import pwd
from pathlib import Path
from typing import get_args

import pytest

from probes.system import data_folders

KINDS = get_args(data_folders.Kind)


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user without HOME whom the system's list of users does not hold."""

    def unknown(uid: int) -> pwd.struct_passwd:
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    for variable in ("HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", data_folders.VARIABLE):
        monkeypatch.delenv(variable, raising=False)


def test_a_named_home_holds_everything(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(data_folders.VARIABLE, str(tmp_path))

    assert data_folders.data() == data_folders.folder("data") == tmp_path
    assert data_folders.cache() == data_folders.folder("cache") == tmp_path / "cache"
    assert data_folders.folder("config") == tmp_path / "config"


def test_a_home_of_ones_own_is_the_same_for_every_kind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv(data_folders.VARIABLE, "~/x")

    assert {data_folders.folder(kind) for kind in KINDS} == {
        tmp_path / "x",
        tmp_path / "x" / "cache",
        tmp_path / "x" / "config",
    }


def test_a_home_named_from_here_stays_where_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(data_folders.VARIABLE, "kept")

    assert data_folders.data() == tmp_path / "kept"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("named", ["~nosuchuser/x", "~nosuchuser"])
def test_the_home_of_an_unknown_user_is_nowhere(monkeypatch: pytest.MonkeyPatch, kind: str, named: str) -> None:
    monkeypatch.setenv(data_folders.VARIABLE, named)

    with pytest.raises(data_folders.Nowhere, match="knows no ~nosuchuser") as nowhere:
        data_folders.folder(kind)  # type: ignore[arg-type]
    assert "~nosuchuser" in nowhere.value.why["zh"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("nobody")
def test_who_has_no_home_has_no_folder(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    with pytest.raises(data_folders.Nowhere, match="no home folder"):
        data_folders.folder(kind)  # type: ignore[arg-type]
    monkeypatch.setenv(data_folders.VARIABLE, "~/x")
    with pytest.raises(data_folders.Nowhere, match="knows no ~"):
        data_folders.folder(kind)  # type: ignore[arg-type]
