export { SelfServe, type SelfServeOptions } from './self-serve.js';
export { SelfServeModule } from './self-serve.module.js';
