-- forget_quality_results: take back the results of an earlier judgement of the same snapshot, which is being repeated.
-- grain:   deletes one row per expectation
-- params:  snapshot_id BIGINT
-- returns: nothing
DELETE FROM quality_result WHERE snapshot_id = :snapshot_id
