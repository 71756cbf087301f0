"""What runs where the shop runs: the one table that the image, Compose, the local set-up and the CDK app read.

Pure data and one function over it, no imports from the project, so that anything may read it.
`python -m shop.serve web` runs one of them.
"""

GUNICORN = "-m gunicorn --no-control-socket --graceful-timeout 25 --worker-tmp-dir {scratch} --bind {host}:{port}"
CELERY = "-m celery -A shop"

COMMANDS: dict[str, str] = {
    # More threads only wait for each other: Python runs one of a process at a time.
    "web": f"{GUNICORN} --worker-class shop.web_worker.Worker --preload --workers 2 --threads 4 shop.wsgi",
    "live": f"{GUNICORN} --worker-class shop.live_worker.Worker --workers 1 shop.asgi",
    "worker": f"{CELERY} worker --loglevel INFO --concurrency 2",
    "relay": "manage.py relay",
    "beat": f"{CELERY} beat --loglevel INFO --schedule {{scratch}}/beat-schedule --pidfile=",
    "migrate": "manage.py migrate --noinput",
}
"""Process → what Python is called with, in the project's folder."""

ONCE = ("migrate",)
"""Those that do their work and end: before a new version's others are started."""

PORTS = {"web": 8000, "live": 8001}
"""Process → the port that it listens on, where it is told none. The others are spoken to by nobody."""

IDLE = 300
"""Seconds after which the load balancer closes a connection that says nothing; a process must keep it for longer."""


def command(
    process: str,
    *options: str,
    host: str = "0.0.0.0",  # noqa: S104  (a container's own; who may reach it is for its network to say)
    port: int | None = None,
    scratch: str = "/tmp",  # noqa: S108  (a container's own as well, and all of its disk that can be written to)
) -> list[str]:
    """What Python is called with to run `process`. `options` come last, so that they outdo the table's.

    `scratch` is a folder for what need not outlive the process. Raises KeyError for a process that there is not.
    """
    values = {"host": host, "port": str(port or PORTS.get(process, 0)), "scratch": scratch}
    return [word.format(**values) for word in COMMANDS[process].split()] + list(options)
