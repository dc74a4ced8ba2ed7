"""The watch: one long-lived service that probes brokers, looks at risk, and speaks where a flow cannot."""
