import type { JsonValue } from '@bbb/rules';

/** What a test has to put into the original's configuration file. */
export interface Layout2015Values {
  rootUrl: string;
  selfServeUrl: string;
  pulse: { host: string; port: number; vhost: string; user: string; password: string };
  /** Part of the names of exchanges and queues, as a developer's account was in 2015. */
  user: string;
  schedulerDb: string;
  provisionerId: string;
  workerType: string;
  workerId: string;
}

/**
 * The configuration file of the original bridge as it was in 2015 (releases 0.4 to 1.3), with every key where it was:
 * Self Serve's URL below `tclistener`, the worker's names below `bblistener`, and files relative to the folder in
 * which the services are started. The keys it lacks stand beside its own.
 */
export function createLayout2015(values: Layout2015Values) {
  const { user, pulse } = values;
  return {
    taskcluster_queue_config: {
      rootUrl: values.rootUrl,
      credentials: { clientId: 'buildbot-bridge', accessToken: 'an-access-token' },
    },
    buildbot_scheduler_db: values.schedulerDb,
    bbb_db: 'sqlite:///bbb.db',
    pulse_host: pulse.host,
    pulse_port: pulse.port,
    pulse_ssl: false,
    pulse_vhost: pulse.vhost,
    pulse_user: pulse.user,
    pulse_password: pulse.password,
    pulse_queue_basename: `queue/${user}`,
    allowed_builders: ['.*'],
    tclistener: {
      pulse_exchange_basename: `exchange/${user}/taskcluster-queue/v1`,
      worker_type: values.workerType,
      provisioner_id: values.provisionerId,
      selfserve_url: values.selfServeUrl,
      logfile: 'tclistener.log',
    },
    bblistener: {
      pulse_exchange: `exchange/${user}/buildbot`,
      tc_worker_group: 'buildbot-bridge',
      tc_worker_id: values.workerId,
      logfile: 'bblistener.log',
    },
    reflector: { interval: 60, logfile: 'reflector.log' },
  } satisfies JsonValue;
}
