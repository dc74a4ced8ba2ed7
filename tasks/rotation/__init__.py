"""Replacing credentials before they lapse: what the rotation machine decides is carried out here."""
