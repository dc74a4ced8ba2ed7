"""Real Prefect workers that are killed in the middle of execution windows, and started again.

A Prefect server, a process work pool, workers as people start them, the declared deployment, and two simulated venues
in this process that outlive every kill: Alpaca's protocol and the paper broker's. `python -m tests.flows.worker_kills`.
"""
