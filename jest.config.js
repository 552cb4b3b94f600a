import { bundlePackages } from './test/support/bundle-packages.js';

// Tests that are too long for every run: npm run test:campaigns.
const isCampaign = process.env.BBB_TEST_CAMPAIGN !== undefined;

export default {
  testEnvironment: 'node',
  testRegex: `\\.(spec|e2e-spec${isCampaign ? '|campaign-spec' : ''})\\.ts$`,
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '<rootDir>/\\.stryker-tmp/'],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/\\.stryker-tmp/'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    ...(await bundlePackages()),
    '^@bbb/([^/]+)$': '<rootDir>/libs/$1/src/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          keepClassNames: true,
          parser: { syntax: 'typescript', decorators: true },
          transform: {
            legacyDecorator: true,
            decoratorMetadata: true,
            useDefineForClassFields: false,
          },
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  // Most suites wait for servers and processes, so more of them than processors may run at a time.
  maxWorkers: 3,
  workerIdleMemoryLimit: '512MB',
  testSequencer: '<rootDir>/test/support/first-of-all.js',
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  testTimeout: 30_000,
};
