from __future__ import annotations

import os
import socket

import pytest

from local.ports import free_port, refuse_busy
from local.report import Trouble


def test_it_names_a_busy_port_its_holder_and_the_option_that_changes_it() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(Trouble) as caught:
            refuse_busy({"--port": free_port(), "--mail-port": port})
    assert str(caught.value).startswith(f"Port {port} is in use by ")
    assert f"(process {os.getpid()}). Choose another with --mail-port N." in str(caught.value)
    assert "--port N" not in str(caught.value)


def test_it_refuses_one_port_for_two_purposes() -> None:
    port = free_port()
    with pytest.raises(Trouble, match="a port of its own"):
        refuse_busy({"--port": port, "--live-port": port})
