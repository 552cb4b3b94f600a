#!/usr/bin/env bash
# Buildbot 3.7.0 (Debian 12): a filter of the REST API that is given twice finds everything, or only the first value.
#
# Expected: as Buildbot's documentation says of the operator `eq`: given several times, it finds the rows that are equal to
# one of the values. `/builds?number=2&number=3` and `/buildrequests?buildrequestid=2&buildrequestid=3` do so.
#
# Seen: `/builds?buildrequestid=2&buildrequestid=3` answers with every build that there is, as if there were no filter, and
# `/buildrequests?buildsetid=2&buildsetid=3` with those of the first value alone. Both are 200, and nothing in the answer
# tells that a filter was not applied. These are the fields that the endpoint itself hands to the database, which it does
# only with a single value, or with the first. The operator `in`, which the documentation does not list, works for all of
# them. Release 4.3.0 behaves in the same way.
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
from buildbot.plugins import schedulers, steps, util, worker

BuildmasterConfig = {
    'buildbotNetUsageData': None,
    'collapseRequests': False,
    'www': {'port': 'tcp:0:interface=127.0.0.1'},
    'protocols': {'null': {}},
    'workers': [worker.LocalWorker('local')],
    'builders': [
        util.BuilderConfig(name='good', workernames=['local'], factory=util.BuildFactory([steps.SetProperty('a', 'b')]))
    ],
    'schedulers': [schedulers.ForceScheduler(name='force', builderNames=['good'])],
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


for _ in range(4):
    ask('forceschedulers/force', 'force', builderNames=['good'])
wait_for(lambda: len(json.loads(ask('builds?complete=true'))['builds']) == 4)


def find(collection, field, operator=''):
    rows = json.loads(ask(f'{collection}?{field}{operator}=2&{field}{operator}=3&field={field}'))[collection]
    values = sorted(row[field] for row in rows)
    print(f'{collection} with {field}{operator} 2 and 3:'.ljust(50), values)
    return values


both = [
    find('builds', 'number'),
    find('buildrequests', 'buildrequestid'),
    find('builds', 'buildrequestid', '__in'),
    find('buildrequests', 'buildsetid', '__in'),
]
every = [find('builds', 'buildrequestid'), find('builds', 'buildrequestid', '__eq')]
first = find('buildrequests', 'buildsetid')
is_as_seen = both == [[2, 3]] * 4 and every == [[1, 2, 3, 4]] * 2 and first == [2]
print('as seen with Buildbot 3.7.0' if is_as_seen else 'this has changed')
sys.exit(0 if is_as_seen else 1)
PY
/usr/bin/python3 ask.py
