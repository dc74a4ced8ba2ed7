"""Walking back from what a person sees to what the broker said: each stage's rows with the ids of the stage before."""

from sql.chain.breaks import break_chain
from sql.chain.orders import order_chain
from sql.chain.positions import position_chain

__all__ = ["break_chain", "order_chain", "position_chain"]
