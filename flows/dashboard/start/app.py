"""What `tieout dashboard` hands to Streamlit. Its folder comes first on the path: nothing else lies here."""

from flows.dashboard.frame import show

show()
