"""What tieout promises about speed, each figure against a peer or a floor measured in the same run."""
