"""Tiles of the Mandelbrot set: z <- z² + c, coloured by how soon |z| exceeds 2."""

import numpy as np
from PIL import Image

LEFT, TOP, SIDE = -2.2, -1.4, 2.8  # the square of the complex plane that all tiles cover


def tile(row: int, column: int, tiles: int = 4, pixels: int = 192, depth: int = 200) -> Image.Image:
    """Draws one tile of a square of `tiles` by `tiles`.

    Args:
        row: from the top, counted from 0.
        column: from the left, counted from 0.
        tiles: how many there are in a row and in a column.
        pixels: width and height of a tile.
        depth: iterations after which a point counts as inside.
    """
    side = SIDE / tiles
    real = LEFT + side * (column + np.arange(pixels) / pixels)
    imaginary = TOP + side * (row + np.arange(pixels) / pixels)
    c = real[None, :] + 1j * imaginary[:, None]
    z, escaped_at = np.zeros_like(c), np.full(c.shape, depth)
    inside = np.ones(c.shape, bool)
    for step in range(depth):
        z[inside] = z[inside] ** 2 + c[inside]
        leaves = inside & (np.abs(z) > 2)
        escaped_at[leaves] = step
        inside &= ~leaves
    shade = np.where(inside, 0, np.sqrt(escaped_at / depth))
    colours = np.stack([shade**0.5, shade, 0.3 + 0.7 * shade**0.3], axis=-1) * (~inside)[..., None]
    return Image.fromarray((255 * np.clip(colours, 0, 1)).astype(np.uint8))
