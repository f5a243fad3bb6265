"""The readers of series: as a chart can draw them, the last values alone, or every point."""
