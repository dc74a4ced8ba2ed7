"""Setting up a Prefect server: pools, queues, automations, blocks. Done twice, the second time changes nothing."""
