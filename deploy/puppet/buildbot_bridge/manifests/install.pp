# The account, the folder and the installed package.
#
# @api private
class buildbot_bridge::install {
  $home = $buildbot_bridge::home
  $user = $buildbot_bridge::user
  $version = $buildbot_bridge::version
  $tarball = "${home}/packages/buildbot-bridge-${version}.tgz"
  $command = "${home}/node_modules/.bin/buildbot-bridge"

  if $buildbot_bridge::manage_user {
    user { $user:
      ensure     => present,
      system     => true,
      home       => $home,
      managehome => false,
      shell      => '/usr/sbin/nologin',
      before     => File[$home],
    }
  }

  file {
    default:
      ensure => directory,
      owner  => $user,
      mode   => '0750',
      ;
    [$home, "${home}/packages"]:
      ;
    $tarball:
      ensure         => file,
      source         => $buildbot_bridge::source,
      checksum       => 'sha256',
      checksum_value => $buildbot_bridge::checksum,
      mode           => '0640',
      ;
  }

  # Without the prefix npm installs into a folder above that has a package.json or node_modules.
  $words = ['npm', 'install', '--prefix', $home, '--omit=dev', '--no-audit', '--no-fund', '--loglevel=error'] + $buildbot_bridge::npm_options + [$tarball]

  exec { 'install buildbot-bridge':
    command     => $words.map |$word| { "'${word}'" }.join(' '),
    unless      => "test \"$(${command} --version)\" = '${version}'",
    provider    => 'shell',
    cwd         => $home,
    user        => $user,
    environment => ["HOME=${home}"],
    path        => $buildbot_bridge::path,
    timeout     => 900,
    require     => File[$tarball],
  }
}
