"""Tests here click through pages of a running Odoo: they need its plugin and a browser."""

import os


def pytest_ignore_collect(collection_path, config):
    """Without Odoo there is no page to open."""
    if collection_path.name.startswith("test_") and not config.pluginmanager.hasplugin("odoo"):
        return True
    return None


def pytest_collection_modifyitems(items):
    """Say that a test was skipped for want of a browser; never pass it silently."""
    import pytest

    if os.environ.get("ECOM_CHROMIUM"):
        return
    for item in items:
        if "e2e" in item.path.parts:
            item.add_marker(pytest.mark.skip(reason="there is no Chromium on this machine"))
