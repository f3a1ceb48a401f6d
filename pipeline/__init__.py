"""One module an arrow of the flow, from passages to cases."""
