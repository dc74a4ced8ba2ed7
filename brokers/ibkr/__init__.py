"""Interactive Brokers: the TWS or Gateway socket through ib_async, and Flex statements over HTTP."""
