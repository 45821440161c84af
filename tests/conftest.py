"""Settings of the property tests: the same examples in every run, without a time limit each.

``HYPOTHESIS_PROFILE=explore`` draws new examples instead, and remembers those that fail.
"""

import os

from hypothesis import settings

settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))
