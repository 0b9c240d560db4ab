"""`make run` says clearly what is wrong before it touches anything."""

import os
import socket
import subprocess
import sys

import pytest

from tests.peers.processes import ROOT


def run(port):
    environment = os.environ | {"PORT": str(port), "DATABASE_URL": "sqlite:////nonexistent/never-touched.db"}
    command = [sys.executable, ".ci/run_dev.py"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=30)


def test_a_port_in_use_is_named_with_the_way_out():
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        done = run(port)
    assert done.returncode == 1
    assert f"127.0.0.1:{port}" in done.stderr and f"make run PORT={port + 1}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1", ""])
def test_a_port_that_is_none_is_refused(port):
    done = run(port)
    assert done.returncode == 1
    assert done.stderr == f"PORT={port} is not a port; use a number from 1 to 65535.\n"
