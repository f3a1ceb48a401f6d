"""The pages, one module a page; each lists its routes with their roles."""
