"""What belongs to a user's ChatApp account: so far, where the access token comes from."""
