#!/usr/bin/env bash
# Buildbot 3.7.0 (Debian 12): a build set counts as successful although nothing, or only a lost build, was run for it.
#
# Expected: by default (collapseRequests) a pending request is replaced by a newer equal one. The replaced request ends
# SKIPPED; its build set's `results`, which the documentation calls the results of the build set, would say so too, or give
# the result of the build that was made in its place.
#
# Seen: the replaced build set is complete at once, with the result SUCCESS, before the newer request has even a build, and
# still has it when that build fails. The same is true of a request that had been started, lost its build with RETRY, and
# waited to be built again: its only build never came to a result. A program that asks for the results of the build sets it
# created takes both for successes; only their requests tell otherwise. Release 4.3.0 behaves in the same way.
#
# Needs Debian 12 (apt-get and its Python). Exit status: 0 as seen, 1 when this has changed.
set -euo pipefail
folder=$(mktemp -d)
master=
trap '{ [ -z "$master" ] || { kill -KILL "$master" && wait "$master"; } || true; } 2> /dev/null; rm -rf "$folder"' EXIT
cd "$folder"
mkdir -p lists/partial debs site/page/static site/page-1.dist-info master

# Buildbot and what it needs, from Debian 12; nothing is installed outside the folder.
apt=(-qq -o "Dir::State::lists=$folder/lists" -o "Dir::Cache=$folder/cache" -o APT::Sandbox::User=root)
apt-get "${apt[@]}" update
pinned=(buildbot=3.7.0-2 buildbot-worker=3.7.0-2)
mapfile -t needed < <(apt-cache "${apt[@]}" depends --recurse --important "${pinned[@]}" | grep '^python3-' | sort -u)
(cd debs && apt-get "${apt[@]}" download "${pinned[@]}" "${needed[@]}")
for package in debs/*.deb; do dpkg-deb -x "$package" root; done

# The master serves REST only beside a web page, which Debian does not package: an empty one.
touch site/page/static/index.html
echo 1 > site/page/VERSION
printf 'from buildbot.www.plugin import Application\npage = Application("page", "page")\n' > site/page/__init__.py
printf 'Metadata-Version: 2.1\nName: page\nVersion: 1\n' > site/page-1.dist-info/METADATA
printf '[buildbot.www]\nbase = page:page\n' > site/page-1.dist-info/entry_points.txt
export PYTHONPATH="$folder/site:$folder/root/usr/lib/python3/dist-packages"
cat > master/master.cfg <<'PY'
import os

from buildbot.plugins import schedulers, steps, util, worker
from buildbot.process.buildstep import BuildStep
from buildbot.process.results import FAILURE, RETRY


class FailLater(BuildStep):
    """Asks for a retry on the master's first build, and fails on the others."""

    def run(self):
        is_first = not os.path.exists('retried')
        open('retried', 'w').close()
        return RETRY if is_first else FAILURE


def can_start(builder, worker, request):
    """Holds requests back after the first build, until the driver allows them."""
    return not os.path.exists('retried') or os.path.exists('allowed')


BuildmasterConfig = {
    'buildbotNetUsageData': None,
    'www': {'port': 'tcp:0:interface=127.0.0.1'},
    'protocols': {'null': {}},
    'workers': [worker.LocalWorker('local')],
    'builders': [
        util.BuilderConfig(
            'failing', workernames=['local'], factory=util.BuildFactory([FailLater()]), canStartBuild=can_start
        )
    ],
    'schedulers': [schedulers.ForceScheduler('force', builderNames=['failing'])],
}
PY
/usr/bin/python3 -c 'from buildbot.scripts.runner import run; run()' create-master -q master
touch master/twistd.log
(cd master && exec /usr/bin/python3 -c 'from twisted.scripts.twistd import run; run()' \
  --nodaemon --no_save --logfile twistd.log -y buildbot.tac) &
master=$!
cat > ask.py <<'PY'
import json
import re
import sys
import time
from pathlib import Path
from urllib.request import Request, urlopen


def wait_for(read):
    for _ in range(1200):
        value = read()
        if value:
            return value
        time.sleep(0.25)
    sys.exit('the master did not come so far')


site = wait_for(lambda: re.search(r'BuildbotSite starting on (\d+)', Path('master/twistd.log').read_text()))


def ask(path, method=None, **params):
    call = json.dumps({'jsonrpc': '2.0', 'id': 1, 'method': method, 'params': params}).encode() if method else None
    headers = {'Accept': 'application/json', 'Content-Type': 'application/json'}
    with urlopen(Request(f'http://127.0.0.1:{site[1]}/api/v2/{path}', call, headers), timeout=300) as answer:
        return answer.read().decode()


RESULTS = ['SUCCESS', 'WARNINGS', 'FAILURE', 'SKIPPED', 'EXCEPTION', 'RETRY', 'CANCELLED']


def force():
    build_set, requests = json.loads(ask('forceschedulers/force', 'force', builderNames=['failing']))['result']
    [request] = requests.values()
    return build_set, request


def read_request(request):
    return json.loads(ask(f'buildrequests/{request}'))['buildrequests'][0]


def read_results(build_set, request):
    """The results of the build set, its request and the request's builds, once the build set is complete."""
    [row] = wait_for(lambda: json.loads(ask(f'buildsets?bsid={build_set}&complete=true'))['buildsets'])
    builds = json.loads(ask(f'buildrequests/{request}/builds'))['builds']
    results = [RESULTS[part['results']] for part in (row, read_request(request), *builds)]
    print(f'build set {build_set}: {results[0]}, its request: {results[1]}, builds: {results[2:]}')
    return results


retried = force()
wait_for(lambda: json.loads(ask('builds?results=5'))['builds'] and not read_request(retried[1])['claimed'])
waiting = force()
before = [read_results(*retried)]
newest = force()
before.append(read_results(*waiting))
print('only now may the newest request start')
Path('master/allowed').touch()
ask('workers/1', 'unpause')
failed = read_results(*newest)
after = [read_results(*retried), read_results(*waiting)]
is_as_seen = (
    before == after == [['SUCCESS', 'SKIPPED', 'RETRY'], ['SUCCESS', 'SKIPPED']] and failed == ['FAILURE'] * 3
)
print('as seen with Buildbot 3.7.0' if is_as_seen else 'this has changed')
sys.exit(0 if is_as_seen else 1)
PY
/usr/bin/python3 ask.py
