#!/usr/bin/env bash
# Buildbot 3.7.0 (Debian 12): a property with the value NaN makes REST's answers something else than JSON.
#
# Expected: an answer with status 200 and the type application/json can be read by every JSON parser; RFC 8259 knows no NaN
# and no Infinity. A step may set a property to any float, so that such a value would be refused when it is set, or be
# answered as null or as text.
#
# Seen: the property is stored, and answered as the bare word NaN. A parser that keeps to the standard, such as a browser's
# JSON.parse, refuses the whole answer: the build's other properties are lost with it, and with `property=*` so is every
# other build of the list. Python programs do not notice, because Python's parser takes the word. Release 4.3.0 behaves in
# the same way.
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

measured = util.BuildFactory([steps.SetProperty('coverage', float('nan')), steps.SetProperty('artifact', 'a.tar')])
plain = util.BuildFactory([steps.SetProperty('artifact', 'b.tar')])
BuildmasterConfig = {
    'buildbotNetUsageData': None,
    'www': {'port': 'tcp:0:interface=127.0.0.1'},
    'protocols': {'null': {}},
    'workers': [worker.LocalWorker('local')],
    'builders': [
        util.BuilderConfig(name='measured', workernames=['local'], factory=measured),
        util.BuilderConfig(name='plain', workernames=['local'], factory=plain),
    ],
    'schedulers': [schedulers.ForceScheduler(name='force', builderNames=['measured', 'plain'])],
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


def build_with(builder):
    answer = json.loads(ask('forceschedulers/force', 'force', builderNames=[builder]))
    [request] = answer['result'][1].values()
    return wait_for(lambda: json.loads(ask(f'buildrequests/{request}/builds?complete=true'))['builds'])[0]['buildid']


builds = {builder: build_with(builder) for builder in ('measured', 'plain')}


def refuse(word):
    raise ValueError(f'{word} is not JSON')


def read(what, path):
    try:
        json.loads(ask(path), parse_constant=refuse)
        outcome = 'JSON'
    except ValueError as error:
        outcome = str(error)
    print(f'{what}:'.ljust(34), outcome)
    return outcome


plain = read('properties of a plain build', f'builds/{builds["plain"]}/properties')
measured = read('properties of the build with NaN', f'builds/{builds["measured"]}/properties')
both = read('both builds with property=artifact', 'builds?property=artifact')
every = read('both builds with property=*', 'builds?property=*')
is_as_seen = plain == both == 'JSON' and measured == every == 'NaN is not JSON'
print('as seen with Buildbot 3.7.0' if is_as_seen else 'this has changed')
sys.exit(0 if is_as_seen else 1)
PY
/usr/bin/python3 ask.py
