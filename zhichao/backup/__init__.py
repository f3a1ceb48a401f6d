"""Backup and restore: the database, the evidence by digest, the heads of logs; keys only if asked, sealed."""
