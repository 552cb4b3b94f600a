import fc from 'fast-check';
import { TASK } from '../../libs/reconciler/src/testing/reconciler-harness.js';
import { jsonText } from './payloads.js';
import { largeText } from './sizes.js';

export type Subscription = 'task-pending' | 'task-exception' | 'started' | 'log_uploaded';

/** A message as the broker delivers it. */
export interface Delivery {
  subscription: Subscription;
  body: Buffer;
}

/** Stands for the number of the simulation's newest build, which only the simulation knows. */
export const BUILD_NUMBER = '987654';

/** Ids of requests that the simulation has, may have, or can never have. */
const id = fc.oneof(
  { weight: 8, arbitrary: fc.constant('100') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('101', '1', '0', '-1', '2147483647', '2147483648', '1e99', '"100"'),
  },
);
const number = fc.oneof(
  { weight: 8, arbitrary: fc.constant(BUILD_NUMBER) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('101', '99', '0', '-1', '1.5', '2147483648', 'null', '{}'),
  },
);
const taskId = fc.oneof(
  { weight: 6, arbitrary: fc.constant(JSON.stringify(TASK)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('"aG7wTj2bQhS5x0d3Jm1RkA"', '"\\u0000"', '"../.."', '""', 'null', '["x"]'),
  },
  { weight: 1, arbitrary: jsonText },
);

const rarely = (usual: fc.Arbitrary<string>, weight = 25): fc.Arbitrary<string> =>
  fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: jsonText });

const many = fc.constantFrom(
  ...['1', '{}', 'null', '"x"'].flatMap((item) =>
    [1001, 5001, 150_000].map((count) => `[${Array.from({ length: count }, () => item).join(',')}]`),
  ),
);

const list = (item: fc.Arbitrary<string>, maxLength: number): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 150, arbitrary: fc.array(item, { maxLength }).map((items) => `[${items.join(',')}]`) },
    { weight: 1, arbitrary: many },
  );

const extra = fc.oneof(
  { weight: 5, arbitrary: fc.constant('') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '"__proto__":{"runId":7,"polluted":true,"request_ids":[1],"results":5},',
      '"constructor":{"prototype":{"polluted":true}},',
      '"toString":null,',
      '"new":"key",',
    ),
  },
);

const run = fc
  .tuple(
    rarely(fc.constantFrom('0', '0', '0', '1', '1', '7', '1001', '-1', '1e400')),
    rarely(fc.constantFrom('"pending"', '"exception"', '"?"')),
    fc.constantFrom(
      '',
      '',
      ',"reasonResolved":"canceled"',
      ',"reasonResolved":"failed"',
      ',"reasonResolved":7',
    ),
    extra,
  )
  .map(([runId, state, reason, more]) => `{${more}"runId":${runId},"state":${state}${reason}}`);

const taskMessage = fc
  .tuple(
    taskId,
    rarely(list(run, 3)),
    fc.constantFrom(',"runId":0', ',"runId":0', ',"runId":1', '', ',"runId":"0"', ',"runId":1e9'),
    extra,
    extra,
  )
  .map(
    ([task, runs, runId, more, other]) =>
      `{${other}"status":{${more}"taskId":${task},"runs":${runs}}${runId}}`,
  );

const property = fc.oneof(
  { weight: 4, arbitrary: taskId.map((task) => `["taskId",${task},"bbb"]`) },
  {
    weight: 6,
    arbitrary: fc
      .tuple(rarely(list(id, 3)), fc.constantFrom('postrun.py', 'postrun.py', 'postrun.py', 'SetProperty'))
      .map(([ids, source]) => `["request_ids",${ids},"${source}"]`),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '["log_url","http://logs.example.com/a.gz","postrun.py"]',
      '["log_url","javascript:alert(1)","postrun.py"]',
      '["log_url",{},"postrun.py"]',
      '["__proto__",{"polluted":true},"x"]',
    ),
  },
  { weight: 1, arbitrary: fc.tuple(jsonText, jsonText, jsonText).map((parts) => `[${parts.join(',')}]`) },
  { weight: 1, arbitrary: jsonText },
);

/** Properties with one value of any size, which the build's message repeats for everybody. */
const sizedProperties = fc
  .tuple(property, largeText, property)
  .map(([before, large, after]) => `[${before},["p",${large},"SetProperty"],${after}]`);

const buildMessage = fc
  .tuple(
    rarely(number),
    fc.oneof(
      { weight: 60, arbitrary: rarely(list(property, 5), 30) },
      { weight: 1, arbitrary: sizedProperties },
    ),
    fc.oneof(
      fc.constantFrom('', ',"results":0', ',"results":5', ',"results":6'),
      jsonText.map((v) => `,"results":${v}`),
    ),
    fc.oneof(
      fc.constant(''),
      rarely(list(id, 3)).map((ids) => `,"request_ids":${ids}`),
    ),
    extra,
  )
  .map(
    ([build, properties, results, ids, more]) =>
      `{${more}"payload":{${more}"build":{"number":${build},"properties":${properties}${results}}${ids}}}`,
  );

const broken = fc.oneof(
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  fc.constantFrom('', '{', '[[', '\ufeff{}', 'NaN', "{'a':1}").map((text) => Buffer.from(text)),
  fc.constantFrom('['.repeat(200_000), ' '.repeat(1024 * 1024 + 1)).map((text) => Buffer.from(text)),
);

const cut = fc
  .tuple(fc.oneof(taskMessage, buildMessage), fc.nat({ max: 200 }))
  .map(([text, length]) => Buffer.from(text).subarray(0, length));

export const deliveries: fc.Arbitrary<Delivery> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      subscription: fc.constantFrom<Subscription>('task-pending', 'task-exception'),
      body: taskMessage.map((text) => Buffer.from(text)),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      subscription: fc.constantFrom<Subscription>('started', 'log_uploaded'),
      body: buildMessage.map((text) => Buffer.from(text)),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      subscription: fc.constantFrom<Subscription>(
        'task-pending',
        'task-exception',
        'started',
        'log_uploaded',
      ),
      body: fc.oneof(
        jsonText.map((text) => Buffer.from(text)),
        cut,
        broken,
      ),
    }),
  },
);
