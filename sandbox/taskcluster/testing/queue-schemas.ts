import { readFile } from 'node:fs/promises';
import { Ajv, type AnySchemaObject } from 'ajv';

const FIXTURE = 'test/fixtures/taskcluster/queue-v1-schemas-references.json';

/** Checks a value against one of Taskcluster's own schemas; answers with what is wrong with it. */
export type SchemaCheck = (schema: string, value: unknown) => string[];

/** Loads the queue's JSON schemas, version 106; `schema` is a name like `task-status-response`. */
export async function loadQueueSchemas(): Promise<SchemaCheck> {
  const files = JSON.parse(await readFile(FIXTURE, 'utf8')) as {
    filename: string;
    content: AnySchemaObject;
  }[];
  const draft6 = JSON.parse(
    await readFile('node_modules/ajv/dist/refs/json-schema-draft-06.json', 'utf8'),
  ) as AnySchemaObject;
  const isDate = (text: string) =>
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text));
  const ajv = new Ajv({
    strict: false,
    allErrors: true,
    formats: { 'date-time': isDate, uri: (text) => URL.canParse(text), regex: true },
  });
  ajv.addMetaSchema(draft6);
  for (const { filename, content } of files) {
    if (filename === 'schemas/common/metaschema.json') ajv.addMetaSchema(content);
  }
  for (const { filename, content } of files) {
    if (filename.startsWith('schemas/queue/v1/')) ajv.addSchema(content);
  }
  return (schema, value) => {
    const validate = ajv.getSchema(`/schemas/queue/v1/${schema}.json#`);
    if (!validate) throw new Error(`no schema ${schema}`);
    return validate(value)
      ? []
      : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`);
  };
}
