"""Rule changes and what they do: to parts that exist, and to parts that would be built next."""
