"""What an order may do to an account: limits, one rule per worry, position sizes, approvals. Pure."""
