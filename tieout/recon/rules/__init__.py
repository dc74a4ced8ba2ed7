"""One rule per file, in the order in which they are asked: each gets what the earlier ones left."""

from __future__ import annotations

from tieout.recon.rules.booking_error import booking_error
from tieout.recon.rules.coin_fee import coin_fee
from tieout.recon.rules.common import Rule
from tieout.recon.rules.contract_size import contract_size
from tieout.recon.rules.conversion import conversion
from tieout.recon.rules.corporate_action import corporate_action
from tieout.recon.rules.dividend import dividend
from tieout.recon.rules.duplicate_execution import duplicate_execution
from tieout.recon.rules.fee import fee
from tieout.recon.rules.forced_closing import forced_closing
from tieout.recon.rules.fractional_rounding import fractional_rounding
from tieout.recon.rules.funding import funding
from tieout.recon.rules.interest import interest
from tieout.recon.rules.manual_trade import manual_trade
from tieout.recon.rules.missed_fill import missed_fill
from tieout.recon.rules.option_events import option_events
from tieout.recon.rules.pending_order import pending_order
from tieout.recon.rules.settlement_timing import settlement_timing
from tieout.recon.rules.silent_option import silent_option
from tieout.recon.rules.split import split
from tieout.recon.rules.transfer import transfer
from tieout.recon.rules.unknown import unknown

RULES: tuple[Rule, ...] = (
    settlement_timing,
    pending_order,
    missed_fill,
    manual_trade,
    option_events,
    silent_option,
    split,
    dividend,
    interest,
    funding,
    forced_closing,
    conversion,
    fee,
    transfer,
    corporate_action,
    coin_fee,
    contract_size,
    fractional_rounding,
    duplicate_execution,
    booking_error,
    unknown,
)
