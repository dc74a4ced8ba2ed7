"""The ledger: executions and activities folded into positions, cash, lots and realised profit."""
