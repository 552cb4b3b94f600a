from setuptools import setup

setup(
    name='buildbot-bridge-scheduler',
    version='1.0',
    description='The scheduler through which Buildbot Bridge creates build requests, each exactly once',
    license='MPL-2.0',
    python_requires='>=3.6',
    py_modules=['bridge_scheduler'],
    entry_points={'buildbot.schedulers': ['BridgeScheduler = bridge_scheduler:BridgeScheduler']},
)
