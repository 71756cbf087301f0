"""What `cdk` runs: the shop's stacks by `deploy/shop.toml`, or by the file that is named. What is wrong is one line.

deploy/node_modules/.bin/cdk diff --app "deploy/.venv/bin/python -m deploy.app [FILE] [KEY=VALUE …]"
"""

from __future__ import annotations

import sys
from pathlib import Path

from deploy import node

node.use()  # before anything imports aws_cdk

from deploy.settings import FILE, chosen, told_by  # noqa: E402
from deploy.shop import Shop  # noqa: E402
from deploy.shop_settings import Wrong  # noqa: E402


def main() -> int:
    try:
        file, *words = sys.argv[1:] or [str(FILE)]
        shop = Shop(chosen(Path(file), told_by(words)))
    except Wrong as wrong:
        sys.stderr.write(f"{wrong}\n")
        return 2
    shop.app.synth()
    return 0


if __name__ == "__main__":
    sys.exit(main())
