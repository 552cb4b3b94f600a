import * as z from 'zod';

// Rows of a master's data API, with the fields that the bridge reads. Times are whole epoch seconds.

const id = z.int().min(1);
const time = z.number().nullable();

export const requestRow = z.object({
  buildrequestid: id,
  buildsetid: id,
  builderid: id,
  claimed: z.boolean(),
  claimed_by_masterid: z.int().nullable(),
  complete: z.boolean(),
  complete_at: time,
  results: z.int().nullable(),
  submitted_at: z.number(),
});
export type RequestRow = z.infer<typeof requestRow>;

export const buildRow = z.object({
  buildid: id,
  number: z.int().min(0),
  builderid: id,
  buildrequestid: id,
  complete: z.boolean(),
  complete_at: time,
  results: z.int().nullable(),
  state_string: z.string().nullable(),
});
export type BuildRow = z.infer<typeof buildRow>;

export const setRow = z.object({
  bsid: id,
  external_idstring: z.string().nullable(),
  reason: z.string().nullable(),
});
export type SetRow = z.infer<typeof setRow>;

/** Query parameters that select only the fields of a row. */
export function listFields(row: z.ZodObject): [string, string][] {
  return Object.keys(row.shape).map((name) => ['field', name]);
}
