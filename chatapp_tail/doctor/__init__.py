"""``chatapp-tail doctor``: the chain from the token to a ping, a finding for each step."""
