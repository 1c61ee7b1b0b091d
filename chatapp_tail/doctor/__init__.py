"""``chatapp-tail doctor``: every step from the token to a ping is tried, with a finding each."""
