# This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0.
# If a copy of the MPL was not distributed with this file, You can obtain one at https://mozilla.org/MPL/2.0/.
"""The scheduler through which Buildbot Bridge creates build requests, each exactly once. See README.md."""
import inspect
import json

from buildbot.data.resultspec import Filter
from buildbot.schedulers.forcesched import CollectedValidationError, ForceScheduler
from twisted.internet import defer

#: Changes whenever a call or an answer changes; the bridge reads it as the label of the scheduler.
PROTOCOL = 'bridge-protocol 1'

#: The reason of a build set without build requests that says: create nothing for this key.
WITHDRAWN = 'withdrawn by the bridge'

#: The reason that Buildbot gives to the copy of a build set that a user rebuilds. The copy has the key of the original.
REBUILD = 'rebuild'

#: Buildbot's columns for texts have this many characters; SQLite accepts longer ones, other databases do not.
LENGTH = 256

STAMP = {'codebase': '', 'repository': '', 'branch': None, 'revision': None, 'project': ''}


class BridgeScheduler(ForceScheduler):
    """Creates at most one build request per key and generation, by compare-and-set.

    The caller names the newest build set of the key that it has seen (`after`, 0 for none). If another one is the newest
    now, nothing is created and the caller gets that one. So a call may be repeated, be late, or come twenty times at
    once. A deliberate second build request for the same key names the build set of the first in `after`.
    """

    # One lock for all schedulers of the process: a reconfigured scheduler is a new object.
    _one_at_a_time = defer.DeferredLock()

    def __init__(self, name, builderNames, **options):
        super().__init__(name=name, builderNames=builderNames, label=PROTOCOL, **options)

    @defer.inlineCallbacks
    def force(self, owner, **call):
        """The method `force` of POST /api/v2/forceschedulers/NAME.

        :param key: identifies what the build request is for; compared exactly, whatever the database compares
        :param after: the newest build set of the key that the caller knows, or 0
        :param since: no build set of the key is older than this (seconds since 1970, by the master's clock); it bounds
            the search in a large database
        :param withdraw: create a build set without build requests, which stops later calls that do not know it
        :param builderNames: a list of one builder of this scheduler
        :param properties: an object; the values may be any JSON
        :param sourcestamp: an object with any of branch, revision, repository, project, codebase
        :param reason: a text for people
        :param priority: an integer; ignored by Buildbot before 3.9
        :returns: buildset, request (its build request, null for none), withdrawn, and whether this call created it
        """
        call = {'key': None, 'after': 0, 'since': 0, 'withdraw': False, 'builderNames': None, 'properties': {},
                'sourcestamp': {}, 'reason': '', 'priority': 0, **call}
        problems = self._problems(**call)
        if problems:
            raise CollectedValidationError(problems)
        return (yield self._one_at_a_time.run(self._compare_and_set, **call))

    def _problems(self, key, after, since, withdraw, builderNames, properties, sourcestamp, reason, priority,
                  **unknown):
        """What is wrong with a call, by the name of the parameter; the client gets it with status 400."""
        def is_text(value):
            # No database stores half a surrogate pair, and PostgreSQL no NUL.
            return isinstance(value, str) and len(value) <= LENGTH and not any(
                character == '\0' or '\ud800' <= character <= '\udfff' for character in value)

        def is_integer(value):
            return isinstance(value, int) and not isinstance(value, bool)

        def is_json(value):
            try:
                return json.dumps(value, allow_nan=False) != ''
            except ValueError:
                return False

        right = {
            'key': is_text(key) and key != '',
            'after': is_integer(after),
            'since': is_integer(since),
            'withdraw': isinstance(withdraw, bool),
            'builderNames': withdraw is True or (
                isinstance(builderNames, list) and len(builderNames) == 1 and builderNames[0] in self.builderNames),
            'properties': isinstance(properties, dict) and all(map(is_text, properties)) and is_json(properties),
            'sourcestamp': isinstance(sourcestamp, dict) and all(
                name in STAMP and (is_text(value) or value is STAMP[name]) for name, value in sourcestamp.items()),
            'reason': is_text(reason) and reason not in (WITHDRAWN, REBUILD),
            'priority': is_integer(priority),
        }
        return {**{name: 'not accepted' for name in unknown},
                **{name: 'invalid value' for name, is_right in right.items() if not is_right}}

    @defer.inlineCallbacks
    def _compare_and_set(self, key, after, since, withdraw, builderNames, properties, sourcestamp, reason, priority):
        newest, left_behind = yield self._newest(key, since)
        if newest and after not in (newest['buildset'], *left_behind):
            return {**newest, 'created': False}
        update = self.master.data.updates.addBuildset
        builders, values, more = [], {}, {}
        if not withdraw:
            builders = yield self.master.data.get(('builders',), filters=[Filter('name', 'eq', builderNames)])
            if len(builders) != 1:
                raise KeyError('builder {} has no row in the database'.format(builderNames[0]))
            values = {name: (value, 'bridge') for name, value in properties.items()}
            # Requests with different properties of source `Scheduler` are never collapsed (Buildbot 3.3 and newer).
            values.update(scheduler=(self.name, 'Scheduler'), bridge_id=(key, 'Scheduler'))
            if priority and 'priority' in inspect.signature(update).parameters:
                more = {'priority': priority}
        bsid, requests = yield update(
            waited_for=False, scheduler=self.name, sourcestamps=[{**STAMP, **sourcestamp}], properties=values,
            reason=WITHDRAWN if withdraw else reason, builderids=[row['builderid'] for row in builders],
            external_idstring=key, **more)
        return {'buildset': bsid, 'request': min(requests.values(), default=None), 'withdrawn': withdraw,
                'created': True}

    @defer.inlineCallbacks
    def _newest(self, key, since):
        """The newest build set of a key that counts, and the ids of newer ones that a failed creation left behind.

        Where the database has no transactions, a creation that fails can leave a build set without build request.
        """
        rows = yield self.master.data.get(
            ('buildsets',), filters=[Filter('external_idstring', 'eq', [key]), Filter('submitted_at', 'ge', [since])])
        left_behind = []
        for row in sorted(rows, key=lambda row: row['bsid'], reverse=True):
            # Some databases compare without case and trailing spaces, so compare again.
            if row['external_idstring'] != key or row['reason'] == REBUILD:
                continue
            requests = yield self.master.data.get(
                ('buildrequests',), filters=[Filter('buildsetid', 'eq', [row['bsid']])])
            withdrawn = row['reason'] == WITHDRAWN
            if requests or withdrawn:
                request = min((each['buildrequestid'] for each in requests), default=None)
                return {'buildset': row['bsid'], 'request': request, 'withdrawn': withdrawn}, left_behind
            left_behind.append(row['bsid'])
        return None, left_behind
