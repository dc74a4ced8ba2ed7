-- recon_settling: booked cash around the business date, by the date it is paid.
-- grain:   one row per currency and settlement date
-- store:   warehouse
-- params:  account_id TEXT, ledger_seq BIGINT, late IDS (journal sequences after the capture),
--          book_date DATE (inclusive), from_date DATE (settlement dates from it on)
-- returns: currency TEXT, settles_on DATE, amount DECIMAL (net), entries BIGINT
SELECT currency, settles_on, SUM(quantity) AS amount, count(*) AS entries
FROM ledger_entry
WHERE account_id = :account_id AND instrument_id IS NULL AND seq <= :ledger_seq
  AND business_date <= CAST(:book_date AS DATE) AND settles_on >= CAST(:from_date AS DATE)
  AND seq NOT IN (
    SELECT CAST(one AS BIGINT)
    FROM (SELECT unnest(string_to_array(CAST(:late AS VARCHAR), ',')) AS one) AS seqs
  )
GROUP BY currency, settles_on
ORDER BY currency, settles_on
