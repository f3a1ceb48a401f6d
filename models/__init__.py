"""What is known and kept: values, tables, migrations and files by digest."""
