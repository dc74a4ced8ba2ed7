"""`tieout demo`: three sessions of a made-up desk, closed by the real flow over real sockets."""
