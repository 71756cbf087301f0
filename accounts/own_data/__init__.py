"""What the shop has stored about somebody: to be had as a file, and to be forgotten."""
