import { json, type ApiMethod } from './api-method.js';

/** What the bridge needs of the auth service. */
export const AUTH_METHODS: readonly ApiMethod[] = [
  {
    name: 'currentScopes',
    verb: 'GET',
    path: '/api/auth/v1/scopes/current',
    handle: (request) => {
      request.authorize('auth:current-scopes');
      return json({ scopes: request.caller.scopes });
    },
  },
];
