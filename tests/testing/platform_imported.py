"""Importing this module imports the platform: what a fork server begins with."""

from tests.testing.command_line import import_platform

import_platform()
