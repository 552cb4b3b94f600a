# The tables of the bridge's own database, brought to what a newly installed version needs.
#
# @api private
class buildbot_bridge::migration {
  exec { 'migrate buildbot-bridge':
    command     => "${buildbot_bridge::home}/node_modules/.bin/buildbot-bridge -c config.json migrate",
    refreshonly => true,
    cwd         => $buildbot_bridge::home,
    user        => $buildbot_bridge::user,
    path        => $buildbot_bridge::path,
    timeout     => 0,
  }
}
