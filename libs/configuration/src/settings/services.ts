import type { ServiceName } from '../configuration.js';

// The services that require a setting.

export const ALL: readonly ServiceName[] = ['tc-listener', 'bb-listener', 'reflector'];
export const LISTENERS: readonly ServiceName[] = ['tc-listener', 'bb-listener'];
export const ASKS_FOR_PENDING: readonly ServiceName[] = ['tc-listener', 'reflector'];
