#!/bin/sh
# Two databases with a user each: Prefect's own, and tieout's two stores. Run once, by the image, on an empty volume.
set -eu
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
  --set prefect="$PREFECT_DB_PASSWORD" --set tieout="$TIEOUT_DB_PASSWORD" <<'SQL'
CREATE USER prefect PASSWORD :'prefect';
CREATE DATABASE prefect OWNER prefect;
CREATE USER tieout PASSWORD :'tieout';
CREATE DATABASE tieout OWNER tieout;
SQL
