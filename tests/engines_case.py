"""The same CRM on other engines: a DuckDB file, a PostgreSQL server that lives for a test session, a local Spark.

In: a folder of Parquet files.   Out: locations that `crm.open` takes.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

# A slash and an @ have to be escaped in a URL.
PASSWORD, AS_WRITTEN = "s/e@cret", "s%2Fe%40cret"
# What DuckDB calls the types of a sample, in the words of PostgreSQL.
_TYPES = {"VARCHAR": "text", "DOUBLE": "double precision"}
# The data of a test need not survive a crash of the machine.
_QUICK = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c shared_buffers=32MB -c max_connections=30"


def as_duckdb(folder: Path, path: Path) -> Path:
    """Write the Parquet files of a folder as the tables of a DuckDB file, and return its path."""
    with duckdb.connect(str(path)) as database:
        for file in _files(folder):
            database.execute(f"CREATE TABLE \"{file.stem}\" AS SELECT * FROM '{file}'")
    return path


def as_postgres(folder: Path, url: str, schema: str) -> str:
    """Write the Parquet files of a folder as the tables of a new schema, and return the URL that opens it."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f'CREATE SCHEMA "{schema}"')
        for file in _files(folder):
            _copy(server, file, schema)
    base, _, query = url.partition("?")
    return f"{base}/{schema}?{query}"


def as_spark(folder: Path, session: Any) -> str:
    """Register the Parquet files of a folder as the only views of a Spark session, and return its URL."""
    for view in session.catalog.listTables():
        session.catalog.dropTempView(view.name)
    for path in _files(folder):
        session.read.parquet(str(path)).createOrReplaceTempView(path.stem)
    return "pyspark://"


@contextmanager
def postgres_server() -> Iterator[str]:
    """Run a PostgreSQL server on a UNIX socket in a temporary folder, and give its URL; empty where it cannot be had.

    PostgreSQL refuses to run as root: then it runs as the user `postgres`, which its packages bring along.
    """
    programs, root = _programs(), os.geteuid() == 0
    if programs is None:
        yield ""
        return
    # Not below pytest's folders or TMPDIR: a socket's path has 107 bytes at most, and those may be their owner's alone.
    folder = Path(tempfile.mkdtemp(prefix="workbench-pg-", dir="/tmp"))
    secret = folder / "password"
    secret.write_text(PASSWORD)
    for path in (folder, secret) if root else ():
        shutil.chown(path, "postgres", "postgres")

    def run(program: str, *arguments: object) -> None:
        command = [programs / program, "-D", folder / "data", *arguments]
        who = {"user": "postgres", "group": "postgres", "extra_groups": []} if root else {}
        # To a file: the server keeps what it was given open, and a pipe would never end.
        with (folder / "said").open("ab") as said:
            subprocess.run([*map(str, command)], check=True, cwd=folder, stdout=said, stderr=said, **who)

    try:
        locale = ("--encoding=UTF8", "--locale=C", "--no-sync")
        run("initdb", "--username=crm", "--auth=scram-sha-256", f"--pwfile={secret}", *locale)
        run("pg_ctl", "--wait", f"--log={folder / 'log'}", f"--options=-k {folder} -h '' {_QUICK}", "start")
        try:
            yield f"postgresql://crm:{AS_WRITTEN}@/postgres?host={folder}"
        finally:
            run("pg_ctl", "--mode=immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path | None:
    """Return the folder of PostgreSQL's programs, which Debian keeps off the path; None where root may not run them."""
    if os.geteuid() == 0:
        import pwd

        if "postgres" not in {one.pw_name for one in pwd.getpwall()}:
            return None
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else []
    if config := shutil.which("pg_config"):
        told = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=False)
        places.append(Path(told.stdout.strip()))
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "initdb").is_file() and (place / "pg_ctl").is_file()), None)


def _copy(server: Any, file: Path, schema: str) -> None:
    with duckdb.connect() as database:
        rows = database.read_parquet(str(file))
        kinds = [_TYPES.get(str(kind), str(kind)) for kind in rows.types]
        columns = ", ".join(f'"{name}" {kind}' for name, kind in zip(rows.columns, kinds, strict=True))
        table = f'"{schema}"."{file.stem}"'
        server.execute(f"CREATE TABLE {table} ({columns})")
        with server.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
            for row in rows.fetchall():
                copy.write_row(row)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.parquet") if not path.stem.startswith("truth"))
