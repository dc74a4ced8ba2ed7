"""What TWS and Flex say to our records. Pure: every foreign field name of the venue lives in this folder."""
