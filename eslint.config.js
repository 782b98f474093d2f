import neostandard, { resolveIgnoresFromGitignore } from 'neostandard'
import tseslint from 'typescript-eslint'

const typed = ['lib/**/*.ts', 'test/**/*.ts', 'examples/**/*.ts']

export default tseslint.config(
  { ignores: resolveIgnoresFromGitignore() },
  ...neostandard({ ts: true }),
  {
    files: typed,
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // The compiler reports these by itself, and knows more.
      '@typescript-eslint/no-unused-vars': 'off',
      'no-undef': 'off',
      // An index that was checked a line above, or a message whose shape was validated, needs no second branch.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // Text in errors and in output may hold numbers and what a switch left over.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true, allowNullish: true, allowNever: true }],
      // A method that implements an asynchronous interface may have nothing to wait for.
      '@typescript-eslint/require-await': 'off'
    }
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // tape takes asynchronous tests and reports their rejections itself.
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      // An array with a hole is an argument that has to be refused.
      'no-sparse-arrays': 'off'
    }
  },
  {
    // bench has packages of its own, which are installed on demand: there are no types to go by.
    files: ['bench/**/*.ts'],
    extends: [tseslint.configs.recommended],
    rules: { '@typescript-eslint/consistent-type-imports': 'error', '@typescript-eslint/no-unused-vars': 'off', 'no-undef': 'off' }
  }
)
