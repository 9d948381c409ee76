"""What the tests of problem sets share is shown in full where it fails, like the tests themselves."""

import pytest

pytest.register_assert_rewrite("laws")
