#!/usr/bin/env bash
# Follows docs/getting-started-modern.md: makes a Buildbot master with a worker in a new folder, with the configuration and
# the commands of the page, and starts the bridge's reflector for it. Then create the page's task in Taskcluster. Ctrl+C
# stops everything.
#
#   scripts/getting-started-modern.sh FOLDER
#
# Needs buildbot and buildbot-worker (Debian: apt-get install buildbot buildbot-worker), curl, and `npm ci && npm run build`.
# TASKCLUSTER_ROOT_URL, TASKCLUSTER_CLIENT_ID and TASKCLUSTER_ACCESS_TOKEN: the deployment and the bridge's client.
# Optional: BUILDBOT_PORT (8010), WORKER_PORT (9989), HTTP_PORT (8083, the reflector's health).
set -euo pipefail

repository=$(cd "$(dirname "$0")/.." && pwd)
page=$repository/docs/getting-started-modern.md
: "${TASKCLUSTER_ROOT_URL:?set it to the root URL of a Taskcluster deployment}"
: "${TASKCLUSTER_CLIENT_ID:?set it to the client of the bridge}"
: "${TASKCLUSTER_ACCESS_TOKEN:?set it to the access token of that client}"
port=${BUILDBOT_PORT:-8010}
worker_port=${WORKER_PORT:-9989}
folder=${1:?name a new folder}
mkdir "$folder"
cd "$folder"

say() { echo "--- $*"; }

# The block number $2 of language $1 of the page, with the ports and the Taskcluster of this run.
block() {
  awk -v language="$1" -v number="$2" '
    $0 == "```" language { inside = ++found == number; next }
    /^```/ { inside = 0 }
    inside' "$page" |
    sed -e "s/8010/$port/g" -e "s/9989/$worker_port/g" -e "s#localhost example-worker#localhost:$worker_port example-worker#" \
      -e "s#https://taskcluster.example.com#$TASKCLUSTER_ROOT_URL#" \
      -e "s#\"clientId\": \"project/bridge\", \"accessToken\": \"...\"#\"clientId\": \"$TASKCLUSTER_CLIENT_ID\", \"accessToken\": \"$TASKCLUSTER_ACCESS_TOKEN\"#"
}

reflector=''
clean_up() {
  if [ -n "$reflector" ]; then
    kill "$reflector" 2>/dev/null || true
    wait "$reflector" || true
  fi
  [ ! -f master/twistd.pid ] || buildbot stop master || true
  [ ! -f worker/twistd.pid ] || buildbot-worker stop worker || true
}
trap clean_up EXIT
trap 'exit 0' INT TERM

say '1. a master and a worker'
eval "$(block sh 1)"

say '2. the plugin'
cp "$repository/buildbot/bridge_scheduler.py" master/
python=$(sed -n '1s/^#! *\([^ ]*\).*/\1/p' "$(command -v buildbot)")
if ! "$python" -c 'import buildbot_www' 2>/dev/null; then
  say 'no package buildbot-www: the master has no web pages'
  cp -r "$repository"/buildbot/without-pages/* master/
fi
export PYTHONPATH=$PWD/master

say '3. master.cfg'
block python 1 >master/master.cfg
eval "$(block sh 2)"
for _ in $(seq 120); do
  label=$(curl -fsS "http://localhost:$port/api/v2/forceschedulers/bridge" 2>/dev/null || true)
  case "$label" in *'bridge-protocol 1'*) break ;; esac
  sleep 1
done
case "$label" in
  *'bridge-protocol 1'*) say "the plugin is there: bridge-protocol 1" ;;
  *) tail -n 20 master/twistd.log >&2; exit 1 ;;
esac

say '4. the bridge'
(umask 077 && block json 1 >config.json)
BBB_HTTP_PORT=${HTTP_PORT:-8083} node "$repository/dist/apps/reflector/src/main.js" -c config.json &
reflector=$!
say '5. create a task of task queue example/buildbot with this payload:'
block json 2
wait "$reflector"
