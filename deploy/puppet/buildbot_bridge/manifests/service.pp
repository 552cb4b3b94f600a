# The services under supervisord. They are started when supervisord starts, so this only restarts them after a change.
#
# @api private
class buildbot_bridge::service {
  $supervisorctl = $buildbot_bridge::supervisorctl
  $restarts = $buildbot_bridge::services.map |$service| { "${supervisorctl} restart buildbot_bridge_${service}" }

  exec { 'restart buildbot-bridge':
    command     => (["${supervisorctl} update"] + $restarts).join(' && '),
    refreshonly => true,
    provider    => 'shell',
    path        => $buildbot_bridge::path,
  }
}
