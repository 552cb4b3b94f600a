/** The part of undici that is loaded alone: all of it would take 8 MB and 50 ms more in every service. */
declare module 'undici/lib/dispatcher/agent.js' {
  export { Agent as default } from 'undici';
}
