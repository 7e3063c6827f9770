"""Settings of the whole test run: nothing is downloaded, slow tests run on demand, and `-n 2` (pytest-xdist) shares the work out."""
import os

if "PYTEST_XDIST_WORKER" in os.environ:  # several processes share the cores
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from hypothesis import settings

os.environ["SPAM_RNN_OFFLINE"] = "1"


def pytest_addoption(parser):
    parser.addoption("--slow", action="store_true", help="run the slow tests too")


# The quick run repeats the same examples; the slow one looks for new ones.
settings.register_profile("quick", max_examples=60, deadline=None, derandomize=True, database=None)
settings.register_profile("slow", max_examples=2_000, deadline=None, print_blob=True)


def pytest_configure(config):
    settings.load_profile("slow" if config.getoption("--slow") else "quick")
    config.addinivalue_line("markers", "slow: takes minutes; runs with --slow only")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    "Tests of one file share what they have trained, so one process runs them."
    if config.getvalue("dist") != "load":  # asked for another way
        return None
    from xdist.scheduler import LoadFileScheduling

    return LoadFileScheduling(config, log)


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--slow"):
        skip = pytest.mark.skip(reason="slow: runs with --slow")
        for item in items:
            if "slow" in item.keywords:
                item.add_marker(skip)
