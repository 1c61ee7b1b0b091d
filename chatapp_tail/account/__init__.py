"""A user's ChatApp account: tokens, stored logins, profiles, the API's calls."""
