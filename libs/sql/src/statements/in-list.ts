/**
 * Values of one IN list at most. Of a thousand and more MariaDB makes a table (`in_predicate_conversion_threshold`), and
 * older SQLite takes no more than 999 parameters.
 */
export const MAX_IN_LIST = 900;
