"""Department: home namespace, access of its people, sum of what it was given."""
