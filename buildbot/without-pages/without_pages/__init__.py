# This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0.
# If a copy of the MPL was not distributed with this file, You can obtain one at https://mozilla.org/MPL/2.0/.
"""Stands in for buildbot-www: a master with a web port does not start without it, and Debian has no such package.

REST, login and websocket work without the pages. Put the folder of this package into PYTHONPATH.
"""
from buildbot.www.plugin import Application

application = Application('without_pages', 'Buildbot without web pages')
