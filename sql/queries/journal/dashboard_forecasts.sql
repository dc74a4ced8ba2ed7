-- dashboard_forecasts: what is expected last of each option that has not expired.
-- grain:   one row per account and instrument
-- store:   journal
-- params:  account_id TEXT (null for all), from_date DATE (inclusive)
-- returns: account_id TEXT, instrument_id BIGINT, likelihood TEXT, outcome TEXT, cash DECIMAL, decide_by TIMESTAMP
SELECT f.account_id, f.instrument_id, f.likelihood, f.outcome, f.cash, f.decide_by
FROM option_forecast AS f
JOIN (
  SELECT MAX(forecast_id) AS forecast_id
  FROM option_forecast
  WHERE expires >= :from_date AND (CAST(:account_id AS VARCHAR) IS NULL OR account_id = :account_id)
  GROUP BY account_id, instrument_id
) AS newest ON newest.forecast_id = f.forecast_id
ORDER BY f.account_id, f.instrument_id
