"""What adapters over HTTP share: one door through which each call goes once, is bounded, limited, audited and kept."""
