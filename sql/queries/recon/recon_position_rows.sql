-- recon_position_rows: how many positions the snapshot holds.
-- grain:   one row
-- store:   warehouse
-- params:  snapshot_id BIGINT
-- returns: positions BIGINT
SELECT count(*) AS positions FROM snapshot_position WHERE snapshot_id = :snapshot_id
