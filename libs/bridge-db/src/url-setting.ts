/** The names of the URL's setting, for an operator who has to act. */
export const URL_SETTING = 'bbb_db (BBB_BRIDGE_DB_URL)';
