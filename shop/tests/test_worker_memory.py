"""What a process holds: no more than its share, and nothing that it does not need."""

from __future__ import annotations

import os
import subprocess
import sys

PROGRAM = """
from shop.celery import limit_memory
limit_memory()
try:
    taken = bytearray(600 * 1024 * 1024)
except MemoryError:
    print("refused")
print("goes on with", len(bytearray(20 * 1024 * 1024)))
"""


def test_what_is_too_large_is_refused_alone() -> None:
    environment = os.environ | {"WORKER_MEMORY_MIB": "512"}

    said = subprocess.check_output([sys.executable, "-c", PROGRAM], env=environment, text=True)

    assert said.splitlines() == ["refused", "goes on with 20971520"]


HEAVY = {"weasyprint", "fontTools", "pypdf", "drafthorse"}


def test_web_and_live_do_without_what_only_workers_use() -> None:
    program = f"import sys, shop.wsgi, shop.asgi; print(sorted({HEAVY} & set(sys.modules)))"

    said = subprocess.check_output([sys.executable, "-W", "ignore", "-c", program], text=True)

    assert said.splitlines()[-1] == "[]"


def test_a_worker_loads_the_renderer_before_it_forks_and_leaves_it_shared() -> None:
    program = (
        "import gc, sys, django; django.setup(); from celery.signals import celeryd_after_setup; import shop.celery;"
        "celeryd_after_setup.send(sender='worker'); import weasyprint.html as html;"
        # What is frozen is in no generation: the collector does not look at it, and so does not write into it.
        "print('weasyprint' in sys.modules, any(one is html.__dict__ for one in gc.get_objects()))"
    )

    said = subprocess.check_output([sys.executable, "-c", program], text=True)

    assert said.splitlines()[-1] == "True False"
