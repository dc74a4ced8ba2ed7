"""What truly differs between the venues, one file each; the adapter asks for the one that it needs."""
