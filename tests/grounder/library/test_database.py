"""The SQLite file: migrated once, refused when newer, clear when it cannot be used."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from grounder.errors import IndexCorrupt, LibraryError
from grounder.library.database import Database
from grounder.library.schema import VERSION

OPEN = "import sys; from pathlib import Path; from grounder.library import Library; Library.open(Path(sys.argv[1]))"


def test_a_new_library_is_at_the_current_version_and_in_wal_mode(tmp_path: Path) -> None:
    database = Database(tmp_path / "deep" / "library")
    assert database.rows("PRAGMA user_version")[0][0] == VERSION
    assert database.rows("PRAGMA journal_mode")[0][0] == "wal"
    assert database.rows("PRAGMA foreign_keys")[0][0] == 1
    database.close()


def test_a_newer_library_is_refused_with_both_versions(tmp_path: Path) -> None:
    Database(tmp_path).close()
    with sqlite3.connect(tmp_path / "library.sqlite") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(LibraryError, match=r"newer whenwhat \(schema 99; .* up to 1\)"):
        Database(tmp_path)


def test_a_file_that_is_no_database_is_corrupt(tmp_path: Path) -> None:
    (tmp_path / "library.sqlite").write_bytes(b"not a database, but long enough to be read" * 50)
    with pytest.raises(IndexCorrupt, match=r"damaged .*--library"):
        Database(tmp_path)


def test_a_failed_transaction_stores_nothing(tmp_path: Path) -> None:
    database = Database(tmp_path)

    def write_and_fail() -> None:
        with database.transaction() as connection:
            connection.execute("INSERT INTO paths VALUES ('/a', 'x', 1, 1)")
            raise KeyError("halfway")

    with pytest.raises(KeyError):
        write_and_fail()
    assert database.rows("SELECT * FROM paths") == []
    database.close()


def test_many_processes_may_make_one_library_at_once(tmp_path: Path) -> None:
    started = [subprocess.Popen([sys.executable, "-c", OPEN, tmp_path / "new"]) for _ in range(4)]
    assert [process.wait(timeout=60) for process in started] == [0, 0, 0, 0]


def test_a_read_only_library_is_refused_clearly(tmp_path: Path) -> None:
    Database(tmp_path / "library").close()
    tmp_path.chmod(0o755)
    for path in [tmp_path / "library", *(tmp_path / "library").rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    # root may write anywhere, so the child becomes nobody; parents of tmp_path are closed to it.
    drop = "import os, sys; os.chdir(sys.argv[1]); os.getuid() or os.setuid(65534)\n"
    tell = """
from grounder.errors import LibraryError
try:
    Library.open(Path('library'))
except LibraryError as error:
    print(error)
"""
    imports = "from pathlib import Path; from grounder.library import Library\n"
    code = imports + "import grounder.search\n" + drop + tell
    result = subprocess.run(
        [sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=False
    )
    assert "read-only" in result.stdout, result.stderr
    assert "--library" in result.stdout
