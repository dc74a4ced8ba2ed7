-- report_largest: the positions that weigh most in one currency.
-- grain:   one row per instrument, the heaviest first, at most `most`
-- store:   warehouse
-- params:  snapshot_id BIGINT, currency TEXT, most BIGINT
-- returns: symbol TEXT, market_value DECIMAL (signed), total BIGINT (rows without the limit)
SELECT symbol, market_value, count(*) OVER () AS total
FROM snapshot_position
WHERE snapshot_id = :snapshot_id AND currency = :currency AND market_value <> 0
ORDER BY abs(market_value) DESC, symbol
LIMIT :most
