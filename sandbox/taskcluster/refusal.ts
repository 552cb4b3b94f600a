const STATUS = {
  MalformedPayload: 400,
  InputError: 400,
  InvalidRequestArguments: 400,
  InputValidationError: 400,
  AuthenticationFailed: 401,
  InsufficientScopes: 403,
  ResourceNotFound: 404,
  RequestConflict: 409,
  InputTooLarge: 413,
  InternalServerError: 500,
} as const;

export type RefusalCode = keyof typeof STATUS;

/** The usual code of an HTTP status. */
export function codeOf(status: number): RefusalCode | undefined {
  return (Object.keys(STATUS) as RefusalCode[]).find((code) => STATUS[code] === status);
}

/** An error the queue answers with: its code decides the HTTP status. */
export class QueueRefusal extends Error {
  override readonly name = 'QueueRefusal';
  readonly status: number;

  constructor(
    readonly code: RefusalCode,
    message: string,
  ) {
    super(message);
    this.status = STATUS[code];
  }
}

export const notFound = (what: string) => new QueueRefusal('ResourceNotFound', `${what} not found`);
export const conflict = (message: string) => new QueueRefusal('RequestConflict', message);
export const inputError = (message: string) => new QueueRefusal('InputError', message);
