"""Pieces that know of no run; the script and the style of each lie beside it, what scripts share in common.js."""
