"""Seals: an agency's key and seal image pressed on a document, and the check of what is pressed."""
