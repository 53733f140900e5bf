/** What is put before the keys of results: the prefix itself where it ends in a separator, else with an underscore. @source celery/backends/base.py `_add_global_keyprefix` */
export function resultKeyPrefix(globalKeyPrefix: string): string {
  return globalKeyPrefix === '' || /[:_.-]$/.test(globalKeyPrefix) ? globalKeyPrefix : `${globalKeyPrefix}_`;
}
