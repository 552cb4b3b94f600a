/** Results of builds, requests and build sets. */
export const SUCCESS = 0;
export const WARNINGS = 1;
export const SKIPPED = 3;
export const EXCEPTION = 4;
export const RETRY = 5;
export const CANCELLED = 6;

/** How an open request or build set is marked. */
export const OPEN = -1;
