"""The domain of tieout: values in, values out. No Prefect, no network, no database, no clock of its own."""
