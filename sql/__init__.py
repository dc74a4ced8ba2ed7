"""The two stores: journal and warehouse. Schema, migrations, the queries as .sql files, and the code that runs them."""
