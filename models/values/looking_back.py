"""How far back a night looks: passages of these days must not leave the tables."""

# The gate forgets after this long; what lies before cannot change a standing any more.
MEMORY_DAYS = 60
# Who passed within so many days is the fleet.
FLEET_DAYS = 30
