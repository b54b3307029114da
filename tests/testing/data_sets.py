"""Real data sets and independent answers to them, in a folder that stands beside some checkouts."""

import pytest

from stores.settings import PROJECT_ROOT

_SHARED = PROJECT_ROOT.parent / "shared"
DATA = _SHARED / "data"
RFM_REFERENCE = _SHARED / "reference" / "rfm_reference.py"

# Where the folder is there and a data set in it is not, the test runs and fails.
needs_data_sets = pytest.mark.skipif(not DATA.is_dir(), reason="the real data sets are not beside the checkout")
