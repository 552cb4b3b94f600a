/** The JSON file of a developer in 2015, like the example of the original bridge; it has no root URL. */
export const LAYOUT_2015 = {
  taskcluster_queue_config: { credentials: { clientId: 'client-2015', accessToken: 'token-of-2015' } },
  buildbot_scheduler_db: 'sqlite:////builds/buildbot/dev/build1/master/state.sqlite',
  bbb_db: 'sqlite:///bbb.db',
  pulse_user: 'dev',
  pulse_password: 'pulse-of-2015',
  pulse_queue_basename: 'queue/dev',
  allowed_builders: ['.*'],
  tclistener: {
    pulse_exchange_basename: 'exchange/taskcluster-queue/v1',
    worker_type: 'buildbot-bridge-dev',
    provisioner_id: 'buildbot-bridge-dev',
    selfserve_url: 'http://foo.com/junk',
    logfile: 'tclistener.log',
  },
  bblistener: {
    pulse_exchange: 'exchange/dev/buildbot',
    tc_worker_group: 'buildbot-bridge-dev',
    tc_worker_id: 'buildbot-bridge-dev-id',
    logfile: 'bblistener.log',
  },
  reflector: { interval: 60, logfile: 'reflector.log' },
};

/** The JSON file that the last release of the original bridge reads. */
export const LAST_LAYOUT = {
  taskcluster_queue_config: { credentials: { clientId: 'client-2018', accessToken: 'token-of-2018' } },
  buildbot_scheduler_db: 'mysql://bridge:scheduler-secret@db.example.com/buildbot_schedulers?ssl=true',
  bbb_db: 'mysql://bridge:bridge-secret@db.example.com/bbb?ssl=true',
  selfserve_url: 'https://secure.example.com/self-serve',
  restricted_builders: ['^release-.*$'],
  ignored_builders: ['^((?!alder).)*$'],
  pulse_user: 'bridge',
  pulse_password: 'pulse-of-2018',
  pulse_queue_basename: 'queue/bridge',
  tc_worker_group: 'buildbot-bridge',
  tc_worker_id: 'buildbot-bridge-id',
  tclistener: {
    pulse_exchange_basename: 'exchange/taskcluster-queue/v1',
    worker_type: 'buildbot-bridge',
    provisioner_id: 'buildbot-bridge',
    logfile: 'tclistener.log',
  },
  bblistener: { pulse_exchange: 'exchange/build', logfile: 'bblistener.log' },
  reflector: { interval: 60, logfile: 'reflector.log' },
};

export const ROOT_URL = 'https://taskcluster.example.com';
