"""nginx with `docs/nginx.conf` before a running shop, on a port of its own."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from local.ports import free_port, is_busy
from local.report import Trouble
from local.running import System

CONFIGURATION = Path(__file__).resolve().parents[2] / "docs" / "nginx.conf"
AROUND = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 1;
worker_rlimit_nofile 4096;
events {{ worker_connections 2048; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {inner}
}}
"""


@contextmanager
def proxied(shop: System, folder: Path) -> Iterator[int | None]:
    """The port of nginx, or None where none is installed."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if not program:
        yield None
        return
    port = free_port()
    inner = re.sub(r"listen 8080;", f"listen 127.0.0.1:{port};", CONFIGURATION.read_text())
    for standing, address in (("127.0.0.1:8000", shop.api), ("127.0.0.1:8001", shop.live)):
        inner = inner.replace(standing, urlsplit(address).netloc)
    file = folder / "nginx.conf"
    file.write_text(AROUND.format(folder=folder, inner=inner))
    server = subprocess.Popen([program, "-p", str(folder), "-c", str(file)], stderr=subprocess.PIPE, text=True)
    try:
        end = time.monotonic() + 10
        while not is_busy(port):
            if server.poll() is not None or time.monotonic() > end:
                server.kill()
                raise Trouble(f"nginx does not start with {CONFIGURATION.name}: {server.communicate()[1]}")
            time.sleep(0.05)
        yield port
    finally:
        server.terminate()
        server.communicate()
