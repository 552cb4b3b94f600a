#!/usr/bin/env bash
# Buildbot 3.7.0 (Debian 12): a build is reported as cancelled, and ends early, because a build that it triggered was.
#
# Expected: the documentation gives the result CANCELLED to "a run that was cancelled by the user", and lets a step declare
# with haltOnFailure=False and flunkOnFailure=False that it neither ends nor fails its build. A Trigger step declared so
# lets its build go on to the end and succeed when the triggered build fails: the same is due when that one is cancelled.
#
# Seen: the user cancels the triggered build only. The parent, which nobody cancelled, skips its remaining steps and ends
# CANCELLED, like one that a user stopped. The flags count for FAILURE and WARNINGS alone. Only a
# scheduler that is named in unimportantSchedulerNames leaves the parent alone. Release 4.3.0 behaves in the same way.
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


def trigger(child, **options):
    step = steps.Trigger([child], waitForFinish=True, haltOnFailure=False, flunkOnFailure=False, **options)
    return util.BuildFactory([step, steps.SetProperty('last step', 'was run')])


factories = {
    'failing': util.BuildFactory([steps.ShellCommand(command=['false'])]),
    'waiting': util.BuildFactory([steps.ShellCommand(command=['sleep', '600'])]),
    'parent of failing': trigger('failing'),
    'parent of waiting': trigger('waiting'),
    'parent of unimportant': trigger('waiting', unimportantSchedulerNames=['waiting']),
}
parents = [name for name in factories if name.startswith('parent')]
BuildmasterConfig = {
    'buildbotNetUsageData': None,
    'www': {'port': 'tcp:0:interface=127.0.0.1'},
    'protocols': {'null': {}},
    'workers': [worker.LocalWorker('local')],
    'builders': [util.BuilderConfig(name, workernames=['local'], factory=factory) for name, factory in factories.items()],
    'schedulers': [
        schedulers.ForceScheduler('force', builderNames=parents),
        schedulers.Triggerable('failing', builderNames=['failing']),
        schedulers.Triggerable('waiting', builderNames=['waiting']),
    ],
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
cancelled = set()


def build_of(request):
    return json.loads(ask(f'buildrequests/{request}/builds'))['builds']


def cancel_waiting():
    for build in json.loads(ask('builders/waiting/builds?complete=false'))['builds']:
        if build['started_at'] and build['buildid'] not in cancelled:
            cancelled.add(build['buildid'])
            ask(f'buildrequests/{build["buildrequestid"]}', 'cancel', reason='of no interest')


def run(parent):
    answer = json.loads(ask('forceschedulers/force', 'force', builderNames=[parent]))
    [request] = answer['result'][1].values()

    def ended():
        cancel_waiting()
        return [build for build in build_of(request) if build['complete']]

    [build] = wait_for(ended)
    went_on = 'last step' in json.loads(ask(f'builds/{build["buildid"]}/properties'))['properties'][0]
    outcome = f'{RESULTS[build["results"]]}, last step {"run" if went_on else "not run"}'
    print(f'{parent}:'.ljust(24), outcome)
    return outcome


failed, stopped, unimportant = [run(f'parent of {child}') for child in ('failing', 'waiting', 'unimportant')]
is_as_seen = failed == unimportant == 'SUCCESS, last step run' and stopped == 'CANCELLED, last step not run'
print('as seen with Buildbot 3.7.0' if is_as_seen else 'this has changed')
sys.exit(0 if is_as_seen else 1)
PY
/usr/bin/python3 ask.py
