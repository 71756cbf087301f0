"""The shop's settings for a round that is to be at rest within a minute: less time until a message comes again.

As it stands in production, a message whose worker was killed comes again after two minutes, and one that is poisoned
is buried after eighteen. All that is told apart by these times stays in the same proportion to each other.
"""

import os

from shop.settings import *  # noqa: F403

VISIBILITY_TIMEOUT = int(os.environ["CHAOS_VISIBILITY_TIMEOUT"])
MAX_RECEIVES = int(os.environ["CHAOS_MAX_RECEIVES"])
CELERY_TASK_TIME_LIMIT = VISIBILITY_TIMEOUT - 3
CELERY_TASK_SOFT_TIME_LIMIT = VISIBILITY_TIMEOUT - 6
