import { type BridgeService, runBridgeServices } from '@bbb/composition';
import { ReflectorModule } from './reflector.module.js';

export const reflector: BridgeService = {
  name: 'reflector',
  createModule: (configuration) => ReflectorModule.register(configuration),
};

export const start = () => runBridgeServices([reflector]);
