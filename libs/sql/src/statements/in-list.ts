/**
 * Maximum values of one IN list. MariaDB converts lists of 1000 and more to a table (`in_predicate_conversion_threshold`),
 * and older SQLite accepts at most 999 parameters.
 */
export const MAX_IN_LIST = 900;
