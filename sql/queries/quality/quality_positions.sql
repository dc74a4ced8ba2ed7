-- quality_positions: every position of one snapshot with one flag per check, true where the row fails it.
--          Values are compared as DOUBLE PRECISION: quantity × price × multiplier of three DECIMAL(38,18) needs more than
--          the 38 digits DuckDB has, and a double's 16 digits are far finer than any tolerance of a value. The casts are
--          most of this query's time (0.3 s per column and million rows), so a multiplier of one is not cast.
-- grain:   one row per stored position
-- params:  snapshot_id BIGINT, account_id TEXT, base_currency TEXT, priced_since TIMESTAMP (null: freshness is not asked),
--          money DECIMAL (absolute: venues round values to the cent), tolerance_equity DECIMAL (relative, as all below),
--          tolerance_option DECIMAL, tolerance_crypto DECIMAL, tolerance_perpetual DECIMAL, tolerance_future DECIMAL,
--          tolerance_forex DECIMAL, tolerance_cfd DECIMAL, tolerance_fund DECIMAL, tolerance_cash DECIMAL
-- returns: account_id TEXT, instrument_id BIGINT, symbol TEXT, asset_class TEXT, quantity DECIMAL, side TEXT,
--          market_price DECIMAL, market_value DECIMAL, multiplier DECIMAL, currency TEXT, expiration DATE, option_right TEXT,
--          strike DECIMAL, priced_at TIMESTAMP, account_differs BOOLEAN, quantity_zero BOOLEAN, side_disagrees BOOLEAN,
--          currency_malformed BOOLEAN, multiplier_not_positive BOOLEAN, price_negative BOOLEAN, price_zero BOOLEAN,
--          price_unstated BOOLEAN, price_stale BOOLEAN, value_unstated BOOLEAN, value_sign_wrong BOOLEAN,
--          value_disagrees BOOLEAN, margined_value_disagrees BOOLEAN, option_disagrees BOOLEAN, leg_disagrees BOOLEAN,
--          contract_multiplied BOOLEAN, inverse_broken BOOLEAN, coin_negative BOOLEAN
SELECT p.account_id, p.instrument_id, p.symbol, p.asset_class, p.quantity, p.side, p.market_price, p.market_value,
       p.multiplier, p.currency, p.expiration, p.option_right, p.strike, p.priced_at,
       p.account_id <> :account_id AS account_differs,
       p.quantity = 0 AS quantity_zero,
       (p.side = 'long' AND p.quantity < 0) OR (p.side = 'short' AND p.quantity > 0) AS side_disagrees,
       p.currency <> :base_currency AND p.currency NOT SIMILAR TO '[A-Z0-9]{2,12}' AS currency_malformed,
       p.multiplier <= 0 AS multiplier_not_positive,
       p.market_price < 0 AND p.asset_class <> 'future' AS price_negative,
       p.market_price = 0 AS price_zero,
       p.market_price IS NULL AS price_unstated,
       p.priced_at < CAST(:priced_since AS TIMESTAMP WITH TIME ZONE) AS price_stale,
       p.market_value IS NULL AS value_unstated,
       NOT p.margined AND p.market_price >= 0
         AND ((p.market_value > 0 AND p.quantity < 0) OR (p.market_value < 0 AND p.quantity > 0)) AS value_sign_wrong,
       NOT p.margined AND abs(p.stated - p.computed) > p.allowed AS value_disagrees,
       p.margined AND abs(p.stated - p.computed) > p.allowed AS margined_value_disagrees,
       CASE WHEN p.asset_class = 'option' THEN
         p.expiration IS NULL OR p.option_right IS NULL OR p.strike IS NULL OR length(p.symbol) <> 21
         OR trim(substr(p.symbol, 1, 6)) = ''
         OR substr(p.symbol, 7, 6) <> lpad(CAST(
              (CAST(extract(YEAR FROM p.expiration) AS INTEGER) - 2000) * 10000
              + CAST(extract(MONTH FROM p.expiration) AS INTEGER) * 100
              + CAST(extract(DAY FROM p.expiration) AS INTEGER) AS VARCHAR), 6, '0')
         OR substr(p.symbol, 13, 1) <> upper(substr(p.option_right, 1, 1))
         OR CASE WHEN p.strike > 0 AND p.strike < 100000 THEN
              CAST(p.strike AS DECIMAL(11, 3)) <> p.strike
              OR substr(p.symbol, 14, 8) <> lpad(replace(CAST(CAST(p.strike AS DECIMAL(11, 3)) AS VARCHAR), '.', ''), 8, '0')
            ELSE TRUE END
       ELSE p.option_right IS NOT NULL OR p.strike IS NOT NULL END AS option_disagrees,
       p.margined AND ((p.symbol LIKE '% LONG' AND p.quantity < 0) OR (p.symbol LIKE '% SHORT' AND p.quantity > 0)) AS leg_disagrees,
       p.on_coins AND p.multiplier <> 1 AS contract_multiplied,
       p.inverse AND p.quantity <> round(p.quantity, 0) AS inverse_broken,
       p.asset_class = 'crypto' AND p.quantity < 0 AS coin_negative
FROM (
  SELECT q.*, position(':' IN q.symbol) > 0 AND q.asset_class IN ('perpetual', 'future') AS on_coins,
         position(':' IN q.symbol) > 0 AND q.asset_class IN ('perpetual', 'future') AND q.underlying <> q.currency
           AND split_part(split_part(split_part(q.symbol, ':', 2), '-', 1), ' ', 1) = q.underlying AS inverse,
         q.asset_class IN ('perpetual', 'future', 'forex', 'cfd') AS margined,
         CAST(q.market_value AS DOUBLE PRECISION) AS stated,
         -- an inverse contract is worth its units of the quote currency at any price
         CAST(q.quantity AS DOUBLE PRECISION)
           * CASE WHEN position(':' IN q.symbol) > 0 AND q.underlying <> q.currency AND split_part(split_part(split_part(q.symbol, ':', 2), '-', 1), ' ', 1) = q.underlying THEN 1
             ELSE CAST(q.market_price AS DOUBLE PRECISION) END
           * CASE WHEN q.multiplier = 1 THEN 1 ELSE CAST(q.multiplier AS DOUBLE PRECISION) END AS computed,
         CAST(:money AS DOUBLE PRECISION) + abs(CAST(q.market_value AS DOUBLE PRECISION)) * CASE q.asset_class
           WHEN 'equity' THEN CAST(:tolerance_equity AS DOUBLE PRECISION)
           WHEN 'option' THEN CAST(:tolerance_option AS DOUBLE PRECISION)
           WHEN 'crypto' THEN CAST(:tolerance_crypto AS DOUBLE PRECISION)
           WHEN 'perpetual' THEN CAST(:tolerance_perpetual AS DOUBLE PRECISION)
           WHEN 'future' THEN CAST(:tolerance_future AS DOUBLE PRECISION)
           WHEN 'forex' THEN CAST(:tolerance_forex AS DOUBLE PRECISION)
           WHEN 'cfd' THEN CAST(:tolerance_cfd AS DOUBLE PRECISION)
           WHEN 'fund' THEN CAST(:tolerance_fund AS DOUBLE PRECISION)
           ELSE CAST(:tolerance_cash AS DOUBLE PRECISION) END AS allowed
  FROM snapshot_position AS q
  WHERE q.snapshot_id = :snapshot_id
) AS p
