"""The public pages: a party's document by code and plate, and the verification of seals. Nobody signs in."""
