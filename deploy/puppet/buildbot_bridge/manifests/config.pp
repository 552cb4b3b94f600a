# Configuration, secrets, and the definitions for supervisord and logrotate.
#
# @api private
class buildbot_bridge::config {
  $home = $buildbot_bridge::home
  $user = $buildbot_bridge::user

  file {
    default:
      ensure => file,
      owner  => $user,
      mode   => '0640',
      ;
    "${home}/config.json":
      content => template('buildbot_bridge/config.json.erb'),
      ;
    # Commands that an operator starts in this folder read it as the services do.
    "${home}/.env":
      content => epp('buildbot_bridge/env.epp'),
      ;
    "${home}/secrets":
      ensure  => directory,
      mode    => '0700',
      recurse => true,
      purge   => true,
      force   => true,
      ;
  }

  $buildbot_bridge::secrets.each |$variable, $value| {
    file { "${home}/secrets/${variable}":
      ensure    => file,
      owner     => $user,
      mode      => '0400',
      content   => Sensitive($value ? { Sensitive => $value.unwrap, default => $value }),
      show_diff => false,
      backup    => false,
    }
  }

  file {
    default:
      ensure => file,
      mode   => '0644',
      ;
    "${buildbot_bridge::supervisor_folder}/buildbot-bridge.conf":
      content => epp('buildbot_bridge/supervisord.conf.epp'),
      ;
    "${buildbot_bridge::logrotate_folder}/buildbot-bridge":
      content => epp('buildbot_bridge/logrotate.epp'),
      ;
  }
}
