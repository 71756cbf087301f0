"""What `cdk` runs: the shop's stacks by `deploy/shop.toml`, or by the file that is named. What is wrong is one line.

npx aws-cdk@2.1148.1 diff --app "deploy/.venv/bin/python -m deploy.app"
"""

from __future__ import annotations

import sys
from pathlib import Path

from deploy import node

node.use()  # before anything imports aws_cdk

from deploy.settings import FILE, chosen  # noqa: E402
from deploy.shop import Shop  # noqa: E402
from deploy.shop_settings import Wrong  # noqa: E402


def main() -> int:
    try:
        shop = Shop(chosen(Path(sys.argv[1]) if sys.argv[1:] else FILE, {}))
    except Wrong as wrong:
        sys.stderr.write(f"{wrong}\n")
        return 2
    shop.app.synth()
    return 0


if __name__ == "__main__":
    sys.exit(main())
