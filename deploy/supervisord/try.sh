#!/usr/bin/env bash
# Tries buildbot-bridge.conf with a real supervisord: packs the bridge, installs the tarball into a folder of its own,
# starts the three services there, restarts them as operators do, and checks how supervisord handles a killed
# service and a missing configuration. Everything is removed at the end; KEEP=1 leaves the folder.
#
# Needs supervisord (Debian: apt-get install supervisor), Node, the development dependencies of this checkout (npm ci)
# and a RabbitMQ: BBB_TEST_AMQP_URL, by default amqp://guest:guest@127.0.0.1:5672. TARBALL=FILE takes a finished
# tarball instead of packing one.
set -euo pipefail

repository=$(cd "$(dirname "$0")/../.." && pwd)
services='bblistener tclistener reflector'

say() { echo "--- $*"; }
fail() {
  echo "FAILED: $*" >&2
  tail -n 20 "$home"/*.log "$place"/supervisord.log 2>/dev/null >&2 || true
  exit 1
}

if ! command -v supervisord >/dev/null || ! command -v supervisorctl >/dev/null; then
  echo 'supervisord is not installed; on Debian: apt-get install supervisor' >&2
  exit 2
fi

place=$(mktemp -d "${TMPDIR:-/tmp}/bbb-supervisord-XXXXXX")
home=$place/bbb
mkdir "$home"
supervisord_pid=''
world_pid=''

clean_up() {
  if [ -n "$supervisord_pid" ] && kill -0 "$supervisord_pid" 2>/dev/null; then
    kill "$supervisord_pid"
    wait "$supervisord_pid" || true
  fi
  [ -z "$world_pid" ] || kill "$world_pid" 2>/dev/null || true
  [ -n "${KEEP:-}" ] && echo "left in place: $place" || rm -rf "$place"
}
trap clean_up EXIT

ctl() { supervisorctl -c "$place/supervisord.conf" "$@"; }
state() { ctl status "buildbot_bridge_$1" | awk '{print $2}' || true; }
pid() { ctl pid "buildbot_bridge_$1"; }
port() { node -p "JSON.parse(fs.readFileSync('$home/config.json')).$1.http_port"; }
alive() { node -e "fetch('http://127.0.0.1:$1/health/live').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"; }

# Waits up to a minute until a command succeeds.
eventually() {
  local what=$1
  shift
  for _ in $(seq 120); do
    if "$@"; then return; fi
    sleep 0.5
  done
  fail "$what"
}
running_anew() { [ "$(state "$1")" = RUNNING ] && [ "$(pid "$1")" != "$2" ]; }
is() { [ "$(state "$1")" = "$2" ]; }

if [ -z "${TARBALL:-}" ]; then
  say 'packing'
  TARBALL=$place/$(cd "$repository" && npm pack --silent --pack-destination "$place" | tail -n 1)
fi
say "installing $(basename "$TARBALL") into $home"
(cd "$home" && npm install --prefix . --silent --no-audit --no-fund --omit=dev "$TARBALL")

say 'preparing configuration, databases and a stand-in for Taskcluster and Self Serve'
node "$repository/deploy/supervisord/try-world.js" "$home" "${BBB_TEST_AMQP_URL:-amqp://guest:guest@127.0.0.1:5672}" &
world_pid=$!
eventually 'the configuration was not written' test -e "$home/config.json"

cat >"$place/supervisord.conf" <<CONF
[unix_http_server]
file=$place/supervisor.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://$place/supervisor.sock
[supervisord]
nodaemon=true
logfile=$place/supervisord.log
pidfile=$place/supervisord.pid
environment=BUILDBOT_BRIDGE_HOME="$home",BUILDBOT_BRIDGE_USER="$(id -un)"
[include]
files=$home/node_modules/buildbot-bridge/deploy/supervisord/buildbot-bridge.conf
CONF

say 'starting supervisord'
# A bare environment: settings of the caller's shell must not reach the services.
env -i PATH="$PATH" HOME="$HOME" supervisord -c "$place/supervisord.conf" >"$place/supervisord.out" 2>&1 &
supervisord_pid=$!
for i in $services; do
  eventually "$i is not alive" alive "$(port $i)"
  eventually "$i is $(state "$i")" is "$i" RUNNING
done

say 'restarting each service'
declare -A before
for i in $services; do before[$i]=$(pid "$i"); done
for i in bblistener tclistener reflector; do ctl restart buildbot_bridge_$i; done
for i in $services; do
  eventually "$i did not restart" running_anew "$i" "${before[$i]}"
  eventually "$i is not alive after its restart" alive "$(port $i)"
done

say 'killing one service'
killed=$(pid bblistener)
kill -KILL "$killed"
eventually 'bblistener did not come back' running_anew bblistener "$killed"
eventually 'bblistener is not alive again' alive "$(port bblistener)"

say 'removing the configuration'
mv "$home/config.json" "$place/config.json"
ctl restart buildbot_bridge_reflector || true
# FATAL after an early end, EXITED after one that came later than startsecs, as on a busy machine.
given_up() { is reflector FATAL || is reflector EXITED; }
eventually 'reflector did not stop for want of a configuration' given_up
sleep 3
given_up || fail "reflector was started again without a configuration: $(state reflector)"
grep -q 'exited: buildbot_bridge_reflector (exit status 78;' "$place/supervisord.log" ||
  fail 'reflector did not end with exit code 78'
mv "$place/config.json" "$home/config.json"
ctl start buildbot_bridge_reflector
eventually 'reflector is not alive again' alive "$(port reflector)"

say 'looking at the logs'
for i in $services; do
  grep -q 'service started' "$home/$i.log" || fail "no service start in $i.log"
  [ -e "$home/supervisor-$i.log" ] || fail "supervisor-$i.log is missing"
done

say 'stopping'
ctl stop all
for i in $services; do
  is "$i" STOPPED || fail "$i is $(state "$i")"
  grep -q "stopped: buildbot_bridge_$i (exit status 0)" "$place/supervisord.log" ||
    fail "$i did not stop with exit code 0"
done
ctl shutdown
wait "$supervisord_pid" || true

say 'all is well'
