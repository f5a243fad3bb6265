"""Homes full of recorded runs, for what reads them."""

import math
import random
import time

import backend

SPIKE = 50.0


def curve(name: str, points: int, seed: int = 0) -> str:
    """Records a run with one curve, noisy and with one spike; returns its id."""
    noise = random.Random(seed)
    run = backend.track(name, params={"points": points})
    for step in range(points):
        value = SPIKE if step == points * 2 // 3 else 1 - math.exp(-3 * step / points) + noise.gauss(0, 0.05)
        run.log({"reward": value}, step=step)
    run.finish()
    return run.id


def curves(count: int, points: int) -> list[str]:
    return [curve(f"variant {number}", points, number) for number in range(count)]


if __name__ == "__main__":
    began = time.time()
    print(curve("speed", 1_000_000), time.time() - began)
