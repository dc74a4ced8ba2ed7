"""Wishes from outside, as signals or as refusals that their sender can read. Pure."""
