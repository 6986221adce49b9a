"""PostgreSQL for the tests in Python, by its own psql: a fresh database each, and statements.

test/with_postgres.sh starts the server and names it in ASSAY_TEST_URL; without it SQLite is tested.
"""
import os
import subprocess
import uuid

URL = os.environ.get("ASSAY_TEST_URL")


def fresh():
    """The URL of a new database; None where the tests run on SQLite. Goes with the server."""
    if not URL:
        return None
    name = "t" + uuid.uuid4().hex
    query(URL, f"CREATE DATABASE {name}")
    return URL.replace(":///postgres?", f":///{name}?")


def query(url, sql):
    """The rows, as sqlite3 gives them where they are integers and plain texts."""
    command = ["psql", "-X", "-q", "-At", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-d",
               url.replace("postgres://", "postgresql://"), "-c", sql]
    done = subprocess.run(command, capture_output=True, text=True)
    while "deadlock detected" in done.stderr: # with the program under test; nothing was done
        done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(f"{sql}: {done.stderr}")
    return [tuple(int(cell) if cell.lstrip("-").isdigit() else cell for cell in line.split("\t"))
            for line in done.stdout.splitlines()]
