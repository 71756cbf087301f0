"""The main job of the shop, walked from outside by a program that a client could have written."""
