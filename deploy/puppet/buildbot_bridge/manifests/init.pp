# Installs Buildbot Bridge from its tarball, writes its configuration, and runs its services under supervisord.
#
# Node.js, npm and supervisord must be installed. A new version is migrated before the services are restarted; a failed
# migration leaves the running services as they are. Any change of version, configuration or secrets restarts them.
#
# @param version
#   Version of the bridge, as in the name of the tarball.
# @param source
#   The tarball: a path on this host, or a URL of puppet:, http: or https:.
# @param settings
#   What config.json holds, as in config.example.json, without secrets.
# @param secrets
#   Value by variable, for example TASKCLUSTER_ACCESS_TOKEN. Each is written to a file that only the account can read.
# @param variables
#   Further variables and values, for settings that shall not be in config.json. No secrets.
# @param checksum
#   SHA-256 of the tarball.
# @param home
#   Folder of the installation: configuration, log files and node_modules.
# @param user
#   Account that owns the installation and runs the services.
# @param manage_user
#   Whether the module creates the account and its group.
# @param services
#   The services of this host.
# @param npm_options
#   Further options of npm install, for example --registry=URL.
# @param supervisor_folder
#   Folder whose *.conf files supervisord includes.
# @param supervisorctl
#   How supervisorctl is called.
# @param logrotate_folder
#   Folder with the configuration of logrotate.
# @param path
#   Where node, npm and supervisorctl are looked for.
class buildbot_bridge (
  Pattern[/\A[0-9A-Za-z.+-]+\z/]                                              $version,
  String[1]                                                                   $source,
  Hash[String[1], Data]                                                       $settings,
  Hash[Pattern[/\A[A-Z][A-Z0-9_]*\z/], Variant[Sensitive[String[1]], String[1]]] $secrets           = {},
  Hash[Pattern[/\A[A-Z][A-Z0-9_]*\z/], Pattern[/\A[^'\n]*\z/]]                $variables         = {},
  Optional[Pattern[/\A[0-9a-f]{64}\z/]]                                       $checksum          = undef,
  Pattern[/\A\/[^\s'"%]+\z/]                                                  $home              = '/builds/bbb',
  Pattern[/\A[a-z_][a-z0-9_-]*\z/]                                            $user              = 'bbb',
  Boolean                                                                     $manage_user       = true,
  Array[Enum['tclistener', 'bblistener', 'reflector'], 1]                     $services          = ['tclistener', 'bblistener', 'reflector'],
  Array[Pattern[/\A[^'\n]+\z/]]                                                        $npm_options       = [],
  String[1]                                                                   $supervisor_folder = '/etc/supervisor/conf.d',
  String[1]                                                                   $supervisorctl     = 'supervisorctl',
  String[1]                                                                   $logrotate_folder  = '/etc/logrotate.d',
  Array[String[1], 1]                                                         $path              = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'],
) {
  contain buildbot_bridge::install
  contain buildbot_bridge::config
  contain buildbot_bridge::migration
  contain buildbot_bridge::service

  Class['buildbot_bridge::install']
  -> Class['buildbot_bridge::config']
  -> Class['buildbot_bridge::migration']
  -> Class['buildbot_bridge::service']

  # A new version is migrated first; whatever changes restarts the services.
  Class['buildbot_bridge::install'] ~> Class['buildbot_bridge::migration']
  Class['buildbot_bridge::install'] ~> Class['buildbot_bridge::service']
  Class['buildbot_bridge::config'] ~> Class['buildbot_bridge::service']
}
