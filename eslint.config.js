import js from '@eslint/js';
import tseslint from 'typescript-eslint';
import { readImportRules } from './scripts/import-rules.js';

/** Which of our libs a lib may import, besides itself. */
const MAY_IMPORT = readImportRules();

const ALWAYS_BARRED = [
  { group: ['@bbb/*/*'], message: 'Import a lib by its name only: @bbb/<lib>.' },
  {
    group: ['**/libs/**', '**/apps/**'],
    message: 'Across libs use @bbb/<lib>; apps are imported by all-in-one only.',
  },
  {
    group: ['**/test/**', '**/sandbox/**'],
    message: 'Nothing outside test/, bench/ and sandbox/ imports test/ or sandbox/.',
  },
];

const barred = (patterns) => ({ 'no-restricted-imports': ['error', { patterns }] });

const boundaries = [...MAY_IMPORT].map(([lib, allowed]) => ({
  files: [`libs/${lib}/**/*.ts`],
  ignores: ['**/*.spec.ts', '**/testing/**'],
  rules: barred([
    ...ALWAYS_BARRED,
    {
      group: [...MAY_IMPORT.keys()]
        .filter((other) => other !== lib && !allowed.includes(other))
        .map((other) => `@bbb/${other}`),
      message: `libs/${lib} may import ${allowed.map((name) => `@bbb/${name}`).join(', ') || 'no lib of ours'}.`,
    },
    ...(lib === 'rules'
      ? [
          {
            group: ['@nestjs/*', 'typeorm', 'amqplib', 'pino', 'taskcluster-client', 'node:*'],
            message: 'The rules do no I/O.',
          },
        ]
      : []),
  ]),
}));

export default tseslint.config(
  { ignores: ['dist', 'node_modules', 'coverage', '.stryker-tmp'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/require-await': 'off',
      'no-console': 'error',
    },
  },
  {
    files: ['apps/**/*.ts'],
    ignores: ['**/*.spec.ts', '**/testing/**'],
    rules: barred([
      ...ALWAYS_BARRED,
      {
        group: ['@bbb/modern-buildbot', '@bbb/scheduler-db', '@bbb/self-serve', '@bbb/sql', '@bbb/http'],
        message: 'Nothing above the Buildbot port knows which Buildbot it is: import @bbb/buildbot.',
      },
    ]),
  },
  ...boundaries,
  {
    files: ['**/*.js', '**/*.cjs'],
    languageOptions: {
      globals: {
        module: 'writable',
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        setTimeout: 'readonly',
      },
    },
  },
  { files: ['test/**/*.ts', 'sandbox/**/*.ts', 'bench/**/*.ts'], rules: { 'no-console': 'off' } },
  {
    files: ['**/*.spec.ts', 'test/**/*.ts', 'sandbox/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
);
