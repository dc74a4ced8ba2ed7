-- append_instrument: a new instrument under the next key; one that is known stays as it is.
-- grain:   inserts one row or none
-- store:   journal
-- params:  asset_class TEXT, symbol TEXT, underlying TEXT, expiration DATE, option_right TEXT, strike DECIMAL,
--          multiplier DECIMAL, currency TEXT
-- returns: nothing
INSERT INTO instrument (asset_class, symbol, underlying, expiration, option_right, strike, multiplier, currency)
VALUES (:asset_class, :symbol, :underlying, :expiration, :option_right, :strike, :multiplier, :currency)
ON CONFLICT (symbol) DO NOTHING
