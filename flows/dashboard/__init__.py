"""The dashboard: what the Prefect UI cannot show, read-only. Pages are HTML made from rows; Streamlit puts them on."""
