import { describe, expect, it } from '@jest/globals';
import { Test } from '@nestjs/testing';
import { TaskQueue } from '@bbb/rules';
import { TaskclusterSimulator } from '../../../sandbox/taskcluster/index.js';
import { TaskclusterModule, TaskclusterQueue } from './index.js';
import { createOptions } from './testing/options.js';

describe('TaskclusterModule', () => {
  it('provides one queue, under the name of the port too', async () => {
    const simulator = await new TaskclusterSimulator().start();
    const module = await Test.createTestingModule({
      imports: [TaskclusterModule.register(createOptions(simulator))],
    }).compile();
    try {
      const queue = module.get(TaskQueue);
      expect(queue).toBe(module.get(TaskclusterQueue));
      const taskId = simulator.createTask();
      expect(await queue.readStatus(taskId)).toMatchObject({ taskId, state: 'pending' });
    } finally {
      await module.close();
      await simulator.stop();
    }
  });
});
