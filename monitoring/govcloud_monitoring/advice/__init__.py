"""What departments could give back: what was used, which size holds that, and what is proposed."""
