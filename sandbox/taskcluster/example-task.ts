import type { TaskInput } from './task-definition.js';

/**
 * A task that the bridge can run, fresh at this moment.
 *
 * @param now epoch seconds
 */
export function exampleTask(now: number): TaskInput {
  const at = (seconds: number) => new Date((now + seconds) * 1000).toISOString();
  return {
    provisionerId: 'buildbot-bridge',
    workerType: 'buildbot-bridge',
    schedulerId: 'sandbox',
    created: at(0),
    deadline: at(24 * 3600),
    expires: at(28 * 24 * 3600),
    payload: {
      buildername: 'Linux x86-64 build',
      sourcestamp: {
        branch: 'https://hg.example.com/main',
        revision: 'cd5fab20f6bd128847ef8131c9aeed63cde019fc',
      },
      properties: { product: 'example' },
    },
    metadata: {
      name: 'Linux x86-64 build',
      description: 'A build in Buildbot',
      owner: 'developer@example.com',
      source: 'https://hg.example.com/main',
    },
  };
}
