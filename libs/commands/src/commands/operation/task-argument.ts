import { Argument } from 'commander';
import { UsageError } from '../../exit-codes.js';

export const taskArgument = new Argument('<TASKID>', 'id of the task in Taskcluster');

/** @throws UsageError when the text is no id of a task: a slugid of 22 characters */
export function parseTaskId(text: string | undefined): string {
  if (text === undefined || !/^[A-Za-z0-9_-]{22}$/.test(text))
    throw new UsageError(`not the id of a task (22 letters, digits, - and _): ${text}`);
  return text;
}
