"""The pieces of the one Compare page; no other page has them."""
