import fc from 'fast-check';

// For mutation testing, which runs the tests once for every mutant: examples decide there, and cases made up at random
// would make each run slow.
fc.configureGlobal({ numRuns: 60, seed: 3 });
